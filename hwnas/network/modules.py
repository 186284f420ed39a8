"""One torch module for each kind of block; parameter names are what the supernet slices."""

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from hwnas.block import (
    AddSpec,
    AttentionSpec,
    BlockSpec,
    ConcatSpec,
    ConvSpec,
    DilConvSpec,
    DispatchSpec,
    FactorizedReduceSpec,
    FusedMBConvSpec,
    GroupedMBConvSpec,
    HeadSpec,
    LinearHeadSpec,
    LinearResidualSpec,
    MBConvSpec,
    NormHeadSpec,
    PoolSpec,
    PreactConvSpec,
    PreactResidualSpec,
    ReluSpec,
    ResidualSpec,
    ScaleSpec,
    SepConvSpec,
    ShuffleSpec,
    StemSpec,
    ThinMBConvSpec,
    ThinReduceSpec,
    ThinSepConvSpec,
    UnevenConcatSpec,
    ZeroSpec,
)
from hwnas.network.activation import ACTIVATION_MODULES
from hwnas.network.attention_module import AttentionBlock
from hwnas.network.cell_modules import (
    AddBlock,
    ConcatBlock,
    DilConvBlock,
    FactorizedReduceBlock,
    FeatureMap,
    PoolBlock,
    ReluBlock,
    ScaleBlock,
    SepConvBlock,
    ZeroBlock,
)
from hwnas.network.mbconv_modules import FusedMBConvBlock, MBConvBlock
from hwnas.network.shuffle_module import ShuffleBlock


class ConvBlock(nn.Module):
    """Convolution without bias, BatchNorm, activation."""

    def __init__(self, spec: ConvSpec) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            spec.in_channels,
            spec.out_channels,
            spec.kernel_size,
            spec.stride,
            padding=spec.kernel_size // 2,
            bias=False,
        )
        self.norm = nn.BatchNorm2d(spec.out_channels)
        self.activation = ACTIVATION_MODULES[spec.activation]()

    def forward(self, images: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        return cast(Tensor, self.activation(self.norm(self.conv(images))))


class PreactConvBlock(ConvBlock):
    """Activation, convolution without bias, BatchNorm."""

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        return cast(Tensor, self.norm(self.conv(self.activation(features))))


class PreactResidualBlock(nn.Module):
    """The strided residual of :class:`hwnas.block.PreactResidualSpec`."""

    def __init__(self, spec: PreactResidualSpec) -> None:
        super().__init__()
        shape = {"kernel_size": 3, "activation": "relu", "out_channels": spec.out_channels}
        self.first = PreactConvBlock(
            PreactConvSpec(
                input_size=spec.input_size,
                in_channels=spec.in_channels,
                stride=spec.stride,
                **shape,  # type: ignore[arg-type]
            )
        )
        self.second = PreactConvBlock(
            PreactConvSpec(
                input_size=spec.output_size,
                in_channels=spec.out_channels,
                stride=1,
                **shape,  # type: ignore[arg-type]
            )
        )
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2, spec.stride, ceil_mode=True),
            nn.Conv2d(spec.in_channels, spec.out_channels, 1, bias=False),
        )

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        return cast(Tensor, self.shortcut(features) + self.second(self.first(features)))


class ResidualBlock(nn.Module):
    """The basic block of :class:`hwnas.block.ResidualSpec`."""

    def __init__(self, spec: ResidualSpec) -> None:
        super().__init__()
        mid, out = spec.mid_channels, spec.out_channels
        self.first = nn.Sequential(
            nn.Conv2d(spec.in_channels, mid, 3, spec.stride, padding=1, bias=False),
            nn.BatchNorm2d(mid),
            nn.ReLU(),
        )
        self.second = nn.Sequential(
            nn.Conv2d(mid, out, 3, padding=1, bias=False), nn.BatchNorm2d(out)
        )
        self.shortcut = nn.Sequential()
        if spec.has_projection:
            self.shortcut = nn.Sequential(
                nn.Conv2d(spec.in_channels, out, 1, spec.stride, bias=False), nn.BatchNorm2d(out)
            )
        self.activation = nn.Identity() if isinstance(spec, LinearResidualSpec) else nn.ReLU()

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        total = self.shortcut(features) + self.second(self.first(features))
        return cast(Tensor, self.activation(total))


class HeadBlock(nn.Module):
    """The classifier of :class:`hwnas.block.HeadSpec`."""

    def __init__(self, spec: HeadSpec) -> None:
        super().__init__()
        self.conv = nn.Conv2d(spec.in_channels, spec.hidden_channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(spec.hidden_channels)
        self.activation = ACTIVATION_MODULES[spec.activation]()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(spec.hidden_channels, spec.n_classes)

    def forward(self, features: FeatureMap) -> Float[Tensor, "batch classes"]:
        """One logit a class."""
        widened = self.activation(self.norm(self.conv(features)))
        return cast(Tensor, self.classify(self.pool(widened).flatten(1)))


class NormHeadBlock(nn.Module):
    """The classifier of :class:`hwnas.block.NormHeadSpec`."""

    def __init__(self, spec: NormHeadSpec) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(spec.in_channels)
        self.activation = ACTIVATION_MODULES[spec.activation]()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(spec.in_channels, spec.n_classes)

    def forward(self, features: FeatureMap) -> Float[Tensor, "batch classes"]:
        """One logit a class."""
        pooled = self.pool(self.activation(self.norm(features)))
        return cast(Tensor, self.classify(pooled.flatten(1)))


class LinearHeadBlock(nn.Module):
    """The classifier of :class:`hwnas.block.LinearHeadSpec`."""

    def __init__(self, spec: LinearHeadSpec) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(spec.in_channels, spec.n_classes)

    def forward(self, features: FeatureMap) -> Float[Tensor, "batch classes"]:
        """One logit a class."""
        return cast(Tensor, self.classify(self.pool(features).flatten(1)))


class DispatchBlock(nn.Module):
    """The mean over one pixel: the cheapest operator that is quantized and not optimized away."""

    def __init__(self, spec: DispatchSpec) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, features: FeatureMap) -> FeatureMap:
        """The same values."""
        return cast(Tensor, self.pool(features))


MODULES: Mapping[type, Callable[..., nn.Module]] = {
    ConvSpec: ConvBlock,
    StemSpec: ConvBlock,
    PreactConvSpec: PreactConvBlock,
    MBConvSpec: MBConvBlock,
    ThinMBConvSpec: MBConvBlock,
    GroupedMBConvSpec: MBConvBlock,
    FusedMBConvSpec: FusedMBConvBlock,
    ShuffleSpec: ShuffleBlock,
    AttentionSpec: AttentionBlock,
    ResidualSpec: ResidualBlock,
    LinearResidualSpec: ResidualBlock,
    PreactResidualSpec: PreactResidualBlock,
    SepConvSpec: SepConvBlock,
    ThinSepConvSpec: SepConvBlock,
    DilConvSpec: DilConvBlock,
    FactorizedReduceSpec: FactorizedReduceBlock,
    ThinReduceSpec: FactorizedReduceBlock,
    PoolSpec: PoolBlock,
    AddSpec: AddBlock,
    ReluSpec: ReluBlock,
    ConcatSpec: ConcatBlock,
    UnevenConcatSpec: ConcatBlock,
    ScaleSpec: ScaleBlock,
    ZeroSpec: ZeroBlock,
    HeadSpec: HeadBlock,
    NormHeadSpec: NormHeadBlock,
    LinearHeadSpec: LinearHeadBlock,
    DispatchSpec: DispatchBlock,
}


def module_of(block: BlockSpec) -> nn.Module:
    """A freshly initialised module for one block; that of an installed one is named by it."""
    if type(block) in MODULES:
        return MODULES[type(block)](block)
    made: nn.Module = resolve_name(block.module)(block)  # type: ignore[attr-defined]
    return made
