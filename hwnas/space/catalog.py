"""Spaces by name, by file and from a run's JSON."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hwnas.errors import InvalidInputError
from hwnas.record import read_record, read_toml, unknown_name
from hwnas.space.architecture import Architecture
from hwnas.space.darts import DartsSpace
from hwnas.space.donna import DonnaSpace, donna
from hwnas.space.fixed import FixedSpace
from hwnas.space.mobilenet import MobilenetSpace
from hwnas.space.nasbench201 import Nasbench201Space
from hwnas.space.nasbench_macro import NasbenchMacroSpace
from hwnas.space.plan import (
    PLANNED,
    PRESETS,
    Plan,
    mobilenet,
    planned,
    preset,
    space_from_plan,
)
from hwnas.space.protocol import Space
from hwnas.space.resnet import ResnetSpace
from hwnas.space.walk import check_member

SPACES: Mapping[str, Callable[..., Space]] = {
    "mobilenet": mobilenet,
    "nasbench-macro": NasbenchMacroSpace,
    "nasbench201": Nasbench201Space,
    "darts": DartsSpace,
    "resnet": ResnetSpace,
    "donna": donna,
    **{name: partial(planned, name) for name in PLANNED},
}
"""Each takes ``input_size``, ``in_channels`` and ``n_classes``."""

Family = (
    MobilenetSpace
    | NasbenchMacroSpace
    | Nasbench201Space
    | DartsSpace
    | ResnetSpace
    | DonnaSpace
    | FixedSpace
)
FAMILIES: Mapping[str, type[Family]] = {
    "mobilenet": MobilenetSpace,
    "nasbench-macro": NasbenchMacroSpace,
    "nasbench201": Nasbench201Space,
    "darts": DartsSpace,
    "resnet": ResnetSpace,
    "donna": DonnaSpace,
    "fixed": FixedSpace,
}
"""What the ``family`` of a written space is read into."""


def space_named(name: str, *, input_size: int, in_channels: int, n_classes: int) -> Space:
    """The space ``--space`` asks for: a name, a preset such as ``mobilenetv2@0.5``, a TOML file.

    Raises:
        UnknownNameError: No such space.
        InvalidInputError: A file or multiplier that cannot be used.
    """
    images = {"input_size": input_size, "in_channels": in_channels, "n_classes": n_classes}
    if name in SPACES:
        return SPACES[name](**images)
    if name.endswith(".toml"):
        return _space_in(Path(name), images)
    preset_name, at, multiplier = name.partition("@")
    if preset_name in PRESETS:
        return preset(preset_name, _multiplier(name, multiplier) if at else 1.0, **images)
    raise unknown_name("space", name, (*SPACES, *PRESETS))


def only_architecture(space: Space) -> Architecture:
    """The one network of a space without choices, such as a preset.

    Raises:
        InvalidInputError: The space holds more than one.
    """
    if any(len(decision.options) > 1 for decision in space.decisions):
        raise InvalidInputError(
            f"Space {space.name!r} holds many networks. Name one: a preset "
            f"({', '.join(PRESETS)}), a run folder or an architecture.json."
        )
    return Architecture(tuple(decision.options[0] for decision in space.decisions))


def architecture_to_json(space: Space, architecture: Architecture) -> dict[str, Any]:
    """A network with its whole space, so that it can be built anywhere."""
    names = (decision.name for decision in space.decisions)
    return {
        "format": "hwnas-architecture/1",
        "space": dict(space.to_json()),
        "choices": dict(zip(names, architecture.choices, strict=True)),
    }


def architecture_from_json(document: Any, source: str) -> tuple[Space, Architecture]:  # noqa: ANN401
    """Read what ``architecture_to_json`` wrote.

    Raises:
        InvalidInputError: It is something else, or incomplete.
        UnknownNameError: Its family or one of its options is unknown.
    """
    if not isinstance(document, dict) or document.get("format") != "hwnas-architecture/1":
        raise InvalidInputError(
            f"{source} is no hwnas architecture. Name the architecture.json of a run."
        )
    if not isinstance(document.get("space"), dict):
        raise InvalidInputError(f"{source} holds no space. Name the architecture.json of a run.")
    space = space_from_json(document["space"], source)
    choices = document.get("choices")
    if not isinstance(choices, dict):
        raise InvalidInputError(f"{source} holds no choices. Name a complete architecture.json.")
    missing = [d.name for d in space.decisions if d.name not in choices]
    if missing:
        raise InvalidInputError(f"{source} does not choose {missing[0]}. Add that choice.")
    surplus = sorted(choices.keys() - {d.name for d in space.decisions})
    if surplus:
        raise InvalidInputError(f"{source} chooses {surplus[0]}, which nothing asks. Remove it.")
    architecture = Architecture(tuple(str(choices[d.name]) for d in space.decisions))
    check_member(space, architecture)
    return space, architecture


def space_from_json(document: Mapping[str, Any], source: str) -> Space:
    """Read what a space's ``to_json`` gave.

    Raises:
        InvalidInputError: A value is missing or cannot be used.
        UnknownNameError: Its family is unknown.
    """
    definition = dict(document)
    family = str(definition.pop("family", None))
    if family not in FAMILIES:
        raise unknown_name("space family", family, FAMILIES)
    return read_record(FAMILIES[family], definition, source)


def _space_in(path: Path, images: Mapping[str, int]) -> Space:
    """A space file: stages of ``mobilenet``, or the settings of the ``family`` it names."""
    table = read_toml(path)
    family = table.pop("family", "mobilenet")
    if family == "mobilenet":
        return space_from_plan(path.stem, read_record(Plan, table, path.name), **images)
    surplus = sorted(table.keys() & images.keys())
    if surplus:
        raise InvalidInputError(
            f"{path.name}: {surplus[0]} is what the images say. Remove that line."
        )
    return space_from_json({"family": family, **images, **table}, path.name)


def _multiplier(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInputError(
            f"{text!r} in {name!r} is no width multiplier. Write it as mobilenetv2@0.5."
        ) from None
