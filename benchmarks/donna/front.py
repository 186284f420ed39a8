r"""DONNA's front against random search of equal cost, and diverse blocks against one type.

    python benchmarks/donna/front.py fashion-mnist --out FILE.json \
        [--space benchmarks/donna/space.toml --fit 20 --seeds 0 1 2 --along 8]

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

import numpy as np
from steps_of import add_options
from study import Values, study_of

from hwnas.block import BlockSpec, HeadSpec, MBConvSpec, StemSpec
from hwnas.search.nsga2 import DEFAULT_SETTINGS
from hwnas.search.priced_graph import Allows, allow_all
from hwnas.space import Architecture, random_architecture
from hwnas.whole_file import write_whole


def inverted_residuals(block: BlockSpec) -> bool:
    """What MobileNetV2 and its like are made of."""
    return type(block) in (
        StemSpec,
        MBConvSpec,
        HeadSpec,
    )  # fused and grouped ones are kinds of it


def main() -> None:
    """Profile, evolve, fine-tune, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--along", type=int, default=8)
    arguments = parser.parse_args()
    study = study_of(arguments)
    kinds: dict[str, Allows] = {"diverse": allow_all, "mbconv": inverted_residuals}
    fronts = {
        name: {seed: study.evolved(seed, allows).front() for seed in arguments.seeds}
        for name, allows in kinds.items()
    }
    chosen = {
        name: {seed: study.along(seed, arguments.along, allows) for seed in arguments.seeds}
        for name, allows in kinds.items()
    }
    rng, n_random = np.random.default_rng(99), arguments.fit + arguments.along
    drawn = [random_architecture(study.steps.space, rng) for _ in range(n_random)]
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
        "n_finetuned_random": n_random,
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
