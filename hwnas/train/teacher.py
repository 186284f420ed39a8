"""What ranks two networks without training them."""

from collections.abc import Callable

from hwnas.space import Architecture

Teacher = Callable[[Architecture], float]
"""Larger is expected to be more accurate; only the order of two networks counts."""


def no_teacher(architecture: Architecture) -> float:
    """In place of the teacher where none ranks.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"nobody was named to rank {architecture}; pass a teacher")
