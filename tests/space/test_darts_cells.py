"""The cells that DDPNAS generates: inputs a node, a height, edges without weights."""

import itertools
import math
from collections.abc import Hashable, Iterator

import numpy as np
import pytest

from hwnas.errors import InvalidInputError
from hwnas.search import Generator
from hwnas.space import (
    Architecture,
    CellLimits,
    generated_space,
    kept_classes,
    layers_of,
    random_architecture,
    worth,
)
from hwnas.space.darts import EDGES, NODES, OPTIONS, DartsSpace
from hwnas.space.genotype import genotype_of
from hwnas.space.nasbench_macro import NasbenchMacroSpace

SPACE = DartsSpace(input_size=8, in_channels=1, n_layers=3, channels=4)
POOLING_OR_SKIP = OPTIONS[1:4]
Edge = tuple[int, int]
Graph = tuple[Edge, ...]
Scores = dict[str, dict[str, float]]


def graphs(max_height: int = 4) -> Iterator[Graph]:
    """Every choice of two inputs a node, by brute force."""
    pairs = [itertools.combinations(range(node), 2) for node in NODES]
    for chosen in itertools.product(*pairs):
        height = {0: 0, 1: 0}
        for node, inputs in zip(NODES, chosen, strict=True):
            height[node] = 1 + max(height[source] for source in inputs)
        if max(height.values()) <= max_height:
            yield tuple((n, s) for n, inputs in zip(NODES, chosen, strict=True) for s in inputs)


def n_networks(limits: CellLimits) -> int:
    """How many the walk has, counted from its end."""
    ways: dict[Hashable, int] | None = None
    for layer in reversed(layers_of(generated_space(SPACE, limits))):
        ways = {s: sum(ways[m.state] if ways else 1 for m in ms) for s, ms in layer.items()}
    assert ways is not None
    return sum(ways.values())


def random_scores(seed: int) -> Scores:
    rng = np.random.default_rng(seed)
    return {
        d.name: dict(zip(OPTIONS, rng.dirichlet(np.ones(8)).tolist(), strict=True))
        for d in SPACE.decisions
    }


def papers_best(scores: Scores, kind: str, max_height: int, n_free: int) -> float:
    """The largest sum over graphs and over which edges carry their best option without weights."""
    best = -math.inf
    for graph in graphs(max_height):
        rows = [scores[f"{kind}.edge{node}<-{source}"] for node, source in graph]
        free = [max(row[option] for option in POOLING_OR_SKIP) for row in rows]
        weighted = [max(row[option] for option in OPTIONS[4:]) for row in rows]
        for places in itertools.combinations(range(8), n_free):
            total = sum(free[i] if i in places else weighted[i] for i in range(8))
            best = max(best, total)
    return best


def heights(architecture: Architecture) -> list[int]:
    found = []
    genotype = genotype_of(architecture)
    for inputs in (genotype.normal, genotype.reduce):
        height = {0: 0, 1: 0}
        for place, node in enumerate(NODES):
            sources = [source for _, source in inputs[2 * place : 2 * place + 2]]
            height[node] = 1 + max(height[source] for source in sources)
        found.append(max(height.values()))
    return found


def n_free(architecture: Architecture) -> list[int]:
    genotype = genotype_of(architecture)
    cells = (genotype.normal, genotype.reduce)
    return [sum(operation in POOLING_OR_SKIP for operation, _ in cell) for cell in cells]


def test_there_are_180_graphs_of_two_inputs_a_node() -> None:
    assert len(list(graphs())) == 180
    assert n_networks(CellLimits()) == (180 * 7**8) ** 2


@pytest.mark.parametrize("height", [1, 2, 3, 4])
def test_as_many_graphs_are_so_high_as_by_brute_force(height: int) -> None:
    n_graphs = len(list(graphs(height)))
    assert n_networks(CellLimits(max_height=height)) == (n_graphs * 7**8) ** 2


@pytest.mark.parametrize("n", [0, 2, 5, 8])
def test_as_many_cells_have_so_many_edges_without_weights_as_arithmetic_says(n: int) -> None:
    a_cell = 180 * math.comb(8, n) * 3**n * 4 ** (8 - n)
    assert n_networks(CellLimits(non_parametric_edges=n)) == a_cell**2


@pytest.mark.parametrize("height", [1, 2, 3, 4])
@pytest.mark.parametrize("n", [0, 3, 6, 8])
def test_the_best_cell_is_the_papers(height: int, n: int) -> None:
    limits = CellLimits(max_height=height, non_parametric_edges=n)
    space, scores = generated_space(SPACE, limits), random_scores(10 * height + n)
    best = next(Generator(space, worth(space, scores), [lambda _: 1.0]).best([math.inf]))
    expected = sum(papers_best(scores, kind, height, n) for kind in ("normal", "reduce"))
    assert best.score == pytest.approx(expected)
    assert max(heights(best.architecture)) <= height and n_free(best.architecture) == [n, n]


@pytest.mark.parametrize("seed", range(3))
def test_cells_keep_their_limits_beside_latency_macs_parameters_and_memory(seed: int) -> None:
    space = generated_space(SPACE, CellLimits(max_height=2, non_parametric_edges=4))
    prices = [
        lambda b: 0.01 + 1e-6 * b.n_macs,
        lambda b: float(b.n_macs),
        lambda b: float(b.n_parameters),
    ]
    scores = worth(space, random_scores(seed))

    def is_small(block: object) -> bool:
        return getattr(block, "kernel_size", 1) < 5

    generator = Generator(space, scores, prices, is_small)
    least = [generator.cheapest(j).costs[j] for j in range(3)]
    limits = [1.3 * cost for cost in least]
    found = list(itertools.islice(generator.best(limits), 5))
    assert len(found) == 5
    for candidate in found:
        assert all(c <= limit for c, limit in zip(candidate.costs, limits, strict=True))
        assert max(heights(candidate.architecture)) <= 2
        assert n_free(candidate.architecture) == [4, 4]
        assert not any(option.endswith("5x5") for option in candidate.architecture.choices)
    looser = next(generator.best([1.5 * cost for cost in least]))
    assert looser.score >= found[0].score


def test_an_edge_that_is_left_out_is_worth_nothing() -> None:
    space = generated_space(SPACE)
    scores = random_scores(0)
    dear = {name: {**row, "none": 100.0} for name, row in scores.items()}
    best = [
        next(Generator(space, worth(space, s), [lambda _: 1.0]).best([math.inf]))
        for s in (scores, dear)
    ]
    assert best[0] == best[1]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (CellLimits(max_height=0), "--max-height is 0. Give one from 1 to 4"),
        (CellLimits(max_height=5), "--max-height is 5"),
        (CellLimits(non_parametric_edges=9), "--non-parametric-edges is 9. Give one from 0 to 8"),
        (CellLimits(non_parametric_edges=-1), "--non-parametric-edges is -1"),
    ],
)
def test_a_limit_that_no_cell_has_is_refused(limits: CellLimits, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        generated_space(SPACE, limits)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (CellLimits(), ""),
        (CellLimits(max_height=2), " in cells at most 2 high"),
        (
            CellLimits(max_height=1, non_parametric_edges=0),
            " in cells at most 1 high and with 0 non-parametric edge(s)",
        ),
    ],
)
def test_a_message_names_the_limits_of_cells(limits: CellLimits, words: str) -> None:
    assert str(limits) == words


def test_a_space_without_such_cells_has_no_such_limits() -> None:
    macro = NasbenchMacroSpace()
    assert generated_space(macro) is macro and kept_classes(macro) == ()
    with pytest.raises(InvalidInputError, match="space 'nasbench-macro' has none"):
        generated_space(macro, CellLimits(max_height=2))


def test_what_is_generated_is_of_the_space_itself() -> None:
    space = generated_space(SPACE)
    assert space.decisions == SPACE.decisions and space.to_json() == SPACE.to_json()
    assert random_architecture(space, np.random.default_rng(0)).choices
    assert len(EDGES) * 2 == len(space.decisions)


def test_both_classes_are_kept_for_generation() -> None:
    assert [len(members) for members in kept_classes(SPACE)] == [4, 4]
    assert {o for members in kept_classes(SPACE) for o in members} == set(OPTIONS)
