"""MobileNet-like chains: stages of inverted residuals, the main space and the presets."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from hwnas.block import HeadSpec, MBConvSpec, StemSpec, divisible
from hwnas.block.activation import check_activation
from hwnas.block.spec import check_positive, strided
from hwnas.record import said
from hwnas.space.architecture import Decision
from hwnas.space.attributes import (
    MAP_AFTER,
    MAP_BEFORE,
    RESOLUTION,
    WIDTH,
    Attribute,
    inverted_residual,
)
from hwnas.space.wiring import PlacedBlock, Places

SMALLEST_FEATURE_MAP = 3
"""Pixels; early strides are dropped while the last feature map would be smaller."""
SKIP = "skip"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Blocks of one width; the first changes width and size, later ones may be skipped.

    ``activation`` and ``se_ratio`` are the space's unless a stage has its own.
    """

    widths: tuple[int, ...]
    max_depth: int
    stride: int = 1
    min_depth: int = 1
    kernel_sizes: tuple[int, ...] = (3, 5, 7)
    expansions: tuple[int, ...] = (3, 4, 6)
    activation: str | None = None
    se_ratio: float | None = None

    def __post_init__(self) -> None:
        if self.activation is not None:
            check_activation(self.activation)
        _check_se_ratio(self.se_ratio or 0.0)
        numbers = (*self.widths, *self.kernel_sizes, *self.expansions, self.stride)
        if not (self.widths and self.kernel_sizes and self.expansions) or min(numbers) < 1:
            raise ValueError(
                f"a stage needs positive widths, kernel_sizes, expansions, got {said(self)}"
            )
        if not 1 <= self.min_depth <= self.max_depth:
            raise ValueError(f"min_depth {self.min_depth} is not within 1..{self.max_depth}")
        if any(kernel_size % 2 == 0 for kernel_size in self.kernel_sizes):
            raise ValueError(f"kernel_sizes must be odd, got {self.kernel_sizes}")
        for name in ("widths", "kernel_sizes", "expansions"):
            _check_distinct(name, getattr(self, name))

    def block_options(self, place: int) -> tuple[str, ...]:
        """``k3e6`` … for the block at ``place`` (from 1), and ``skip`` beyond ``min_depth``."""
        options = tuple(f"k{k}e{e}" for k in self.kernel_sizes for e in self.expansions)
        return (*options, SKIP) if place > self.min_depth else options


@dataclass(frozen=True, kw_only=True)
class State:
    """Feature-map size in pixels, its channels, and the width of the stage entered."""

    size: int
    channels: int
    width: int


@dataclass(frozen=True, kw_only=True)
class MobilenetSpace:
    """Input size, then per stage a width and per block a kernel size with an expansion.

    Strides are nominal: early ones are dropped where the image is too small for them
    (``SMALLEST_FEATURE_MAP``), so one plan serves 224 and 28 pixels. Of several
    ``input_sizes`` the largest decides; the smallest may end in fewer pixels.
    """

    name: str
    input_sizes: tuple[int, ...]
    in_channels: int
    n_classes: int
    stem_channels: int
    head_channels: int
    stages: tuple[Stage, ...]
    stem_stride: int = 2
    activation: str = "relu6"
    se_ratio: float = 0.0

    def __post_init__(self) -> None:
        check_activation(self.activation)
        if not self.stages or not self.input_sizes:
            raise ValueError(f"space {self.name!r} needs at least one stage and one input size")
        if min(self.input_sizes) < 1:
            raise ValueError(f"input sizes must be positive, got {self.input_sizes}")
        _check_distinct("input_sizes", self.input_sizes)
        ends = ("in_channels", "n_classes", "stem_channels", "head_channels", "stem_stride")
        check_positive(f"space {self.name!r}", **{name: getattr(self, name) for name in ends})
        _check_se_ratio(self.se_ratio)

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """The stem's stride, then each stage's, after the early ones were dropped."""
        strides = [self.stem_stride, *(stage.stride for stage in self.stages)]
        for place, stride in enumerate(strides):
            if _last_size(max(self.input_sizes), strides) >= SMALLEST_FEATURE_MAP:
                break
            strides[place] = 1 if stride > 1 else stride
        return tuple(strides)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """``input_size``, then ``stage1.width``, ``stage1.block1`` and so on."""
        decisions = [Decision("input_size", tuple(str(size) for size in self.input_sizes))]
        for number, stage in enumerate(self.stages, start=1):
            widths = tuple(str(width) for width in stage.widths)
            decisions.append(Decision(f"stage{number}.width", widths))
            for place in range(1, stage.max_depth + 1):
                name = f"stage{number}.block{place}"
                decisions.append(Decision(name, stage.block_options(place)))
        return tuple(decisions)

    def start(self) -> tuple[State, Places]:
        """Nothing is fixed before the input size."""
        return State(size=0, channels=self.in_channels, width=0), ()

    def step(self, index: int, state: State, option: str) -> tuple[State, Places]:
        """The input size brings the stem, a width nothing, a block its inverted residual."""
        position = self.decisions[index].name
        stage_name, _, what = position.partition(".")
        if not what:
            return self._step_stem(int(option))
        if what == "width":
            return replace(state, width=int(option)), ()
        if option == SKIP:
            return state, ()
        number = int(stage_name.removeprefix("stage"))
        stride = self.strides[number] if what == "block1" else 1
        stage = self.stages[number - 1]
        kernel_size, expansion = option[1:].split("e")
        block = MBConvSpec(
            input_size=state.size,
            in_channels=state.channels,
            out_channels=state.width,
            kernel_size=int(kernel_size),
            expansion=int(expansion),
            stride=stride,
            activation=self.activation if stage.activation is None else stage.activation,
            se_ratio=self.se_ratio if stage.se_ratio is None else stage.se_ratio,
        )
        after = replace(state, size=block.output_size, channels=block.out_channels)
        return after, (PlacedBlock(position, block),)

    def finish(self, state: State) -> Places:
        """The 1×1 convolution, mean and classifier."""
        head = HeadSpec(
            input_size=state.size,
            in_channels=state.channels,
            hidden_channels=self.head_channels,
            n_classes=self.n_classes,
            activation=self.activation,
        )
        return (PlacedBlock("head", head),)

    def option_class(self, decision: Decision, option: str) -> str:
        """Inverted residuals are of a kind; ``skip``, each width and each input size its own."""
        is_block = ".block" in decision.name and option != SKIP
        return "inverted residual" if is_block else option

    def attributes(self, decision: Decision, option: str) -> Mapping[Attribute, float]:
        """Resolution and maps, and of each stage its width and what ``inverted_residual`` says."""
        stage, _, what = decision.name.partition(".")
        if not what:
            return {Attribute("", RESOLUTION): float(option), **self._maps(int(option))}
        if what == "width":
            return {Attribute(stage, WIDTH): float(option)}
        if option == SKIP:
            return {}
        kernel_size, expansion = option[1:].split("e")
        is_first = what == "block1"
        return inverted_residual(stage, int(kernel_size), int(expansion), is_first=is_first)

    def scaled(self, multiplier: float, *, scale_ends: bool) -> "MobilenetSpace":
        """The space with every stage's widths times ``multiplier``, in multiples of 8.

        MobileNetV2 scales stem and head too (the head never below its own width),
        EfficientNet-Lite leaves both (``scale_ends``).
        """
        stages = tuple(
            replace(stage, widths=tuple(divisible(width * multiplier) for width in stage.widths))
            for stage in self.stages
        )
        if not scale_ends:
            return replace(self, stages=stages)
        return replace(
            self,
            stages=stages,
            stem_channels=divisible(self.stem_channels * multiplier),
            head_channels=divisible(self.head_channels * max(1.0, multiplier)),
        )

    def to_json(self) -> Mapping[str, Any]:
        """Family and every setting."""
        return {"family": "mobilenet", **asdict(self)}

    def _maps(self, input_size: int) -> dict[Attribute, float]:
        """The pixels that each stage's feature maps have."""
        size, maps = strided(input_size, self.strides[0]), {}
        for number, stride in enumerate(self.strides[1:], start=1):
            maps[Attribute(f"stage{number}", MAP_BEFORE)] = float(size**2)
            size = strided(size, stride)
            maps[Attribute(f"stage{number}", MAP_AFTER)] = float(size**2)
        return maps

    def _step_stem(self, input_size: int) -> tuple[State, Places]:
        stem = StemSpec(
            input_size=input_size,
            in_channels=self.in_channels,
            out_channels=self.stem_channels,
            kernel_size=3,
            stride=self.strides[0],
            activation=self.activation,
        )
        after = State(size=stem.output_size, channels=stem.out_channels, width=0)
        return after, (PlacedBlock("stem", stem),)


def _check_se_ratio(se_ratio: float) -> None:
    if not 0 <= se_ratio <= 1:
        raise ValueError(f"se_ratio must be between 0 and 1, got {se_ratio}")


def _check_distinct(name: str, options: tuple[int, ...]) -> None:
    if len(set(options)) < len(options):
        raise ValueError(f"{name} must be distinct, got {options}")


def _last_size(input_size: int, strides: list[int]) -> int:
    size = input_size
    for stride in strides:
        size = strided(size, stride)
    return size
