"""The unit of ShuffleNetV2 (Ma et al. 2018)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.activation import check_activation
from hwnas.block.operator import FeatureMap, Operator, activation_operators
from hwnas.block.spec import check_positive, strided


@dataclass(frozen=True, kw_only=True)
class ShuffleSpec:
    """Half of the channels pass, half go through 1×1, depthwise k×k, 1×1; then both are mixed.

    Where the shape changes, all channels go through both: the passing half is a depthwise k×k and
    a 1×1 convolution of its own. Both end linear, as inverted residuals do. ``out_channels`` must
    be even.
    """

    kind: ClassVar[str] = "shuffle"
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1

    input_size: int
    in_channels: int
    out_channels: int
    kernel_size: int
    stride: int
    activation: str

    def __post_init__(self) -> None:
        check_positive(
            self.kind,
            input_size=self.input_size,
            in_channels=self.in_channels,
            out_channels=self.out_channels,
            kernel_size=self.kernel_size,
            stride=self.stride,
        )
        check_activation(self.activation)
        if self.out_channels % 2:
            raise ValueError(f"out_channels must be even, got {self.out_channels}")

    @property
    def output_size(self) -> int:
        """Height and width of the output, in pixels."""
        return strided(self.input_size, self.stride)

    @property
    def half_channels(self) -> int:
        """What either branch gives."""
        return self.out_channels // 2

    @property
    def has_projection(self) -> bool:
        """Whether the shape changes, so that no channel passes as it is."""
        return self.stride > 1 or self.in_channels != self.out_channels

    @property
    def branch_channels(self) -> int:
        """What the working branch reads."""
        return self.in_channels if self.has_projection else self.half_channels

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image."""
        half, taps = self.half_channels, self.kernel_size**2
        enter = self.branch_channels * half * self.input_size**2
        leave = (half * taps + half * half) * self.output_size**2
        passing = self.in_channels * (taps + half) * self.output_size**2
        return enter + leave + (passing if self.has_projection else 0)

    @property
    def n_parameters(self) -> int:
        """Weights, and each BatchNorm's scale and shift."""
        half, taps = self.half_channels, self.kernel_size**2
        working = self.branch_channels * half + half * taps + half * half + 2 * 3 * half
        passing = self.in_channels * (taps + half) + 2 * (self.in_channels + half)
        return working + (passing if self.has_projection else 0)

    def operators(self, reads: FeatureMap) -> Iterator[Operator]:
        """In the order in which they run: the passing half first, which is then kept."""
        half = FeatureMap(self.half_channels, self.output_size)
        wide = FeatureMap(self.half_channels, self.input_size)
        begins, kept = reads, (half,)
        if self.has_projection:
            filtered = FeatureMap(self.in_channels, self.output_size)
            yield self._depthwise(reads, filtered, (reads,))
            yield Operator(kind="convolution", reads=filtered, gives=half, kept=(reads,))
        else:
            begins = wide
            yield Operator(kind="slice", reads=reads, gives=wide, kept=(wide,))
        yield Operator(kind="convolution", reads=begins, gives=wide, kept=kept)
        yield from activation_operators(self.activation, wide, kept)
        yield self._depthwise(wide, half, kept)
        yield Operator(kind="convolution", reads=half, gives=half, kept=kept)
        gives = FeatureMap(self.out_channels, self.output_size)
        for _ in range(2):
            yield Operator(kind="copy", reads=half, gives=half, kept=kept)
        yield Operator(kind="copy", reads=half, gives=gives, kept=kept)
        yield Operator(kind="copy", reads=gives, gives=gives)

    def _depthwise(
        self, reads: FeatureMap, gives: FeatureMap, kept: tuple[FeatureMap, ...]
    ) -> Operator:
        return Operator(
            kind="depthwise", reads=reads, gives=gives, kernel_size=self.kernel_size, kept=kept
        )
