"""A transformer's block over the pixels of a feature map (ViT, Dosovitskiy et al. 2021)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.activation import check_activation
from hwnas.block.operator import FeatureMap, Operator, activation_operators
from hwnas.block.spec import check_positive


@dataclass(frozen=True, kw_only=True)
class AttentionSpec:
    """Self-attention over all pixels, then a perceptron a pixel, each added to what it reads.

    Each is a pair of 1×1 convolutions with BatchNorm instead of LayerNorm before it, as LeViT
    (Graham et al. 2021) has it: engines fold BatchNorm away, and integers hold what is left.
    ``head_width`` must divide the channels; the perceptron is ``expansion`` times as wide.
    """

    kind: ClassVar[str] = "attention"
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1

    input_size: int
    in_channels: int
    head_width: int
    expansion: int
    activation: str

    def __post_init__(self) -> None:
        check_positive(
            self.kind,
            input_size=self.input_size,
            in_channels=self.in_channels,
            head_width=self.head_width,
            expansion=self.expansion,
        )
        check_activation(self.activation)
        if self.in_channels % self.head_width:
            raise ValueError(
                f"head_width {self.head_width} does not divide {self.in_channels} channels"
            )

    @property
    def out_channels(self) -> int:
        """Those of the input."""
        return self.in_channels

    @property
    def output_size(self) -> int:
        """That of the input."""
        return self.input_size

    @property
    def n_heads(self) -> int:
        """How many attentions run side by side."""
        return self.in_channels // self.head_width

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image: of the convolutions, and of both products."""
        n_pixels, width = self.input_size**2, self.in_channels
        return self._n_weights * n_pixels + 2 * n_pixels**2 * width

    @property
    def n_parameters(self) -> int:
        """Weights, and each BatchNorm's scale and shift."""
        return self._n_weights + 2 * self.in_channels * (3 + 1 + self.expansion + 1)

    @property
    def _n_weights(self) -> int:
        return (3 + 1 + 2 * self.expansion) * self.in_channels**2

    def operators(self, reads: FeatureMap) -> Iterator[Operator]:
        """In the order in which they run; the weights of attention are a map of their own."""
        size, n_pixels = self.input_size, self.input_size**2
        asked = FeatureMap(3 * self.in_channels, size)
        weights = FeatureMap(self.n_heads, n_pixels)
        hidden = FeatureMap(self.in_channels * self.expansion, size)
        yield Operator(kind="convolution", reads=reads, gives=asked, kept=(reads,))
        yield Operator(kind="copy", reads=asked, gives=asked, kept=(reads,))
        for _ in range(4):  # queries, keys and values apart; queries turned and scaled
            yield Operator(kind="copy", reads=reads, gives=reads, kept=(asked,))
        yield Operator(
            kind="product", reads=asked, gives=weights, kept=(reads,), n_summed=self.head_width
        )
        yield Operator(kind="softmax", reads=weights, gives=weights, kept=(asked, reads))
        yield Operator(
            kind="product", reads=weights, gives=reads, kept=(reads, reads), n_summed=n_pixels
        )
        for _ in range(2):
            yield Operator(kind="copy", reads=reads, gives=reads, kept=(reads,))
        yield Operator(
            kind="convolution", reads=reads, gives=reads, kept=(reads,), then_added=True
        )
        yield Operator(kind="residual_add", reads=reads, gives=reads, kept=(reads,))
        yield Operator(kind="convolution", reads=reads, gives=hidden, kept=(reads,))
        yield from activation_operators(self.activation, hidden, (reads,))
        yield Operator(
            kind="convolution", reads=hidden, gives=reads, kept=(reads,), then_added=True
        )
        yield Operator(kind="residual_add", reads=reads, gives=reads, kept=(reads,))
