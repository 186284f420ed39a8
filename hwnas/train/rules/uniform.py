"""``spos``: every batch trains another random network (Single Path One-Shot, Guo et al. 2020)."""

from hwnas.space import Space, random_architecture
from hwnas.train.rules.step import Step


class UniformPath:
    """One network a step, every decision drawn uniformly.

    With ``paths_per_batch`` the batch is divided among several, each drawn anew, so that one step
    moves more of the supernet's weights at the same cost; BatchNorm then takes the statistics of
    its own part. That is ours.
    """

    n_paths = 1

    def __init__(self, space: Space, paths_per_batch: int = 1) -> None:
        self._space = space
        self._paths_per_batch = paths_per_batch

    def backward(self, step: Step) -> None:
        """See ``Rule.backward``."""
        n_images = len(step.labels)
        for part in step.divided(self._paths_per_batch):
            loss = part.cross_entropy(part.logits(random_architecture(self._space, step.rng)))
            (loss * (len(part.labels) / n_images)).backward()  # type: ignore[no-untyped-call]
