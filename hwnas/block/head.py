"""Classifiers: average over the image, one logit a class, with or without more before."""

from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.activation import check_activation
from hwnas.block.spec import check_positive


@dataclass(frozen=True, kw_only=True)
class LinearHeadSpec:
    """Mean over pixels, linear: the end of a network whose last block is normalised (ResNet)."""

    kind: ClassVar[str] = "linear_head"
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = True
    n_inputs: ClassVar[int] = 1

    input_size: int
    in_channels: int
    n_classes: int

    def __post_init__(self) -> None:
        sizes = {name: size for name, size in vars(self).items() if name != "activation"}
        check_positive(self.kind, **sizes)

    @property
    def out_channels(self) -> int:
        """One logit a class."""
        return self.n_classes

    @property
    def output_size(self) -> int:
        """Logits have no height; 1 by convention."""
        return 1

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image."""
        return self.in_channels * self.n_classes

    @property
    def n_parameters(self) -> int:
        """The classifier's weights and biases."""
        return (self.in_channels + 1) * self.n_classes


@dataclass(frozen=True, kw_only=True)
class NormHeadSpec(LinearHeadSpec):
    """BatchNorm, activation, mean over pixels, linear: the end of a network of cells."""

    kind: ClassVar[str] = "norm_head"

    activation: str

    def __post_init__(self) -> None:
        super().__post_init__()
        check_activation(self.activation)

    @property
    def n_parameters(self) -> int:
        """BatchNorm's scale and shift, the classifier's weights and biases."""
        return 2 * self.in_channels + super().n_parameters


@dataclass(frozen=True, kw_only=True)
class HeadSpec(LinearHeadSpec):
    """A 1×1 convolution to ``hidden_channels`` with BatchNorm, mean over pixels, linear."""

    kind: ClassVar[str] = "head"

    hidden_channels: int
    activation: str

    def __post_init__(self) -> None:
        super().__post_init__()
        check_activation(self.activation)

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image."""
        widen = self.in_channels * self.hidden_channels * self.input_size**2
        return widen + self.hidden_channels * self.n_classes

    @property
    def n_parameters(self) -> int:
        """Weights, BatchNorm's scale and shift, and the classifier's bias."""
        widen = self.in_channels * self.hidden_channels + 2 * self.hidden_channels
        return widen + (self.hidden_channels + 1) * self.n_classes
