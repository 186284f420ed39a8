"""Spaces told in TOML: which stages for which image, without code."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hwnas.errors import InvalidInputError
from hwnas.record import read_record, read_toml
from hwnas.space.mobilenet import MobilenetSpace, Stage

PLANS = Path(__file__).parent / "plans"
MOBILENET_PLANS = ("mobilenet-large", "mobilenet-small", "mobilenet-tiny")
"""By falling image size; the first whose ``smallest_input`` is met is taken."""
PLANNED = ("foxnas-cpu", "foxnas-dsp", "ofa-mobilenetv3")
"""Published spaces."""
RESOLUTION_STEP, SMALLEST_RESOLUTION = 4, 16
"""Pixels."""
PRESETS = ("mobilenetv2", "efficientnet-lite0")
"""Published networks as spaces of one architecture, the baselines of every search."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The keys of a space file; what the images decide (channels, classes) is left out."""

    stem_channels: int
    head_channels: int
    stages: tuple[Stage, ...]
    stem_stride: int = 2
    activation: str = "relu6"
    se_ratio: float = 0.0
    input_sizes: tuple[int, ...] = ()
    """Resolutions to choose from; empty means the images' own."""
    resolutions: tuple[float, ...] = ()
    """Shares of the images' size to choose from, in multiples of ``RESOLUTION_STEP`` pixels."""
    smallest_input: int = 1
    scale_ends: bool = True


def read_plan(path: Path) -> Plan:
    """Read a space file.

    Raises:
        InvalidInputError: It is missing, no TOML, or has a wrong key or value.
    """
    return read_record(Plan, read_toml(path), path.name)


def space_from_plan(
    name: str, plan: Plan, *, input_size: int, in_channels: int, n_classes: int
) -> MobilenetSpace:
    """The plan's space for given images.

    Raises:
        InvalidInputError: The images are smaller than the plan serves, or a number cannot be.
    """
    if input_size < plan.smallest_input:
        raise InvalidInputError(
            f"Space {name!r} is for images of {plan.smallest_input} pixels and more, not "
            f"{input_size}. Give a larger --input-size or another --space."
        )
    try:
        return MobilenetSpace(
            name=name,
            input_sizes=plan.input_sizes or _resolutions(plan.resolutions, input_size),
            in_channels=in_channels,
            n_classes=n_classes,
            stem_channels=plan.stem_channels,
            head_channels=plan.head_channels,
            stages=plan.stages,
            stem_stride=plan.stem_stride,
            activation=plan.activation,
            se_ratio=plan.se_ratio,
        )
    except ValueError as error:
        raise InvalidInputError(f"Space {name!r}: {error}. Correct that line.") from error


def _resolutions(shares: Sequence[float], input_size: int) -> tuple[int, ...]:
    """The image's own size, and smaller ones down to ``SMALLEST_RESOLUTION``."""
    steps = {round(share * input_size / RESOLUTION_STEP) * RESOLUTION_STEP for share in shares}
    smaller = sorted(s for s in steps if SMALLEST_RESOLUTION <= s < input_size)
    return (*smaller, input_size)


def planned(name: str, *, input_size: int, in_channels: int, n_classes: int) -> MobilenetSpace:
    """A published space with a plan of its own, such as ``foxnas-cpu``.

    Of ``ofa-mobilenetv3`` (Cai et al., ICLR 2020) the last layer, which widens again after the
    pooling, is no block of hwnas.
    """
    return space_from_plan(
        name,
        read_plan(PLANS / f"{name}.toml"),
        input_size=input_size,
        in_channels=in_channels,
        n_classes=n_classes,
    )


def mobilenet(*, input_size: int, in_channels: int, n_classes: int) -> MobilenetSpace:
    """The default space: the stage plan that suits the image size."""
    plans = (read_plan(PLANS / f"{name}.toml") for name in MOBILENET_PLANS)
    plan = next(plan for plan in plans if input_size >= plan.smallest_input)
    return space_from_plan(
        "mobilenet", plan, input_size=input_size, in_channels=in_channels, n_classes=n_classes
    )


def preset(
    name: str, multiplier: float, *, input_size: int, in_channels: int, n_classes: int
) -> MobilenetSpace:
    """A published network at any width multiplier, as a space of one architecture.

    Raises:
        InvalidInputError: The multiplier is not between 0.05 and 4.
    """
    if not 0.05 <= multiplier <= 4:
        raise InvalidInputError(
            f"Width multiplier {multiplier} of {name!r} is out of reach. Give one from 0.05 to 4."
        )
    plan = read_plan(PLANS / f"{name}.toml")
    label = name if multiplier == 1 else f"{name}@{multiplier:g}"
    space = space_from_plan(
        label, plan, input_size=input_size, in_channels=in_channels, n_classes=n_classes
    )
    return replace(space.scaled(multiplier, scale_ends=plan.scale_ends), name=label)
