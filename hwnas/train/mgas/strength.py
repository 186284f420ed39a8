"""How strongly training is pushed to prune: grown while too little goes, halved when too much."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Strength:
    """The factor of the regularization, and the step by which it grows next.

    Where ``is_capped``, cross-entropy is less than the regularization already, and it does not
    grow.
    """

    value: float = 0.0
    step: float
    first_step: float
    growth: float
    most: float = 100.0

    @classmethod
    def begun(cls, first_step: float, growth: float, most: float) -> "Strength":
        """From nothing."""
        return cls(step=first_step, first_step=first_step, growth=growth, most=most)

    def after(self, pruned: float, pace: float, *, is_capped: bool) -> "Strength":
        """After so much was pruned where ``pace`` would do.

        Twice the pace is too fast: it is weakened by ``growth`` and its step begins anew. Below
        the pace the step grows by the square of ``growth`` and is added.
        """
        if pruned >= 2 * pace:
            return replace(self, value=self.value / self.growth, step=self.first_step)
        if pruned < pace and not is_capped and self.value < self.most:
            step = self.step * self.growth**2
            return replace(self, value=min(self.most, self.value + step), step=step)
        return self


def is_capped(cross_entropy: float, regularization: float, share: float) -> bool:
    """Whether cross-entropy is below its regularization, of which the global phase takes half."""
    return share * regularization > cross_entropy
