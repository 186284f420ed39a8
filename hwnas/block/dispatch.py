"""What one call of the engine costs before any block runs."""

from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.weightless import Weightless


@dataclass(frozen=True, kw_only=True)
class DispatchSpec(Weightless):
    """A network that does next to nothing: every timed block carries its cost once.

    A whole network is called once, so the sum over its blocks counts the call too often.
    """

    kind: ClassVar[str] = "dispatch"
    n_inputs: ClassVar[int] = 1

    input_size: int = 1
    in_channels: int = 8
