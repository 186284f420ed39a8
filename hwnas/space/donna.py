"""DONNA's space (Moons et al. 2021): each block of a reference is replaced as a whole.

A block is what lies between two cuts of the reference: it keeps the shapes at both, and chooses
the type of its layers, how many there are, and what each type heeds.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

from hwnas.block import BlockSpec, HeadSpec, StemSpec, divisible
from hwnas.block.activation import check_activation
from hwnas.block.spec import check_positive, strided
from hwnas.space.architecture import Decision
from hwnas.space.block_types import BlockType, Layer, block_type
from hwnas.space.wiring import PlacedBlock, Places

REFERENCE_TYPE = "mbconv"
OFFERED: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "types": ("names", lambda name: isinstance(name, str)),
    "kernel_sizes": ("odd and 1 or more", lambda size: size >= 1 and size % 2 == 1),
    "expansions": ("1 or more", lambda times: times >= 1),
    "activations": ("names", lambda name: isinstance(name, str)),
    "se_ratios": ("from 0 to 1", lambda ratio: 0 <= ratio <= 1),
    "depths": ("1 or more", lambda depth: depth >= 1),
    "widths": ("above 0 and at most 1", lambda width: 0 < width <= 1),
}
"""What a space offers, and what each may be."""


@dataclass(frozen=True, kw_only=True)
class DonnaBlock:
    """What a block gives; its first layer has the stride."""

    out_channels: int
    stride: int

    def __post_init__(self) -> None:
        check_positive("a block", out_channels=self.out_channels, stride=self.stride)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen for a block; numbers that its type does not heed are those of no other."""

    type: str
    kernel_size: int = 3
    expansion: int = 1
    activation: str = "relu"
    se_ratio: float = 0.0
    depth: int = 1
    width: float = 1.0

    def __str__(self) -> str:
        """Such as ``mbconv-k5-e3-relu-se0.25-d2-w0.5``."""
        heeded = block_type(self.type).heeds
        parts = [self.type]
        parts += [f"k{self.kernel_size}"] if "kernel_size" in heeded else []
        parts += [f"e{self.expansion}"] if "expansion" in heeded else []
        parts += [self.activation] if "activation" in heeded else []
        parts += [f"se{self.se_ratio:g}"] if self.se_ratio else []
        parts += [f"d{self.depth}"]
        parts += [f"w{self.width:g}"] if self.width != 1 else []
        return "-".join(parts)


@dataclass(frozen=True, kw_only=True)
class State:
    """Feature-map size in pixels and channels before a block."""

    size: int
    channels: int


@dataclass(frozen=True, kw_only=True)
class DonnaSpace:
    """Stem and head are those of the reference; every block is chosen alone.

    ``widths`` scale the channels between a block's layers, so they matter from two layers on.
    """

    name: str = "donna"
    input_size: int
    in_channels: int
    n_classes: int
    stem_channels: int
    stem_stride: int
    blocks: tuple[DonnaBlock, ...]
    head_channels: int
    activation: str = "relu"
    types: tuple[str, ...] = ("mbconv", "fused", "grouped", "residual", "shuffle", "attention")
    kernel_sizes: tuple[int, ...] = (3, 5, 7)
    expansions: tuple[int, ...] = (3, 6)
    activations: tuple[str, ...] = ("relu", "swish")
    se_ratios: tuple[float, ...] = (0.0, 0.25)
    depths: tuple[int, ...] = (1, 2)
    widths: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        ends = ("input_size", "in_channels", "n_classes", "stem_channels", "stem_stride")
        check_positive(f"space {self.name!r}", **{name: getattr(self, name) for name in ends})
        check_positive(f"space {self.name!r}", head_channels=self.head_channels)
        if not self.blocks:
            raise ValueError(f"space {self.name!r} needs at least one of blocks")
        for name, (what, may_be) in OFFERED.items():
            values = getattr(self, name)
            if not values:
                raise ValueError(f"space {self.name!r} needs at least one of {name}")
            if not all(map(may_be, values)):
                raise ValueError(f"{name} of space {self.name!r} must be {what}, got {values}")
        for activation in (self.activation, *self.activations):
            check_activation(activation)
        for name in self.types:
            block_type(name)

    @cached_property
    def choices(self) -> Mapping[str, Choice]:
        """What every block may be, by its text; each network once."""
        found = (choice for name in self.types for choice in self._choices(name))
        return {str(choice): choice for choice in found}

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """``block1`` and so on, each of the same options."""
        options = tuple(self.choices)
        return tuple(Decision(f"block{n}", options) for n in range(1, len(self.blocks) + 1))

    @property
    def reference(self) -> str:
        """The option of a reference that is made of the space: the largest inverted residual."""
        name = REFERENCE_TYPE if REFERENCE_TYPE in self.types else self.types[0]
        largest = max(
            self._choices(name),
            key=lambda one: (one.depth, one.width, one.expansion, one.kernel_size, one.se_ratio),
        )
        return str(largest)

    def start(self) -> tuple[State, Places]:
        """The stem."""
        stem = StemSpec(
            input_size=self.input_size,
            in_channels=self.in_channels,
            out_channels=self.stem_channels,
            kernel_size=3,
            stride=self.stem_stride,
            activation=self.activation,
        )
        return self._after(stem.output_size, stem.out_channels), (PlacedBlock("stem", stem),)

    def step(self, index: int, state: State, option: str) -> tuple[State, Places]:
        """The layers of a block, ``block1``, ``block1.2`` and so on."""
        position = self.decisions[index].name
        choice, block = self.choices[option], self.blocks[index]
        specs: list[BlockSpec] = []
        for number in range(choice.depth):
            is_last = number == choice.depth - 1
            width = 1.0 if is_last else choice.width
            layer = Layer(
                input_size=state.size,
                in_channels=state.channels,
                out_channels=divisible(block.out_channels * width)
                if width < 1
                else block.out_channels,
                stride=1 if number else block.stride,
                kernel_size=choice.kernel_size,
                expansion=choice.expansion,
                activation=choice.activation,
                se_ratio=choice.se_ratio,
            )
            specs += block_type(choice.type).make(layer)
            state = self._after(strided(layer.input_size, layer.stride), layer.out_channels)
        names = [position, *(f"{position}.{number}" for number in range(2, len(specs) + 1))]
        return state, tuple(map(PlacedBlock, names, specs))

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

    def option_class(self, decision: object, option: str) -> str:
        """Options of a type are of a kind."""
        del decision
        return self.choices[option].type

    def to_json(self) -> Mapping[str, Any]:
        """Family and every setting."""
        return {"family": "donna", **asdict(self)}

    def _choices(self, name: str) -> Iterator[Choice]:
        made = block_type(name)
        for depth, width in product(self.depths, self.widths):
            if depth == 1 and width < 1 and 1.0 in self.widths:
                continue  # nothing lies between the layers of one
            for choice in _heeded(name, made, self):
                yield replace(choice, depth=depth, width=width if depth > 1 else 1.0)

    def _after(self, size: int, channels: int) -> State:
        return State(size=size, channels=channels)


def _heeded(name: str, made: BlockType, space: DonnaSpace) -> Iterator[Choice]:
    """A choice for every combination of what the type heeds."""
    offered: dict[str, tuple[Any, ...]] = {
        "kernel_size": space.kernel_sizes,
        "expansion": space.expansions,
        "activation": space.activations,
        "se_ratio": space.se_ratios,
    }
    heeded = [factor for factor in offered if factor in made.heeds]
    for values in product(*(offered[factor] for factor in heeded)):
        yield Choice(type=name, **dict(zip(heeded, values, strict=True)))


SMALL_IMAGE = 64
"""Pixels; up to here the reference has a stem and blocks for small images."""
SMALL = ((24, 1), (40, 2), (80, 1), (128, 2))
LARGE = ((24, 2), (40, 2), (80, 2), (112, 1), (192, 2))
"""Channels and strides."""


def donna(*, input_size: int, in_channels: int, n_classes: int) -> DonnaSpace:
    """The default space: blocks as EfficientNet-Lite0 has them, fewer of them for small images."""
    is_small = input_size <= SMALL_IMAGE
    blocks = SMALL if is_small else LARGE
    return DonnaSpace(
        input_size=input_size,
        in_channels=in_channels,
        n_classes=n_classes,
        stem_channels=16 if is_small else 32,
        stem_stride=2 if input_size > 16 else 1,
        blocks=tuple(DonnaBlock(out_channels=c, stride=s) for c, s in blocks),
        head_channels=512 if is_small else 1280,
    )
