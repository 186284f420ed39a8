r"""How well qualities of blocks distilled alone predict whole networks after fine-tuning.

    python benchmarks/donna/predictor.py fashion-mnist --out FILE.json \
        [--space benchmarks/donna/space.toml --fit 20 --unseen 24 --again 1 --ray local]

The library, the fine-tuned networks and the reference lie in ``$HWNAS_CACHE``; what is there is
not made again. The predictor learns from ``--fit`` networks that span the library's qualities,
and is held against others, half of which span them too and half are drawn uniformly. Then each
type of block is left out in turn: learned from networks without it, held against those with it.
Multiply-accumulates and parameters are what must be beaten. With ``--again`` the unseen ones are
fine-tuned by other seeds too: how well two trainings agree on their order is the most that any
predictor can be expected to reach, and their mean is nearer to the truth.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from steps_of import add_options, steps_of

from hwnas.pipeline.distilled import measures_of, merits_of
from hwnas.regression import kendall_tau
from hwnas.regression.qualities import FEWEST, Measures, QualityRegression
from hwnas.search.pool import Pool
from hwnas.search.spanning import spanning
from hwnas.space import Architecture, blocks_of, random_architecture
from hwnas.space.donna import DonnaSpace
from hwnas.whole_file import write_whole

UNSEEN_SEED = 4242
ALIKE = 0.15
"""Jitter of the unseen networks that span the qualities: their accuracies are to spread."""
Vector = NDArray[np.float64]


def main() -> None:
    """Distil, fine-tune, learn and hold against the truth."""
    arguments = _arguments()
    steps = steps_of(arguments)
    space = steps.space
    reference = steps.reference()
    library = steps.library(reference)
    fitted = steps.finetuned(library, reference)
    unseen = _unseen(space, merits_of(space, library.qualities), arguments.unseen)
    accuracies = steps.accuracies(library, reference, unseen)
    networks = [*(network for network, _ in fitted), *unseen]
    known = np.array([*(accuracy for _, accuracy in fitted), *accuracies])
    rows = np.array([Pool(space.decisions).row(network) for network in networks])
    measures, n = measures_of(space, library.qualities), len(fitted)
    learned = QualityRegression.learn(measures, rows[:n], known[:n])
    types = np.array([[option.split("-")[0] for option in one.choices] for one in networks])
    others = [
        np.array(replace(steps, seed=seed).accuracies(library, reference, unseen))
        for seed in arguments.again
    ]
    document = {
        "data": Path(arguments.data).name,
        "n_options": len(space.decisions[0].options),
        "fit": vars(learned.fit),
        "n_unseen": len(unseen),
        "spread_of_unseen": [float(known[n:].min()), float(known[n:].max())],
        "unseen": _held(learned.predict(rows[n:]), known[n:]),
        "unseen_by_mean_of_seeds": _held(
            learned.predict(rows[n:]), np.mean([known[n:], *others], axis=0)
        ),
        "between_seeds": {
            seed: _order(other, known[n:])
            for seed, other in zip(arguments.again, others, strict=True)
        },
        "by_macs": _order(_sums(space, networks, "n_macs")[n:], known[n:]),
        "by_parameters": _order(_sums(space, networks, "n_parameters")[n:], known[n:]),
        "left_out": {
            name: _left_out(measures, rows, known, (types == name).any(axis=1))
            for name in space.types
        },
        "networks": [
            {"choices": str(network), "accuracy": float(accuracy)}
            for network, accuracy in zip(networks, known, strict=True)
        ],
    }
    write_whole(arguments.out, json.dumps(document, indent=2) + "\n")
    print(json.dumps({k: v for k, v in document.items() if k != "networks"}, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--unseen", type=int, default=24)
    parser.add_argument("--again", type=int, nargs="*", default=[])
    return parser.parse_args()


def _unseen(space: DonnaSpace, merits: Sequence[Vector], n: int) -> list[Architecture]:
    rng, pool = np.random.default_rng(UNSEEN_SEED), Pool(space.decisions)
    spread = [pool.architecture(row) for row in spanning(merits, n // 2, rng, ALIKE)]
    return [*spread, *(random_architecture(space, rng) for _ in range(n - len(spread)))]


def _order(predicted: Vector, known: Vector) -> dict[str, float]:
    """Kendall's tau, with what 9 of 10 resamples say of it."""
    rng, taus = np.random.default_rng(0), []
    for _ in range(500):
        drawn = rng.integers(len(known), size=len(known))
        taus.append(kendall_tau(predicted[drawn], known[drawn]))
    low, high = np.quantile(taus, (0.05, 0.95))
    return {
        "kendall_tau": kendall_tau(predicted, known),
        "tau_low": float(low),
        "tau_high": float(high),
    }


def _held(predicted: Vector, known: Vector) -> dict[str, float]:
    """Their order, and the mean error in points."""
    error = float(100 * np.abs(predicted - known).mean())
    return {**_order(predicted, known), "mean_error_points": error}


def _left_out(
    measures: Measures, rows: NDArray[np.int64], known: Vector, has: NDArray[np.bool_]
) -> dict[str, float]:
    if (~has).sum() < FEWEST or has.sum() < 2:
        return {"n_fit": int((~has).sum()), "n_unseen": int(has.sum())}
    learned = QualityRegression.learn(measures, rows[~has], known[~has])
    held = _held(learned.predict(rows[has]), known[has])
    return {"n_fit": int((~has).sum()), "n_unseen": int(has.sum()), **held}


def _sums(space: DonnaSpace, networks: Sequence[Architecture], what: str) -> Vector:
    sums = [sum(getattr(block, what) for block in blocks_of(space, one)) for one in networks]
    return np.array(sums, dtype=np.float64)


if __name__ == "__main__":
    main()
