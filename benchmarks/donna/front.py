r"""DONNA's front against random search of equal cost, and diverse blocks against one type.

    python benchmarks/donna/front.py fashion-mnist --out FILE.json \
        [--space benchmarks/donna/space.toml --fit 20 --seeds 0 1 2 --along 8 --random 28]

For each seed NSGA-II evolves a front on the predictor and this processor's latency table, and
``--along`` networks, evenly along it, are fine-tuned. Random search fine-tunes as many networks in
all (those, and the ``--fit`` that taught the predictor), drawn uniformly, from the same library.
Hypervolumes are of true accuracies after fine-tuning and of latencies that the table tells, in the
box that all of these networks span. The same for networks of inverted residuals alone, and, on the
predictor only, for as many random networks as NSGA-II evaluates.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from steps_of import add_options, steps_of

from hwnas.block import BlockSpec, HeadSpec, MBConvSpec, StemSpec
from hwnas.latency import PricedSpace, latency_model
from hwnas.measure.engine import engine_for
from hwnas.pipeline.arguments import device_with
from hwnas.pipeline.block_library import BlockLibrary
from hwnas.pipeline.distilled import Distillation, measures_of
from hwnas.profile import fill_table, wanted_by
from hwnas.regression.qualities import QualityRegression
from hwnas.search import EvolvedGenerator
from hwnas.search.nsga2 import DEFAULT_SETTINGS
from hwnas.search.pool import Pool
from hwnas.search.priced_graph import Allows, Price, allow_all
from hwnas.space import Architecture, all_blocks, random_architecture
from hwnas.train.reference import Reference
from hwnas.whole_file import write_whole

Values = NDArray[np.float64]
"""``(n, 2)``: minus the accuracy, and milliseconds."""


def inverted_residuals(block: BlockSpec) -> bool:
    """What MobileNetV2 and its like are made of."""
    return isinstance(block, (StemSpec, MBConvSpec, HeadSpec))


@dataclass(frozen=True)
class Study:
    """What all comparisons share."""

    steps: Distillation
    library: BlockLibrary
    reference: Reference
    learned: QualityRegression
    priced: PricedSpace
    block_ms: Price

    def evolved(self, seed: int, allows: Allows) -> EvolvedGenerator:
        """NSGA-II of these blocks."""
        return EvolvedGenerator(self.steps.space, self.learned, [self.block_ms], allows, seed=seed)

    def predicted(self, rows: NDArray[np.int64]) -> Values:
        """Of rows of options, as the predictor tells."""
        return np.column_stack([-self.learned.predict(rows), self.priced.price(rows)])

    def true(self, networks: Sequence[Architecture]) -> Values:
        """Of networks, fine-tuned."""
        accuracies = self.steps.accuracies(self.library, self.reference, networks)
        return np.column_stack([-np.array(accuracies), self.priced.price(self.rows(networks))])

    def rows(self, networks: Sequence[Architecture]) -> NDArray[np.int64]:
        """Places of their options."""
        pool = Pool(self.steps.space.decisions)
        return np.array([pool.row(network) for network in networks])


def main() -> None:
    """Profile, evolve, fine-tune, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--along", type=int, default=8)
    parser.add_argument("--random", type=int, default=28)
    arguments = parser.parse_args()
    study = _study(arguments)
    fronts = {
        name: {seed: study.evolved(seed, allows).front() for seed in arguments.seeds}
        for name, allows in {"diverse": allow_all, "mbconv": inverted_residuals}.items()
    }
    chosen = {
        name: {
            seed: [
                front[place].architecture
                for place in np.linspace(0, len(front) - 1, arguments.along).round().astype(int)
            ]
            for seed, front in of.items()
        }
        for name, of in fronts.items()
    }
    rng = np.random.default_rng(99)
    drawn = [random_architecture(study.steps.space, rng) for _ in range(arguments.random)]
    random_true = study.true(drawn)
    true = {
        name: {seed: study.true(networks) for seed, networks in of.items()}
        for name, of in chosen.items()
    }
    everything = np.concatenate([random_true, *(v for of in true.values() for v in of.values())])
    n_evaluated = DEFAULT_SETTINGS.population * DEFAULT_SETTINGS.n_generations
    sizes = [len(decision.options) for decision in study.steps.space.decisions]
    told = {}
    for seed in arguments.seeds:
        as_many = np.random.default_rng(seed).integers(sizes, size=(n_evaluated, len(sizes)))
        rows = {
            name: study.rows([c.architecture for c in of[seed]]) for name, of in fronts.items()
        }
        guessed = {name: study.predicted(of) for name, of in rows.items()}
        guessed["random"] = study.predicted(as_many)
        box = np.concatenate(list(guessed.values()))
        told[seed] = {
            "on the predictor": {name: _volume(v, box) for name, v in guessed.items()},
            "fine-tuned": {
                **{name: _volume(of[seed], everything) for name, of in true.items()},
                "random": _volume(random_true, everything),
            },
        }
    document = {
        "n_evaluated": n_evaluated,
        "n_finetuned_along": arguments.along,
        "n_finetuned_random": arguments.random,
        "seeds": told,
        "networks": {
            "random": _told(drawn, random_true),
            **{
                f"{name}-{seed}": _told(chosen[name][seed], values)
                for name, of in true.items()
                for seed, values in of.items()
            },
        },
    }
    write_whole(arguments.out, json.dumps(document, indent=2) + "\n")
    print(json.dumps(told, indent=2))


def _study(arguments: argparse.Namespace) -> Study:
    steps = steps_of(arguments)
    device = device_with("local", threads=1)
    table = fill_table(wanted_by(steps.space), device, engine_for(device), print)
    model = latency_model(table, all_blocks(steps.space))
    reference = steps.reference()
    library = steps.library(reference)
    fitted = steps.finetuned(library, reference)
    pool = Pool(steps.space.decisions)
    rows = np.array([pool.row(network) for network, _ in fitted])
    known = np.array([accuracy for _, accuracy in fitted])
    learned = QualityRegression.learn(measures_of(steps.space, library.qualities), rows, known)
    priced = PricedSpace(steps.space, model.block_ms, model.constant_ms)
    return Study(steps, library, reference, learned, priced, model.block_ms)


def _volume(values: Values, everything: Values) -> float:
    """Of the box that everything spans, the share that some network dominates."""
    from pymoo.indicators.hv import Hypervolume

    low, high = everything.min(axis=0), everything.max(axis=0)
    return float(Hypervolume(ref_point=np.ones(2))((values - low) / (high - low)))


def _told(networks: Sequence[Architecture], values: Values) -> list[dict[str, object]]:
    return [
        {"choices": str(network), "accuracy": -minus, "latency_ms": ms}
        for network, (minus, ms) in zip(networks, values.tolist(), strict=True)
    ]


if __name__ == "__main__":
    main()
