"""``sandwich``: largest, smallest and random networks, taught by the largest.

The sandwich rule and in-place distillation of Yu and Huang, "Universally Slimmable Networks"
(2019): the largest network learns from the labels, the others from its soft labels.
"""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from hwnas.block import BlockSpec
from hwnas.space import Space, cheapest, dearest, random_architecture
from hwnas.train.loss import Logits
from hwnas.train.rules.step import Step

N_RANDOM = 2
"""Networks between largest and smallest, as its authors and RD-NAS train."""


class Sandwich:
    """Largest and smallest are those of most and fewest multiply-accumulates.

    In a space whose smallest network computes nothing (NAS-Bench-201 with ``none`` on every
    edge), that share of a step is spent on a constant.
    """

    n_paths = 2 + N_RANDOM

    def __init__(self, space: Space) -> None:
        self._space = space
        self.largest = dearest(space, _macs)
        self.smallest = cheapest(space, _macs)

    def backward(self, step: Step) -> None:
        """See ``Rule.backward``."""
        logits = step.logits(self.largest)
        step.cross_entropy(logits).backward()  # type: ignore[no-untyped-call]
        drawn = [random_architecture(self._space, step.rng) for _ in range(N_RANDOM)]
        for architecture in (self.smallest, *drawn):
            loss = soft_cross_entropy(step.logits(architecture), logits)
            loss.backward()  # type: ignore[no-untyped-call]


def soft_cross_entropy(logits: Logits, teacher: Logits) -> Float[Tensor, ""]:
    """Mean cross-entropy with the teacher's softmax as labels; no gradient flows into it."""
    labels = teacher.detach().softmax(1)
    return functional.cross_entropy(logits, labels)


def _macs(block: BlockSpec) -> float:
    return block.n_macs
