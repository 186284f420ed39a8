"""What ranks two networks without training them, from their blocks alone."""

from collections.abc import Callable, Mapping

from hwnas.record import unknown_name
from hwnas.space import Architecture, Space, blocks_of

Teacher = Callable[[Architecture], float]
"""Larger is expected to be more accurate; only the order of two networks counts."""


def no_teacher(architecture: Architecture) -> float:
    """In place of the teacher where none ranks.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"nobody was named to rank {architecture}; pass a teacher")


def macs(space: Space) -> Teacher:
    """Multiply-accumulates, RD-NAS's own teacher on NAS-Bench-201."""
    return lambda architecture: sum(block.n_macs for block in blocks_of(space, architecture))


def parameters(space: Space) -> Teacher:
    """Trained parameters."""
    return lambda architecture: sum(block.n_parameters for block in blocks_of(space, architecture))


TEACHERS: Mapping[str, Callable[[Space], Teacher]] = {"macs": macs, "parameters": parameters}


def teacher_named(name: str, space: Space) -> Teacher:
    """A teacher for networks of the space.

    Raises:
        UnknownNameError: No such teacher.
    """
    if name not in TEACHERS:
        raise unknown_name("teacher", name, TEACHERS)
    return TEACHERS[name](space)
