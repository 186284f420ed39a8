"""FOX-NAS: which networks it asks for, and what is annealed on what it was told."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hwnas.regression import ArchitectureRegression
from hwnas.search import AnnealedGenerator, Foxnas, FoxnasSettings, Generator, SearchTerms
from hwnas.search.pool import Places, Pool
from hwnas.search.sampling import farthest
from hwnas.space import Architecture, attributes_of, blocks_of
from hwnas.space.nasbench_macro import NasbenchMacroSpace

SPACE = NasbenchMacroSpace()
POOL = Pool(SPACE.decisions)
WORTH = {"identity": 0.0, "k3e3": 0.05, "k5e6": 0.08}


def accuracy_of(architecture: Architecture) -> float:
    """Rising with what it costs, less so in later blocks."""
    gains = [WORTH[option] / (1 + at) for at, option in enumerate(architecture.choices)]
    return 0.5 + sum(gains)


def n_macs(architecture: Architecture) -> float:
    return float(sum(block.n_macs for block in blocks_of(SPACE, architecture)))


def run(terms: SearchTerms, settings: FoxnasSettings | None = None) -> Foxnas:
    search = Foxnas(SPACE.decisions, np.random.default_rng(0), terms, settings)
    while not search.finished:
        architecture = search.ask()
        search.tell(architecture, accuracy_of(architecture))
    return search


@pytest.mark.parametrize("plan", ["random", "filling", "annealing"])
def test_every_plan_asks_for_each_network_once(plan: str) -> None:
    terms = SearchTerms(n_asks=90, attributes=attributes_of(SPACE))
    asked = [architecture for architecture, _ in run(terms, FoxnasSettings(plan=plan)).told]
    assert len(set(asked)) == len(asked) == 90


def test_annealing_asks_for_better_networks_of_every_price() -> None:
    def price(rows: Places) -> NDArray[np.float64]:
        return np.array([n_macs(POOL.architecture(row)) for row in rows])

    terms = SearchTerms(n_asks=90, attributes=attributes_of(SPACE), price=price)
    told = run(terms, FoxnasSettings(batch=30)).told
    first, later = told[:30], told[30:]
    slope = np.polyfit([n_macs(a) for a, _ in first], [accuracy for _, accuracy in first], 1)
    gained = [accuracy - np.polyval(slope, n_macs(a)) for a, accuracy in later]
    assert np.mean(sorted(gained)[-20:]) > 0
    macs = [n_macs(a) for a, _ in later]
    assert min(macs) < np.quantile([n_macs(a) for a, _ in first], 0.3)


def test_only_what_fits_is_asked_for() -> None:
    terms = SearchTerms(n_asks=60, fits=lambda a: a.choices[0] == "k3e3")
    assert all(architecture.choices[0] == "k3e3" for architecture, _ in run(terms).told)


def test_an_unknown_plan_is_refused() -> None:
    with pytest.raises(ValueError, match="foxnas needs a plan"):
        FoxnasSettings(plan="guess")


def test_the_farthest_are_chosen_first() -> None:
    candidates = np.array([[0.0], [5.0], [9.0], [10.0]])
    assert farthest(candidates, np.array([[0.0]]), 2) == [3, 1]


@pytest.fixture(scope="module")
def annealed() -> AnnealedGenerator:
    told = run(SearchTerms(n_asks=120, attributes=attributes_of(SPACE))).told
    rows = np.array([POOL.row(architecture) for architecture, _ in told])
    values = np.array([accuracy for _, accuracy in told])
    expected = ArchitectureRegression.of(attributes_of(SPACE), rows, values, "accuracy")
    prices = [lambda block: float(block.n_macs), lambda block: float(block.n_parameters)]
    return AnnealedGenerator(SPACE, expected, prices, seed=0)


def test_networks_keep_all_limits_and_come_best_first(annealed: AnnealedGenerator) -> None:
    limits = (60e6, 700_000.0)
    found = list(annealed.best(limits))
    scores = [candidate.score for candidate in found]
    assert len(found) >= 10 and all(candidate.keeps(limits) for candidate in found)
    assert scores == sorted(scores, reverse=True)
    assert found[0].costs[0] == n_macs(found[0].architecture)


def test_nothing_is_proposed_where_nothing_fits(annealed: AnnealedGenerator) -> None:
    assert not list(annealed.best((1.0, 1e12)))


def test_the_front_rises_in_cost_and_score(annealed: AnnealedGenerator) -> None:
    front = annealed.front()
    assert len(front) > 5
    assert (np.diff([c.costs[0] for c in front]) > 0).all()
    assert (np.diff([c.score for c in front]) > 0).all()
    assert front[0].costs[0] == annealed.cheapest(0).costs[0]


def test_blocks_that_are_not_allowed_are_not_annealed_into(annealed: AnnealedGenerator) -> None:
    expected = annealed._expected
    limited = AnnealedGenerator(
        SPACE,
        expected,
        [lambda block: float(block.n_macs)],
        lambda block: getattr(block, "kernel_size", 3) != 5,
        seed=0,
    )
    found = list(limited.best((float("inf"),)))
    assert found and not any("k5e6" in c.architecture.choices for c in found)


def test_it_prices_as_the_exact_generator_does(annealed: AnnealedGenerator) -> None:
    scores = {d.name: dict.fromkeys(d.options, 0.0) for d in SPACE.decisions}
    prices = [lambda block: float(block.n_macs), lambda block: float(block.n_parameters)]
    architecture = Architecture(("k3e3",) * 8)
    exact, mine = (
        Generator(SPACE, scores, prices).priced(architecture),
        annealed.priced(architecture),
    )
    assert exact is not None and mine is not None and exact.costs == mine.costs
    assert mine.score == pytest.approx(accuracy_of(architecture), abs=0.03)
