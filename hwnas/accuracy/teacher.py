"""Who ranks a space's networks for ranking distillation, by name: counts, proxies, several."""

from collections.abc import Callable, Mapping
from functools import cache

from hwnas.accuracy.proxies import PROXIES, RankAverage, ZeroCostSource
from hwnas.block import BlockSpec
from hwnas.record import unknown_name
from hwnas.space import Architecture, Space, blocks_of
from hwnas.train import Teacher
from hwnas.train.images import Batch
from hwnas.train.streams import Purpose, stream

COUNTS: Mapping[str, Callable[[BlockSpec], int]] = {
    "macs": lambda block: block.n_macs,
    "parameters": lambda block: block.n_parameters,
}
"""Told by the blocks, so that nothing is built; ``macs`` is RD-NAS's own on NAS-Bench-201."""
ENSEMBLE = "ensemble"
MEMBERS = ("jacobian-covariance", "synflow", "snip")
"""The vote of Abdelfattah et al. (2021)."""
TEACHERS = (*COUNTS, *(name for name in PROXIES if name not in COUNTS), ENSEMBLE)


def teacher_named(name: str, space: Space, batch: Callable[[], Batch], *, seed: int) -> Teacher:
    """A teacher for networks of the space; each network is ranked once, when it is first asked.

    ``batch`` gives the images that proxies look at, and is not called by counts.

    Raises:
        UnknownNameError: No such teacher.
    """
    check_teacher(name)
    if name in COUNTS:
        return _counted(space, COUNTS[name])
    if name == ENSEMBLE:
        images = batch()
        sources = [ZeroCostSource(space, member, images, seed=seed) for member in MEMBERS]
        return RankAverage(space, sources, stream(seed, Purpose.RANK_REFERENCES))
    return ZeroCostSource(space, name, batch(), seed=seed).score


def check_teacher(name: str) -> None:
    """Refuse a teacher that is not known, before any work starts.

    Raises:
        UnknownNameError: No such teacher.
    """
    if name not in TEACHERS:
        raise unknown_name("teacher", name, TEACHERS)


def _counted(space: Space, count: Callable[[BlockSpec], int]) -> Teacher:
    @cache
    def worth(architecture: Architecture) -> float:
        return sum(count(block) for block in blocks_of(space, architecture))

    return worth
