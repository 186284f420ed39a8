"""ResNets of any depth and width, RD-NAS's second space: four stages of basic blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from hwnas.block import LinearHeadSpec, PoolSpec, ResidualSpec, StemSpec, divisible
from hwnas.block.spec import check_positive
from hwnas.errors import InvalidInputError
from hwnas.space.architecture import Architecture, Decision
from hwnas.space.attributes import (
    FIRST_WIDTH,
    LATER_BLOCKS,
    LATER_WIDTHS,
    WIDTH,
    Attribute,
)
from hwnas.space.walk import check_member
from hwnas.space.wiring import PlacedBlock, Places

SKIP = "skip"
RATIOS = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
"""Of a width to its stage's, in the order of the published digits 1 to 7."""
LARGEST_SMALL_IMAGE = 64
"""Pixels; up to here the stem keeps the size, above it quarters it."""


@dataclass(frozen=True, kw_only=True)
class ResnetStage:
    """Basic blocks of one output width; those beyond ``min_depth`` may be skipped."""

    base_width: int
    max_depth: int
    min_depth: int = 2

    def __post_init__(self) -> None:
        check_positive("a stage", base_width=self.base_width, min_depth=self.min_depth)
        if not self.min_depth <= self.max_depth <= 9:
            raise ValueError(
                f"max_depth must be from {self.min_depth} (min_depth) to 9, got {self.max_depth}"
            )


STAGES = tuple(
    ResnetStage(base_width=base_width, max_depth=max_depth)
    for base_width, max_depth in ((64, 5), (128, 5), (256, 8), (512, 5))
)
"""ResNet-48 at its deepest, the space of the CVPR 2022 NAS competition (track 1)."""


@dataclass(frozen=True, kw_only=True)
class State:
    """Feature-map size in pixels, its channels, and the width of the stage entered."""

    size: int
    channels: int
    width: int


@dataclass(frozen=True, kw_only=True)
class ResnetSpace:
    """Per stage the width its blocks end in, per block the width between its convolutions.

    Blocks of a stage add their input to their output, so all of a stage end in one width; the
    first stage's is the stem's too. The published encodings tie the same widths.
    """

    input_size: int = 224
    in_channels: int = 3
    n_classes: int = 1000
    stages: tuple[ResnetStage, ...] = STAGES
    ratios: tuple[float, ...] = RATIOS

    def __post_init__(self) -> None:
        images = ("input_size", "in_channels", "n_classes")
        check_positive(f"space {self.name!r}", **{name: getattr(self, name) for name in images})
        if not self.stages:
            raise ValueError(f"space {self.name!r} needs at least one stage")
        if not 1 <= len(set(self.ratios)) == len(self.ratios) <= 9:
            raise ValueError(f"ratios must be 1 to 9 distinct numbers, got {self.ratios}")
        check_positive(f"space {self.name!r}", ratio=min(self.ratios))

    @property
    def name(self) -> str:
        """The space's name."""
        return "resnet"

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """``stage1.width``, ``stage1.block1`` and so on: ratios, and ``skip`` for a block."""
        ratios = tuple(str(ratio) for ratio in self.ratios)
        decisions = []
        for number, stage in enumerate(self.stages, start=1):
            decisions.append(Decision(f"stage{number}.width", ratios))
            for place in range(1, stage.max_depth + 1):
                options = (*ratios, SKIP) if place > stage.min_depth else ratios
                decisions.append(Decision(f"stage{number}.block{place}", options))
        return tuple(decisions)

    def start(self) -> tuple[State, Places]:
        """Nothing is fixed before the first stage's width, which is the stem's."""
        return State(size=self.input_size, channels=self.in_channels, width=0), ()

    def step(self, index: int, state: State, option: str) -> tuple[State, Places]:
        """A width brings the stem in the first stage, else nothing; a block its residual."""
        position = self.decisions[index].name
        stage_name, _, what = position.partition(".")
        if option == SKIP:
            return state, ()
        number = int(stage_name.removeprefix("stage"))
        width = divisible(self.stages[number - 1].base_width * float(option))
        if what == "width":
            entered = replace(state, width=width)
            return self._step_stem(entered) if number == 1 else (entered, ())
        block = ResidualSpec(
            input_size=state.size,
            in_channels=state.channels,
            mid_channels=width,
            out_channels=state.width,
            stride=2 if number > 1 and what == "block1" else 1,
        )
        after = replace(state, size=block.output_size, channels=block.out_channels)
        return after, (PlacedBlock(position, block),)

    def finish(self, state: State) -> Places:
        """Mean and classifier."""
        head = LinearHeadSpec(
            input_size=state.size, in_channels=state.channels, n_classes=self.n_classes
        )
        return (PlacedBlock("head", head),)

    def attributes(self, decision: Decision, option: str) -> Mapping[Attribute, float]:
        """Of each stage its width's ratio, its depth and the ratios between convolutions."""
        stage, _, what = decision.name.partition(".")
        if option == SKIP:
            return {}
        if what in ("width", "block1"):
            return {Attribute(stage, WIDTH if what == "width" else FIRST_WIDTH): float(option)}
        return {
            Attribute(stage, LATER_BLOCKS): 1.0,
            Attribute(stage, LATER_WIDTHS): float(option),
        }

    def to_json(self) -> Mapping[str, Any]:
        """Family and every setting."""
        return {"family": self.name, **asdict(self)}

    def _step_stem(self, state: State) -> tuple[State, Places]:
        """7×7 and a maximum, each strided, as published; 3×3 for images that are small already."""
        is_small = self.input_size <= LARGEST_SMALL_IMAGE
        stem = StemSpec(
            input_size=self.input_size,
            in_channels=self.in_channels,
            out_channels=state.width,
            kernel_size=3 if is_small else 7,
            stride=1 if is_small else 2,
            activation="relu",
        )
        after = replace(state, size=stem.output_size, channels=stem.out_channels)
        if is_small:
            return after, (PlacedBlock("stem", stem),)
        pool = PoolSpec(
            input_size=stem.output_size, in_channels=stem.out_channels, operation="max", stride=2
        )
        places = (PlacedBlock("stem", stem), PlacedBlock("stem.pool", pool))
        return replace(after, size=pool.output_size), places


def architecture_from_code(space: ResnetSpace, code: str) -> Architecture:
    """Read the competition's encoding, such as ``1252233313000000223212122253130000…``.

    Its digits: 1 for the image size; the depth of each stage; the stem's ratio, counted from 1;
    then two a block, of its first and its second convolution, and 00 for an absent one.

    Raises:
        InvalidInputError: It is of another length, or not all digits; a depth or ratio is out of
            reach; the stem and the blocks of a stage do not end in the widths they share.
    """
    n_stages = len(space.stages)
    n_digits = 2 + n_stages + 2 * sum(stage.max_depth for stage in space.stages)
    if len(code) != n_digits or not (code.isascii() and code.isdecimal()) or code[0] != "1":
        raise InvalidInputError(
            f"{code!r} is no code of space {space.name!r}. Give {n_digits} digits, the first a 1."
        )
    choices: list[str] = []
    rest, shared = code[2 + n_stages :], code[1 + n_stages]
    for number, (stage, depth) in enumerate(zip(space.stages, code[1:], strict=False), start=1):
        blocks = [rest[place : place + 2] for place in range(0, 2 * stage.max_depth, 2)]
        rest = rest[2 * stage.max_depth :]
        second = shared if number == 1 else blocks[0][1]
        _check_stage(space, number, depth, blocks, second)
        firsts = (int(block[0]) for block in blocks)
        digits = (int(second), *firsts)
        choices += [str(space.ratios[digit - 1]) if digit else SKIP for digit in digits]
    return Architecture(tuple(choices))


def code_of(space: ResnetSpace, architecture: Architecture) -> str:
    """Write the competition's encoding; which blocks of a stage are skipped is not told.

    Raises:
        InvalidInputError: The architecture does not belong to the space.
    """
    check_member(space, architecture)
    digit = {str(ratio): str(place) for place, ratio in enumerate(space.ratios, start=1)}
    choices = iter(architecture.choices)
    depths, widths = "", ""
    for stage in space.stages:
        second = digit[next(choices)]
        blocks = [next(choices) for _ in range(stage.max_depth)]
        firsts = [digit[option] for option in blocks if option != SKIP]
        depths += str(len(firsts))
        widths += "" if widths else second  # the stem's
        widths += "".join(first + second for first in firsts).ljust(2 * stage.max_depth, "0")
    return f"1{depths}{widths}"


def _check_stage(
    space: ResnetSpace, number: int, depth: str, blocks: Sequence[str], second: str
) -> None:
    stage = space.stages[number - 1]
    if not stage.min_depth <= int(depth) <= stage.max_depth:
        reach = f"{stage.min_depth} to {stage.max_depth}"
        raise InvalidInputError(
            f"Depth {depth} of stage {number} is not within {reach}. Change it."
        )
    for place, block in enumerate(blocks, start=1):
        where = f"Digits {block} of block {place} in stage {number}"
        if place > int(depth):
            if block != "00":
                raise InvalidInputError(f"{where}: depth {depth} ends before it. Write 00.")
        elif block[1] != second:
            raise InvalidInputError(f"{where}: the stage ends in width {second}. Write that last.")
        elif not 1 <= min(map(int, block)) <= max(map(int, block)) <= len(space.ratios):
            raise InvalidInputError(
                f"{where} name no ratio. Write numbers from 1 to {len(space.ratios)}."
            )
