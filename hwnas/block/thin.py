"""An inverted residual of any hidden width: what pruning leaves of one."""

from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.activation import check_activation
from hwnas.block.inverted import InvertedResidual
from hwnas.block.spec import check_positive


@dataclass(frozen=True, kw_only=True)
class ThinMBConvSpec(InvertedResidual):
    """As ``MBConvSpec``, but for its width, and its residual, which a branch of a sum lacks.

    Without ``expands`` there is no expanding convolution, and the hidden width is the input's.
    """

    kind: ClassVar[str] = "thin_mbconv"
    se_channels: ClassVar[int] = 0

    input_size: int
    in_channels: int
    hidden_channels: int
    out_channels: int
    kernel_size: int
    stride: int
    activation: str
    has_residual: bool
    expands: bool = True

    def __post_init__(self) -> None:
        check_positive(
            self.kind,
            input_size=self.input_size,
            in_channels=self.in_channels,
            hidden_channels=self.hidden_channels,
            out_channels=self.out_channels,
            kernel_size=self.kernel_size,
            stride=self.stride,
        )
        check_activation(self.activation)
        if self.has_residual and (self.stride > 1 or self.in_channels != self.out_channels):
            raise ValueError(f"a residual needs a shape that stays, got {self}")
        if not self.expands and self.hidden_channels != self.in_channels:
            raise ValueError(f"without expansion the width is the input's, got {self}")
