"""What blocks that multiply nothing have in common."""

from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.spec import check_positive


@dataclass(frozen=True, kw_only=True)
class Weightless:
    """A block that multiplies nothing; unless it says otherwise, it keeps the shape."""

    kind: ClassVar[str]
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False

    input_size: int
    in_channels: int

    def __post_init__(self) -> None:
        check_positive(self.kind, **vars(self))

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
