"""What follows from a space's walk: the blocks of one network, and of all."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hwnas.block import BlockSpec
from hwnas.errors import InvalidInputError
from hwnas.record import unknown_name
from hwnas.space.architecture import Architecture, Decision
from hwnas.space.protocol import Blocks, Space


@dataclass(frozen=True)
class PlacedBlock:
    """A block and where it stands: the name of the decision that put it there."""

    position: str
    block: BlockSpec


@dataclass(frozen=True)
class Transition:
    """What choosing one option in one state does."""

    option: str
    state: Hashable
    blocks: Blocks


def placed_blocks_of(space: Space, architecture: Architecture) -> tuple[PlacedBlock, ...]:
    """The blocks of one network from image to logits, each with its position.

    Raises:
        InvalidInputError: The architecture does not belong to the space.
    """
    check_member(space, architecture)
    state, blocks = space.start()
    placed = [PlacedBlock("start", block) for block in blocks]
    for index, option in enumerate(architecture.choices):
        state, blocks = space.step(index, state, option)
        placed += [PlacedBlock(space.decisions[index].name, block) for block in blocks]
    placed += [PlacedBlock("finish", block) for block in space.finish(state)]
    return tuple(placed)


def blocks_of(space: Space, architecture: Architecture) -> Blocks:
    """The blocks of one network from image to logits; every cost is a sum over them."""
    return tuple(placed.block for placed in placed_blocks_of(space, architecture))


def layers_of(space: Space) -> tuple[dict[Hashable, tuple[Transition, ...]], ...]:
    """The whole space as a layered graph: per decision, each reachable state's transitions."""
    states: list[Hashable] = [space.start()[0]]
    layers = []
    for index, decision in enumerate(space.decisions):
        layer = {}
        for state in states:
            layer[state] = tuple(
                Transition(option, *space.step(index, state, option))
                for option in decision.options
            )
        layers.append(layer)
        reached = (move.state for moves in layer.values() for move in moves)
        states = list(dict.fromkeys(reached))
    return tuple(layers)


def final_states(space: Space) -> list[Hashable]:
    """The states the last decision can end in."""
    layers = layers_of(space)
    if not layers:
        return [space.start()[0]]
    return list(dict.fromkeys(m.state for moves in layers[-1].values() for m in moves))


def all_placed_blocks(space: Space) -> tuple[PlacedBlock, ...]:
    """Every block any network of the space may hold, with its position; each pair once."""
    return tuple(dict.fromkeys(_placed_anywhere(space)))


def all_blocks(space: Space) -> Blocks:
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


def random_architecture(space: Space, rng: np.random.Generator) -> Architecture:
    """One network of the space, every decision drawn uniformly."""
    return random_choices(space.decisions, rng)


def random_choices(decisions: Sequence[Decision], rng: np.random.Generator) -> Architecture:
    """An option of each decision, drawn uniformly."""
    return Architecture(tuple(d.options[int(rng.integers(len(d.options)))] for d in decisions))


def _placed_anywhere(space: Space) -> Iterator[PlacedBlock]:
    yield from (PlacedBlock("start", block) for block in space.start()[1])
    for decision, layer in zip(space.decisions, layers_of(space), strict=True):
        for moves in layer.values():
            for move in moves:
                yield from (PlacedBlock(decision.name, block) for block in move.blocks)
    for state in final_states(space):
        yield from (PlacedBlock("finish", block) for block in space.finish(state))
