"""``spos``: every batch trains another random network (Single Path One-Shot, Guo et al. 2020)."""

from hwnas.space import Space, random_architecture
from hwnas.train.rules.one_path import OnePath
from hwnas.train.rules.step import Step


class UniformPath:
    """One network a step, every decision drawn uniformly."""

    n_paths = 1

    def __init__(self, space: Space) -> None:
        self._space = space

    def backward(self, step: Step) -> None:
        """See ``Rule.backward``."""
        OnePath(random_architecture(self._space, step.rng)).backward(step)
