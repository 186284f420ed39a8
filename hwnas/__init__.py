"""hwnas: from a device, a latency budget and labelled images to a network that fits.

Importing it loads nothing else; torch and onnxruntime come with the first call.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hwnas.errors import HwnasError, NoNetworkFitsError
    from hwnas.measure import Measurement
    from hwnas.pipeline import (
        explain,
        export,
        profile,
        rank,
        score_table,
        search,
        search_table,
        verify,
    )
    from hwnas.report import Explanation, SearchResult, TabularResult
    from hwnas.table import LatencyTable
    from hwnas.train import FinetuneSettings, SupernetSettings
    from hwnas.verify import VerifyReport
    from hwnas.version import __version__

_HOMES = {
    "explain": "hwnas.pipeline.explain",
    "export": "hwnas.pipeline.api",
    "profile": "hwnas.pipeline.api",
    "rank": "hwnas.pipeline.rank",
    "score_table": "hwnas.pipeline.score_table",
    "search": "hwnas.pipeline.api",
    "search_table": "hwnas.pipeline.search_table",
    "verify": "hwnas.pipeline.verify",
    "Explanation": "hwnas.report",
    "FinetuneSettings": "hwnas.train",
    "HwnasError": "hwnas.errors",
    "LatencyTable": "hwnas.table",
    "Measurement": "hwnas.measure",
    "NoNetworkFitsError": "hwnas.errors",
    "SearchResult": "hwnas.report",
    "SupernetSettings": "hwnas.train",
    "TabularResult": "hwnas.report",
    "VerifyReport": "hwnas.verify",
    "__version__": "hwnas.version",
}

__all__ = [
    "Explanation",
    "FinetuneSettings",
    "HwnasError",
    "LatencyTable",
    "Measurement",
    "NoNetworkFitsError",
    "SearchResult",
    "SupernetSettings",
    "TabularResult",
    "VerifyReport",
    "__version__",
    "explain",
    "export",
    "profile",
    "rank",
    "score_table",
    "search",
    "search_table",
    "verify",
]


class _Hwnas(ModuleType):
    """A public function goes before the room of the same name, whichever was imported first.

    So a room of such a name is reached by ``from hwnas.profile import ready_blocks``, not by
    ``import hwnas.profile as room``.
    """

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        return super().__getattribute__(name)


sys.modules[__name__].__class__ = _Hwnas
