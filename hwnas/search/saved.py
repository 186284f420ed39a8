"""What every strategy's JSON holds besides its own state, checked when it is read again."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hwnas.errors import InvalidInputError
from hwnas.space import Decision

Identity = Mapping[str, Any]


def identity_of(
    strategy: str, decisions: Sequence[Decision], settings: Mapping[str, Any]
) -> Identity:
    """What must agree between the strategy that saved and the one that restores."""
    return {
        "strategy": strategy,
        "decisions": [[decision.name, *decision.options] for decision in decisions],
        "settings": dict(settings),
    }


def saved(
    identity: Identity, rng: np.random.Generator, state: Mapping[str, Any]
) -> dict[str, Any]:
    """One JSON object; the generator must be of a kind with plain integers as its state."""
    return {**identity, "rng": rng.bit_generator.state, "state": dict(state)}


def state_in(document: Mapping[str, Any], identity: Identity) -> Mapping[str, Any]:
    """The strategy's own state out of a saved object.

    Raises:
        InvalidInputError: Something else was saved, or by another strategy, space or setting.
    """
    for key, mine in identity.items():
        if document.get(key) != mine:
            raise InvalidInputError(
                f"The saved search has other {key} than this one: {document.get(key)!r}, not "
                f"{mine!r}. Go on with what it was started with, or start a new search."
            )
    state = document.get("state")
    if not isinstance(state, Mapping):
        raise damaged("no state in it")
    return state


def restore_rng(rng: np.random.Generator, document: Mapping[str, Any]) -> None:
    """Put the generator where it was.

    Raises:
        InvalidInputError: The saved state is of another kind of generator, or none.
    """
    try:
        rng.bit_generator.state = document["rng"]
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(f"its rng is {error}") from error


def damaged(what: str) -> InvalidInputError:
    """The error for a saved search that cannot be read."""
    return InvalidInputError(f"The saved search is damaged: {what}. Start a new search.")
