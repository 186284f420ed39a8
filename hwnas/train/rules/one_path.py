"""One given network: every batch trains what a strategy asked for."""

from hwnas.space import Architecture
from hwnas.train.rules.step import Step


class OnePath:
    """One network, again and again."""

    n_paths = 1

    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture

    def backward(self, step: Step) -> None:
        """See ``Rule.backward``."""
        step.cross_entropy(step.logits(self._architecture)).backward()  # type: ignore[no-untyped-call]
