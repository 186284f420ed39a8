"""What one call of the engine costs before any block runs."""

from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.spec import check_positive


@dataclass(frozen=True, kw_only=True)
class DispatchSpec:
    """A network that does next to nothing: every timed block carries its cost once.

    A whole network is called once, so the sum over its blocks counts the call too often.
    """

    kind: ClassVar[str] = "dispatch"
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1

    input_size: int = 1
    in_channels: int = 8

    def __post_init__(self) -> None:
        check_positive(self.kind, input_size=self.input_size, in_channels=self.in_channels)

    @property
    def out_channels(self) -> int:
        """As many as come in."""
        return self.in_channels

    @property
    def output_size(self) -> int:
        """As large as the input."""
        return self.input_size

    @property
    def n_macs(self) -> int:
        """None."""
        return 0

    @property
    def n_parameters(self) -> int:
        """None."""
        return 0
