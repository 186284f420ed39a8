"""What a search space must be able to say."""

from collections.abc import Hashable, Mapping
from typing import Any, Protocol

from hwnas.space.architecture import Decision
from hwnas.space.wiring import Places

NOWHERE = "nowhere"
"""The state that an option leads to where it is not open; no state of a space is called so."""


class Space(Protocol):
    """Which architectures exist, told as a walk: each decision moves a state and places blocks.

    The state (feature-map size, channels …) is all that later decisions need to know of earlier
    ones. Everything else follows from the walk: the blocks of an architecture, all the blocks a
    table needs, how they are wired, and the exact search for the best network within a budget.
    """

    @property
    def name(self) -> str:
        """The space's name, as ``--space`` takes it."""
        ...

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What is to be chosen, from the image to the classifier."""
        ...

    def start(self) -> tuple[Hashable, Places]:
        """The state before the first decision, and the blocks that are always there."""
        ...

    def step(self, index: int, state: Any, option: str) -> tuple[Hashable, Places]:  # noqa: ANN401
        """The state after choosing ``option`` for decision ``index``, and its blocks, if any.

        ``NOWHERE`` where no network goes on so; only spaces that are generated from have that.
        """
        ...

    def finish(self, state: Any) -> Places:  # noqa: ANN401
        """The blocks after the last decision; the last of them gives the logits."""
        ...

    def to_json(self) -> Mapping[str, Any]:
        """The whole definition, so that an architecture can be built without this machine."""
        ...
