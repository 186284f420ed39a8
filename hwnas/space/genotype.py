"""The published way to write a DARTS network down: two inputs a node."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hwnas.errors import InvalidInputError
from hwnas.record import unknown_name
from hwnas.space.architecture import Architecture
from hwnas.space.darts import EDGES, NODES, NONE, OPTIONS, DartsSpace
from hwnas.space.walk import check_member

Inputs = Sequence[tuple[str, int]]
"""Operation and node read, two for each node in turn."""
INPUTS_A_NODE = 2


@dataclass(frozen=True, kw_only=True)
class Genotype:
    """Names and values as published, so that a genotype found in a paper is one here."""

    normal: Inputs
    reduce: Inputs
    normal_concat: Sequence[int] = NODES
    reduce_concat: Sequence[int] = NODES


def architecture_from_genotype(genotype: Genotype) -> Architecture:
    """Its operations, and ``none`` on all other edges.

    Raises:
        InvalidInputError: A cell has not two inputs for each of four nodes, reads a node that
            comes later or one twice, or gives another output than all four nodes.
        UnknownNameError: An operation is unknown.
    """
    choices: list[str] = []
    for kind, inputs, concat in (
        ("normal", genotype.normal, genotype.normal_concat),
        ("reduce", genotype.reduce, genotype.reduce_concat),
    ):
        if sorted(concat) != list(NODES):
            raise InvalidInputError(
                f"The {kind} cell gives nodes {list(concat)}; cells of space 'darts' give "
                f"{list(NODES)}. Correct {kind}_concat."
            )
        choices += _edges(kind, inputs)
    return Architecture(tuple(choices))


def genotype_of(architecture: Architecture) -> Genotype:
    """The two inputs of each node, in rising order of the nodes read.

    Raises:
        InvalidInputError: A node has more or fewer than two, or the architecture is of another
            space.
    """
    check_member(DartsSpace(), architecture)
    n_edges = len(EDGES)
    normal, reduce = architecture.choices[:n_edges], architecture.choices[n_edges:]
    return Genotype(
        normal=tuple(_inputs("normal", normal)), reduce=tuple(_inputs("reduce", reduce))
    )


def _edges(kind: str, inputs: Inputs) -> Iterator[str]:
    """The option of each edge of a cell, in the order of the decisions."""
    if len(inputs) != INPUTS_A_NODE * len(NODES):
        raise InvalidInputError(
            f"The {kind} cell has {len(inputs)} inputs. Give {INPUTS_A_NODE} for each of "
            f"{len(NODES)} nodes, such as ('sep_conv_3x3', 0)."
        )
    chosen: dict[tuple[int, int], str] = {}
    for place, (operation, source) in enumerate(inputs):
        node = NODES[place // INPUTS_A_NODE]
        if operation not in OPTIONS:
            raise unknown_name("DARTS operation", operation, OPTIONS)
        if (node, source) not in EDGES or (node, source) in chosen or operation == NONE:
            raise InvalidInputError(
                f"Node {node} of the {kind} cell cannot read {(operation, source)}. Give each "
                f"of its two inputs an operation and a node of its own, from 0 to {node - 1}."
            )
        chosen[node, source] = operation
    return (chosen.get(edge, NONE) for edge in EDGES)


def _inputs(kind: str, choices: Sequence[str]) -> Iterator[tuple[str, int]]:
    chosen = dict(zip(EDGES, choices, strict=True))
    for node in NODES:
        inputs = [
            (chosen[node, source], source)
            for source in range(node)
            if chosen[node, source] != NONE
        ]
        if len(inputs) != INPUTS_A_NODE:
            raise InvalidInputError(
                f"Node {node} of the {kind} cell has {len(inputs)} inputs, and a genotype "
                f"tells {INPUTS_A_NODE}. Write the architecture as JSON instead."
            )
        yield from inputs
