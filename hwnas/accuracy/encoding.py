"""How published benchmarks write the networks of their spaces."""

from collections.abc import Callable
from dataclasses import dataclass

from hwnas.space import (
    Architecture,
    Decision,
    Space,
    check_member,
    nasbench201,
    nasbench_macro,
    ofa,
    space_named,
)


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How a space's networks are written in its benchmark."""

    space: str
    columns: tuple[str, ...]
    """Of a CSV; cells of several are joined by ``;``. None where the format is another."""
    images: tuple[int, int, int]
    """Pixels, channels and classes that the networks were made for."""
    decisions: tuple[Decision, ...]
    read: Callable[[str], Architecture]
    write: Callable[[Architecture], str]


MACRO = Encoding(
    space="nasbench-macro",
    columns=(),
    images=(32, 3, 10),
    decisions=nasbench_macro.NasbenchMacroSpace().decisions,
    read=nasbench_macro.architecture_from_digits,
    write=nasbench_macro.digits_of,
)
CSV_ENCODINGS = (
    Encoding(
        space="nasbench201",
        columns=("arch_str",),
        images=(32, 3, 10),
        decisions=nasbench201.DECISIONS,
        read=nasbench201.architecture_from_string,
        write=nasbench201.string_of,
    ),
    Encoding(
        space="ofa-mobilenetv3",
        columns=ofa.COLUMNS,
        images=(224, 3, 1000),
        decisions=space_named(
            "ofa-mobilenetv3", input_size=224, in_channels=3, n_classes=1000
        ).decisions,
        read=ofa.architecture_from_ofa,
        write=ofa.ofa_of,
    ),
)
CHOICES = "architecture"
"""The column of any space's networks."""


def encoding_of(space: Space) -> Encoding:
    """How a CSV writes the space's networks: as published if of those images, or by choices."""
    own = choices_of(space)
    same = (own.space, own.images, own.decisions)
    return next((e for e in CSV_ENCODINGS if (e.space, e.images, e.decisions) == same), own)


def choices_of(space: Space) -> Encoding:
    """The choices of any space, joined by commas."""

    def read(text: str) -> Architecture:
        architecture = Architecture(tuple(text.split(",")))
        check_member(space, architecture)
        return architecture

    definition = space.to_json()
    size = definition.get("input_size") or max(definition["input_sizes"])
    return Encoding(
        space=space.name,
        columns=(CHOICES,),
        images=(size, definition["in_channels"], definition["n_classes"]),
        decisions=space.decisions,
        read=read,
        write=str,
    )
