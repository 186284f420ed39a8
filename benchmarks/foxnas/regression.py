r"""How well the regressions predict, how many networks that takes, and what annealing finds.

    python benchmarks/foxnas/regression.py TABLES --out benchmarks/foxnas/regression.json

TABLES holds ``foxnas_cpu256_acc_latency.csv`` and ``nas-bench-macro_cifar10.json``. No time
enters, but for the seconds told.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from published import Published, read_published

from hwnas.latency import PricedSpace
from hwnas.regression import ArchitectureRegression, Kind, regression_quality
from hwnas.search import Landscape, anneal
from hwnas.search.sampling import farthest
from hwnas.space import attributes_of
from hwnas.space.nasbench_macro import NasbenchMacroSpace
from hwnas.whole_file import write_whole

N_FOLDS, N_SPLITS, N_BUDGETS = 10, 10, 100
Rows = NDArray[np.int64]
Vector = NDArray[np.float64]


def main() -> None:
    """Run every part and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    published = read_published(arguments.tables / "foxnas_cpu256_acc_latency.csv")
    told = json.loads((arguments.tables / "nas-bench-macro_cifar10.json").read_text())
    macro = np.array([[int(digit) for digit in name] for name in told])
    accuracies = np.array([network["mean_acc"] for network in told.values()])
    document = {
        "published": list(_published(published)),
        "knapsack": list(_knapsack(published)),
        "macro": list(_macro(macro, accuracies)),
        "annealing": _annealing(macro, accuracies),
    }
    write_whole(arguments.out, json.dumps(document, indent=2) + "\n")
    print(json.dumps(document, indent=2))


def _published(known: Published) -> Iterator[dict[str, Any]]:
    """10-fold, everything chosen anew in each fold; then from fewer networks, on the rest."""
    targets: dict[Kind, Vector] = {"latency": known.latencies_ms, "accuracy": known.accuracies}
    for kind, values in targets.items():
        predicted, within = np.empty(len(values)), np.empty(len(values), dtype=bool)
        folds = np.random.default_rng(1).permutation(len(values)) % N_FOLDS
        for fold in range(N_FOLDS):
            out = folds == fold
            regression = ArchitectureRegression.of(
                known.attributes, known.rows[~out], values[~out], kind
            )
            found = regression.predict_bounds(known.rows[out])
            predicted[out] = found.values
            within[out] = (found.low <= values[out]) & (values[out] <= found.high)
        yield {"target": kind, "n": "10-fold", "within_bounds": within.mean()} | _figures(
            predicted, values
        )
        for n in (50, 75, 100, 150, 200, 250):
            figures = [_split(known, values, kind, n, seed) for seed in range(N_SPLITS)]
            yield {"target": kind, "n": n} | _means(figures)


def _split(known: Published, values: Vector, kind: Kind, n: int, seed: int) -> dict[str, float]:
    order = np.random.default_rng(seed).permutation(len(values))
    seen, unseen = order[:n], order[n:]
    regression = ArchitectureRegression.of(known.attributes, known.rows[seen], values[seen], kind)
    return _figures(regression.predict(known.rows[unseen]), values[unseen])


def _macro(rows: Rows, accuracies: Vector) -> Iterator[dict[str, Any]]:
    """From some of the 6,561 networks, drawn in two ways, on the rest."""
    attributes = attributes_of(NasbenchMacroSpace())
    sums = attributes.sums(rows)
    for plan in ("random", "filling"):
        for n in (50, 100, 150, 200, 300, 400):
            figures = []
            for seed in range(N_SPLITS):
                order = np.random.default_rng(seed).permutation(len(rows))
                seen = order[:n]
                if plan == "filling":
                    seen = order[
                        [0, *(1 + np.array(farthest(sums[order[1:]], sums[order[:1]], n - 1)))]
                    ]
                unseen = np.setdiff1d(order, seen)
                regression = ArchitectureRegression.of(
                    attributes, rows[seen], accuracies[seen], "accuracy"
                )
                predicted = regression.predict(rows[unseen])
                figures.append(_figures(predicted, accuracies[unseen]))
            yield {"plan": plan, "n": n} | _means(figures)


def _annealing(rows: Rows, accuracies: Vector) -> dict[str, Any]:
    """For how many of 100 budgets annealing finds what enumeration finds best."""
    space = NasbenchMacroSpace()
    seen = np.random.default_rng(0).permutation(len(rows))[:300]
    regression = ArchitectureRegression.of(
        attributes_of(space), rows[seen], accuracies[seen], "accuracy"
    )
    price = PricedSpace(space, lambda block: float(block.n_macs)).price
    merits, costs = regression.merit(rows), price(rows)
    limits = np.quantile(costs, np.arange(N_BUDGETS) / N_BUDGETS)
    landscape = Landscape((3,) * 8, regression.merit, lambda some: price(some)[:, None])
    starts = rows[[costs.argmin()]].repeat(N_BUDGETS, axis=0)
    started = perf_counter()
    found = anneal(landscape, limits[:, None], starts, np.random.default_rng(0))
    seconds = perf_counter() - started
    best = [merits[costs <= limit].max() for limit in limits]
    got = [float(regression.merit(some[:1])[0]) for some in found]
    over = sum(float(price(some).max()) > limit for some, limit in zip(found, limits, strict=True))
    return {
        "n_budgets": N_BUDGETS,
        "n_exact": int(sum(np.isclose(got, best))),
        "n_over_budget": int(over),
        "seconds": round(seconds, 1),
    }


def _knapsack(known: Published) -> Iterator[dict[str, Any]]:
    """On the authors' formulas, which separate by stage: annealing against the exact optimum.

    A stage has 432 settings, as in their code: depth, its first block, and one kind for the rest.
    """
    sizes = (3, 3, 4, 3, 4)  # depth, the first block's kernel and expansion, the others'
    choices = ((2, 3, 4), (3, 5, 7), (2, 3, 4, 6), (3, 5, 7), (2, 3, 4, 6))
    settings = list(product(*choices))
    tables = {
        kind: _stage_tables(known, values, kind, np.array(settings, dtype=float))
        for kind, values in (("accuracy", known.accuracies), ("latency", known.latencies_ms))
    }
    (gains, base), (costs, base_ms) = tables["accuracy"], tables["latency"]
    places = np.arange(len(STAGE_WIDTHS))

    def summed(table: Vector, rows: Rows) -> Vector:
        at = np.ravel_multi_index(np.moveaxis(rows.reshape(len(rows), -1, 5), -1, 0), sizes)
        total: Vector = table[places, at].sum(axis=1)
        return total

    landscape = Landscape(
        sizes * len(places),
        lambda rows: summed(gains, rows),
        lambda rows: summed(costs, rows)[:, None],
    )
    budgets = np.linspace(known.latencies_ms.min(), known.latencies_ms.max(), 20)
    cheapest = np.stack(np.unravel_index(costs.argmin(axis=1), sizes), axis=1).reshape(1, -1)
    start = cheapest.repeat(len(budgets), axis=0)
    limits = (budgets - base_ms)[:, None]
    fits = costs.min(axis=1).sum() <= limits[:, 0]
    started = perf_counter()
    found = anneal(landscape, limits[fits], start[fits], np.random.default_rng(0))
    seconds = perf_counter() - started
    front = _exact_front(gains, costs)
    for budget, limit, rows in zip(budgets[fits], limits[fits, 0], found, strict=True):
        exact = front[1][np.searchsorted(front[0], limit, side="right") - 1]
        got = float(landscape.objective(rows[:1])[0])
        yield {
            "budget_ms": budget,
            "exact": base + float(exact),
            "annealed": base + got,
            "seconds_of_all": round(seconds, 1),
        }


STAGE_WIDTHS = ("24", "40", "80", "112", "160")


def _stage_tables(
    known: Published, values: Vector, kind: str, settings: Vector
) -> tuple[Vector, float]:
    """``(n_stages, n_settings)`` what each adds by the authors' formula, and the constant."""
    depth, first_k, first_e, k, e = settings.T
    stages = [_formula(*stage, kind) for stage in _stages_of(known)]
    design = np.column_stack([np.ones(len(values)), *stages])
    slopes = np.linalg.lstsq(design, values, rcond=None)[0]
    terms = _formula(depth, first_k, first_e, k, e, kind)
    n = terms.shape[1]
    added = [terms @ slopes[1 + at * n : 1 + (at + 1) * n] for at in range(len(stages))]
    return np.array(added), float(slopes[0])


def _formula(
    depth: Vector, first_k: Vector, first_e: Vector, k: Vector, e: Vector, kind: str
) -> Vector:
    common = [depth, e, k, first_e, first_k]
    if kind == "latency":
        return np.column_stack([*common, depth * e, depth * k])
    total = (depth - 1) * e
    return np.column_stack([*common, total, depth * total, depth * k])


def _stages_of(known: Published) -> Iterator[tuple[Vector, Vector, Vector, Vector, Vector]]:
    sums = dict(
        zip(map(str, known.attributes.names), known.attributes.sums(known.rows).T, strict=True)
    )
    for number in range(2, 7):
        stage = f"stage{number}"
        later = sums[f"{stage} later blocks"]
        yield (
            later + 1,
            sums[f"{stage} first kernel"],
            sums[f"{stage} first expansion"],
            sums[f"{stage} later kernels"] / later,
            sums[f"{stage} later expansions"] / later,
        )


def _exact_front(gains: Vector, costs: Vector) -> tuple[Vector, Vector]:
    """Costs and the most that can be gained within each, rising; stage by stage."""
    total_cost, total_gain = np.zeros(1), np.zeros(1)
    for stage_gain, stage_cost in zip(gains, costs, strict=True):
        cost = (total_cost[:, None] + stage_cost).ravel()
        gain = (total_gain[:, None] + stage_gain).ravel()
        order = np.lexsort((-gain, cost))
        best = np.maximum.accumulate(gain[order])
        kept = np.concatenate([[True], best[1:] > best[:-1]])
        total_cost, total_gain = cost[order][kept], gain[order][kept]
    return total_cost, total_gain


def _figures(predicted: Vector, values: Vector) -> dict[str, float]:
    found = asdict(regression_quality(predicted, values))
    del found["n_networks"]
    return found | {"rmse": float(np.sqrt(np.square(predicted - values).mean()))}


def _means(figures: list[dict[str, float]]) -> dict[str, float]:
    found = {name: float(np.mean([one[name] for one in figures])) for name in figures[0]}
    return found | {"worst_tau": min(one["kendall_tau"] for one in figures)}


if __name__ == "__main__":
    main()
