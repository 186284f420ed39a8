"""What a search is held to: how often it may ask, and which networks fit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwnas.space import Architecture, Attributes

Fits = Callable[[Architecture], bool]
"""Whether a network keeps every limit; cheap, for a strategy may ask it of every network."""

Prices = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""Networks, told as places of options ``(n, n_decisions)``, to what each costs, ``(n,)``."""


def anything_fits(architecture: Architecture) -> bool:
    """No limit."""
    del architecture
    return True


@dataclass(frozen=True, kw_only=True)
class SearchTerms:
    """Given to a strategy when it is made; not saved with it, so a restored one needs them again.

    A strategy asks only for networks that fit, except DDPNAS: the limit of the paper is met when
    networks are generated from its scores. A search by FOX-NAS limits nothing for the same reason.
    """

    n_asks: int | None = None
    """How many architectures may be asked for; ``None`` leaves it to the strategy. One with a
    length of its own, as DDPNAS, is shortened to that, but not below one step.
    """
    fits: Fits = anything_fits
    option_classes: tuple[tuple[str, ...], ...] = ()
    """DDPNAS keeps an option of each class in every decision, for generation to choose from."""
    attributes: Attributes | None = None
    """What options mean in numbers, for FOX-NAS's regression; else which option was taken."""
    price: Prices | None = None
    """What networks cost, so that FOX-NAS learns from some of every budget."""
    plan: str = "annealing"
    """How FOX-NAS spreads its asks, one of ``hwnas.search.PLANS``."""

    def __post_init__(self) -> None:
        if self.n_asks is not None and self.n_asks < 1:
            raise ValueError(f"n_asks must be at least 1, got {self.n_asks}")


NO_TERMS = SearchTerms()
"""As many architectures as the strategy likes, of any cost."""
