"""What was searched or ranked, and on which images."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from hwnas.data import DataSet
from hwnas.record import read_record
from hwnas.space import Space, space_from_json
from hwnas.train import SupernetSettings

if TYPE_CHECKING:
    from hwnas.pipeline.request import RankRequest, SearchRequest


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a supernet is trained for, and on."""

    space: Space
    data: str
    data_fingerprint: str
    skip_bad: bool
    seed: int
    settings: SupernetSettings

    @classmethod
    def of(cls, request: "SearchRequest | RankRequest", space: Space, data: DataSet) -> Self:
        """Of the supernet that a request trains."""
        return cls(
            space=space,
            data=request.data,
            data_fingerprint=data.fingerprint,
            skip_bad=request.skip_bad,
            seed=request.seed,
            settings=request.supernet,
        )

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {**vars(self), "space": self.space.to_json(), "settings": asdict(self.settings)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any], source: str) -> Self:
        """What ``to_json`` gave.

        Raises:
            HwnasError: A value cannot be used.
            KeyError: One is missing.
        """
        space = space_from_json(document["space"], source)
        settings = read_record(SupernetSettings, document["settings"], source)
        return cls(**{**document, "space": space, "settings": settings})
