"""``fair``: every step trains each option of each decision (FairNAS, Chu et al. 2021)."""

from collections.abc import Sequence

import numpy as np

from hwnas.space import Architecture, Decision, Space
from hwnas.train.rules.one_path import OnePath
from hwnas.train.rules.step import Step


class StrictlyFair:
    """As many networks a step as the longest decision has options; their gradients are summed.

    The paper's decisions all have the same number of options, so that a step trains each of them
    exactly once. A decision with fewer repeats its own, which is ours: no option is trained more
    than once oftener than another in a step, and which ones are is drawn anew each time.
    """

    def __init__(self, space: Space) -> None:
        self._decisions = space.decisions

    @property
    def n_paths(self) -> int:
        """Options of the longest decision."""
        return max(len(decision.options) for decision in self._decisions)

    def backward(self, step: Step) -> None:
        """See ``Rule.backward``."""
        for architecture in fair_paths(self._decisions, self.n_paths, step.rng):
            OnePath(architecture).backward(step)


def fair_paths(
    decisions: Sequence[Decision], n_paths: int, rng: np.random.Generator
) -> list[Architecture]:
    """Networks in which the options of a decision are as frequent as each other, or nearly."""
    columns = [_spread(decision.options, n_paths, rng) for decision in decisions]
    return [Architecture(choices) for choices in zip(*columns, strict=True)]


def _spread(options: Sequence[str], n: int, rng: np.random.Generator) -> list[str]:
    """``n`` options in random order, whose counts differ by 1 at most."""
    rounds = [rng.permutation(len(options)) for _ in range(-(-n // len(options)))]
    drawn = rng.permutation(np.concatenate(rounds)[:n])
    return [options[place] for place in drawn]
