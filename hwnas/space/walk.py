"""What follows from a space's walk: the blocks of one network, and of all."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hwnas.block import BlockSpec
from hwnas.errors import HwnasError, InvalidInputError
from hwnas.record import unknown_name
from hwnas.space.architecture import Architecture, Decision
from hwnas.space.protocol import NOWHERE, Space
from hwnas.space.wiring import Network, PlacedBlock, Places, Wire, wired


@dataclass(frozen=True)
class Transition:
    """What choosing one option in one state does."""

    option: str
    state: Hashable
    places: Places

    @property
    def blocks(self) -> tuple[BlockSpec, ...]:
        """The blocks it adds, without the wires between them."""
        return tuple(blocks_in(self.places))


def blocks_in(places: Iterable[PlacedBlock | Wire]) -> Iterator[BlockSpec]:
    """The blocks among some places."""
    return (place.block for place in places if isinstance(place, PlacedBlock))


def blocks_of(space: Space, architecture: Architecture) -> Network:
    """One network from image to logits: its blocks, and which of them reads which.

    Raises:
        InvalidInputError: The architecture does not belong to the space.
    """
    check_member(space, architecture)
    state, places = space.start()
    placed = list(places)
    for index, option in enumerate(architecture.choices):
        state, places = space.step(index, state, option)
        placed += places
    return wired([*placed, *space.finish(state)])


def layers_of(space: Space) -> tuple[dict[Hashable, tuple[Transition, ...]], ...]:
    """The whole space as a layered graph: per decision, each reachable state's transitions.

    Only those from which a network can be gone on to the end.
    """
    states: list[Hashable] = [space.start()[0]]
    layers = []
    for index, decision in enumerate(space.decisions):
        layer = {}
        for state in states:
            moves = (
                Transition(option, *space.step(index, state, option))
                for option in decision.options
            )
            layer[state] = tuple(move for move in moves if move.state != NOWHERE)
        layers.append(layer)
        reached = (move.state for moves in layer.values() for move in moves)
        states = list(dict.fromkeys(reached))
    return _without_dead_ends(layers)


def _without_dead_ends(
    layers: Sequence[dict[Hashable, tuple[Transition, ...]]],
) -> tuple[dict[Hashable, tuple[Transition, ...]], ...]:
    kept: list[dict[Hashable, tuple[Transition, ...]]] = []
    for layer in reversed(layers):
        going_on = {
            state: tuple(move for move in moves if not kept or move.state in kept[-1])
            for state, moves in layer.items()
        }
        kept.append({state: moves for state, moves in going_on.items() if moves})
    return tuple(reversed(kept))


def final_states(space: Space) -> list[Hashable]:
    """The states the last decision can end in."""
    layers = layers_of(space)
    if not layers:
        return [space.start()[0]]
    return list(dict.fromkeys(m.state for moves in layers[-1].values() for m in moves))


def all_placed_blocks(space: Space) -> tuple[PlacedBlock, ...]:
    """Every block any network of the space may hold, with its position; each pair once."""
    return tuple(dict.fromkeys(_placed_anywhere(space)))


def all_blocks(space: Space) -> tuple[BlockSpec, ...]:
    """Every block any network of the space may hold, each once."""
    return tuple(dict.fromkeys(placed.block for placed in _placed_anywhere(space)))


def check_member(space: Space, architecture: Architecture) -> None:
    """Refuse an architecture of another space.

    Raises:
        InvalidInputError: It has another number of choices.
        UnknownNameError: One of its options is not offered.
    """
    if len(architecture.choices) != len(space.decisions):
        raise InvalidInputError(
            f"{len(architecture.choices)} choices for the {len(space.decisions)} decisions of "
            f"space {space.name!r}. Name the space the architecture was made in with --space."
        )
    for decision, option in zip(space.decisions, architecture.choices, strict=True):
        if option not in decision.options:
            raise unknown_name(f"option of {decision.name}", option, decision.options)


def is_member(space: Space, architecture: Architecture) -> bool:
    """Whether the architecture belongs to the space."""
    try:
        check_member(space, architecture)
    except HwnasError:
        return False
    return True


def random_architecture(space: Space, rng: np.random.Generator) -> Architecture:
    """One network of the space, every decision drawn uniformly."""
    return random_choices(space.decisions, rng)


def random_choices(decisions: Sequence[Decision], rng: np.random.Generator) -> Architecture:
    """An option of each decision, drawn uniformly."""
    return Architecture(tuple(d.options[int(rng.integers(len(d.options)))] for d in decisions))


def _placed_anywhere(space: Space) -> Iterator[PlacedBlock]:
    moves = [m for layer in layers_of(space) for moves in layer.values() for m in moves]
    ends = [space.finish(state) for state in final_states(space)]
    for places in (space.start()[1], *(move.places for move in moves), *ends):
        yield from (place for place in places if isinstance(place, PlacedBlock))
