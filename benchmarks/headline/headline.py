r"""Published networks against those that searches found: int8 accuracy and latency, side by side.

    python benchmarks/headline/headline.py fashion-mnist --found FOXNAS_RUN DDPNAS_RUN \
        --out FOLDER [--epochs 1 --seeds 0 1 2]

FOXNAS_RUN and DDPNAS_RUN are folders of ``hwnas search``. From the front of each are taken the
networks with the best score within each baseline's latency over the ratio that the paper claims,
beside those that earlier runs found.
All are trained from fresh weights by the same recipe for as many epochs, exported, quantized and
tested on the test images; and all are built and timed in turn with each other, in one sitting.
FOLDER keeps what was found and every training, so that further seeds and strategies take no search
again: the networks are those that lie there, and those of the runs named.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from headline_picture import draw

from hwnas.block import BlockSpec
from hwnas.data import load_data
from hwnas.device import DeviceSpec
from hwnas.measure import NETWORK_ROUNDS, time_in_rounds
from hwnas.measure.engine import Engine, engine_for
from hwnas.network import build, input_shape
from hwnas.pipeline.arguments import device_with
from hwnas.pipeline.exploration import kept_run
from hwnas.pipeline.finish import Workshop
from hwnas.profile import BlockMaker, wanted_by
from hwnas.space import (
    Architecture,
    architecture_from_json,
    architecture_to_json,
    blocks_of,
    only_architecture,
    space_named,
)
from hwnas.train import FinetuneSettings
from hwnas.whole_file import write_whole

MOBILENETV2, EFFICIENTNET_LITE0 = "mobilenetv2", "efficientnet-lite0"
CLAIMS = {MOBILENETV2: 2.4, EFFICIENTNET_LITE0: 1.35}
"""Times that the network found is to be faster at equal int8 accuracy."""
WIDTHS = ("@0.25", "@0.5", "")
BATCH_SIZE, LEARNING_RATE = 32, 0.05
FOUND = "found.json"


@dataclass(frozen=True)
class Contestant:
    """A network by name, and the strategy that found it or the family it belongs to."""

    name: str
    family: str
    blocks: Sequence[BlockSpec]
    choices: str = ""


def main() -> None:
    """Train what is not trained yet, time everything once, and write figures and picture."""
    arguments = _arguments()
    device = device_with("local", threads=1)
    engine = engine_for(device)
    baselines = _baselines(arguments.data)
    out: Path = arguments.out
    if arguments.found:
        baselines_ms = _timed(baselines, device, engine)
        chosen = _kept(out)
        for run in arguments.found:
            _add(chosen, run, baselines_ms)
        write_whole(out / FOUND, json.dumps(chosen, indent=2) + "\n")
    found = [_contestant(one) for one in _kept(out)]
    contestants = [*baselines, *found]
    print("\n".join(f"{one.name} {one.choices}" for one in contestants), flush=True)
    for seed in arguments.seeds:
        for one in contestants:
            if arguments.only and one.name not in arguments.only:
                continue
            file = out / f"{one.name}-{seed}.json"
            if not file.is_file():
                _train(one, seed, arguments, device, engine)
    known = {one.name: _accuracies(out, one.name) for one in contestants}
    trained = [one for one in contestants if known[one.name]["int8"]]
    measured = _timed(trained, device, engine)
    networks = [
        {
            "name": one.name,
            "family": one.family,
            "choices": one.choices,
            "macs": sum(block.n_macs for block in one.blocks),
            "ms": measured[one.name],
            **known[one.name],
        }
        for one in trained
    ]
    document = {
        "data": Path(arguments.data).name,
        "device": engine.fingerprint(device).cpu,
        "epochs": arguments.epochs,
        "batch_size": BATCH_SIZE,
        "learning_rate": LEARNING_RATE,
        "comparisons": _comparisons(networks),
        "networks": networks,
    }
    write_whole(out / "headline.json", json.dumps(document, indent=2) + "\n")
    draw(document, out / "headline.png")
    print(json.dumps(document["comparisons"], indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data")
    parser.add_argument("--found", type=Path, nargs="+", default=[], help="run folders")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], help="train these alone, by name")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    return parser.parse_args()


def _baselines(data: str) -> list[Contestant]:
    images = load_data(data)
    shape = {
        "input_size": images.input_size,
        "in_channels": images.in_channels,
        "n_classes": images.n_classes,
    }
    spaces = [space_named(f + w, **shape) for f in CLAIMS for w in WIDTHS]
    return [
        Contestant(s.name, s.name.partition("@")[0], blocks_of(s, only_architecture(s)))
        for s in spaces
    ]


def _add(chosen: list[dict[str, Any]], run: Path, baselines_ms: dict[str, float]) -> None:
    """The best of a run's front within each latency that the claims lead to, each once."""
    space = kept_run(run).exploration.origin.space
    result = json.loads((run / "result.json").read_text())
    strategy = result["strategy"]
    wanted = sorted(ms / CLAIMS[name.partition("@")[0]] for name, ms in baselines_ms.items())
    for budget in wanted:
        within = [p for p in result["front"] if p["corrected_latency_ms"] <= budget]
        if not within:
            continue
        best = max(within, key=lambda point: float(point["score"]))
        choices = Architecture(tuple(best["choices"].split(",")))
        architecture = architecture_to_json(space, choices)
        if architecture in [one["architecture"] for one in chosen]:
            continue
        number = 1 + sum(one["family"] == strategy for one in chosen)
        name = f"{strategy}-{number}"
        chosen.append({"name": name, "family": strategy, "architecture": architecture})


def _kept(out: Path) -> list[dict[str, Any]]:
    """What was found before."""
    file = out / FOUND
    kept: list[dict[str, Any]] = json.loads(file.read_text()) if file.is_file() else []
    return kept


def _contestant(found: dict[str, Any]) -> Contestant:
    space, architecture = architecture_from_json(found["architecture"], FOUND)
    blocks = blocks_of(space, architecture)
    return Contestant(found["name"], found["family"], blocks, str(architecture))


def _train(
    one: Contestant, seed: int, arguments: argparse.Namespace, device: DeviceSpec, engine: Engine
) -> None:
    """From fresh weights to a tested int8 file."""
    out: Path = arguments.out
    recipe = FinetuneSettings(
        epochs=arguments.epochs, batch_size=BATCH_SIZE, learning_rate=LEARNING_RATE
    )
    data = load_data(arguments.data, input_size=one.blocks[0].input_size)
    workshop = Workshop(data=data, device=device, engine=engine, settings=recipe, seed=seed)
    checkpoint = out / f"{one.name}-{seed}.pt"
    trained = workshop.train(build(one.blocks, seed), checkpoint, lambda *_: None)
    shape = input_shape(one.blocks, device.batch)
    finished = workshop.deploy(trained, shape, out / f"{one.name}-{seed}-rounded.pt")
    accuracies = {
        "float32": 100 * workshop.test_accuracy(finished.float32),
        "int8": 100 * workshop.test_accuracy(finished.deployed.model),
        "calibration": finished.recipe.calibration,
    }
    write_whole(out / f"{one.name}-{seed}.json", json.dumps(accuracies) + "\n")
    checkpoint.unlink(missing_ok=True)
    print(one.name, seed, accuracies, f"{finished.measurement.median_ms:.4f} ms", flush=True)


def _accuracies(out: Path, name: str) -> dict[str, Any]:
    kept = [json.loads(file.read_text()) for file in sorted(out.glob(f"{name}-[0-9].json"))]
    return {p: [one[p] for one in kept] for p in ("float32", "int8")}


def _timed(
    contestants: Sequence[Contestant], device: DeviceSpec, engine: Engine
) -> dict[str, float]:
    """Medians in milliseconds, all built, and visited in turn until they settle."""
    maker = BlockMaker(device, engine)
    space = space_named("mobilenet", input_size=28, in_channels=1, n_classes=10)
    found = time_in_rounds(
        {one.name: engine.timer(maker.make(one.blocks), device) for one in contestants},
        engine.timer(maker.make([wanted_by(space).reference]), device),
        NETWORK_ROUNDS,
        known={},
        on_visit=lambda *_: None,
        on_round=lambda done: print(f"{done.n_settled} of {done.n_models} settled", flush=True),
    )
    return {name: one.median_ms for name, one in found.items()}


def _comparisons(networks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each baseline beside the fastest network found that is as accurate, on the mean of seeds.

    Networks that fewer seeds have trained than baselines are drawn, and not compared.
    """
    n_seeds = max(len(one["int8"]) for one in networks if one["family"] in CLAIMS)
    found = [
        one for one in networks if one["family"] not in CLAIMS and len(one["int8"]) >= n_seeds
    ]
    told = []
    for base in (one for one in networks if one["family"] in CLAIMS):
        accuracy = float(np.mean(base["int8"]))
        as_good = [one for one in found if np.mean(one["int8"]) >= accuracy]
        row = {"baseline": base["name"], "int8": round(accuracy, 2), "ms": round(base["ms"], 4)}
        if as_good:
            fastest = min(as_good, key=lambda one: float(one["ms"]))
            row |= {
                "found": fastest["name"],
                "found_int8": round(float(np.mean(fastest["int8"])), 2),
                "found_ms": round(fastest["ms"], 4),
                "times_faster": round(base["ms"] / fastest["ms"], 2),
            }
        told.append(row | {"claimed": CLAIMS[base["family"]], "n_seeds": len(base["int8"])})
    return told


if __name__ == "__main__":
    main()
