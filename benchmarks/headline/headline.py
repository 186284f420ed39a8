r"""Published networks against those that searches found: int8 accuracy and latency, side by side.

    python benchmarks/headline/headline.py fashion-mnist --found FOXNAS_RUN DDPNAS_RUN \
        --out FOLDER [--epochs 1 --seeds 0 1 2]

FOXNAS_RUN and DDPNAS_RUN are folders of ``hwnas search``. From the front of each are taken the
networks with the best score within each baseline's latency over the ratio that the paper claims.
All are trained from fresh weights by the same recipe for as many epochs, exported, quantized,
tested on the test images, and timed in turn with each other in one sitting. A network that was
trained by a seed is not trained again; the figures are of all seeds that lie in FOLDER.
"""

import argparse
import json
from collections.abc import Callable, Sequence
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
from hwnas.network import build
from hwnas.pipeline.arguments import device_with
from hwnas.pipeline.exploration import kept_run
from hwnas.pipeline.finish import Workshop
from hwnas.profile import BlockMaker, wanted_by
from hwnas.space import Architecture, blocks_of, only_architecture, space_named
from hwnas.train import FinetuneSettings
from hwnas.whole_file import write_whole

MOBILENETV2, EFFICIENTNET_LITE0 = "mobilenetv2", "efficientnet-lite0"
CLAIMS = {MOBILENETV2: 2.4, EFFICIENTNET_LITE0: 1.35}
"""Times that the network found is to be faster at equal int8 accuracy."""
WIDTHS = ("@0.25", "@0.5", "")
LARGEST_SHARE = 0.45
"""Of the dearest baseline's latency: networks above are left out, for their training is long."""
BATCH_SIZE, LEARNING_RATE = 32, 0.05


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
    untrained_ms = _kept(out / "untrained.json", lambda: _untrained_ms(baselines, device, engine))
    found = [one for run in arguments.found for one in _found(run, untrained_ms)]
    contestants = [*baselines, *found]
    print("\n".join(f"{one.name} {one.choices}" for one in contestants), flush=True)
    for seed in arguments.seeds:
        for one in contestants:
            file = out / f"{one.name}-{seed}.json"
            if not file.is_file():
                _train(one, seed, arguments, device, engine)
    known = {one.name: _accuracies(out, one.name) for one in contestants}
    models = {
        one.name: (out / f"{one.name}.onnx").read_bytes()
        for one in contestants
        if (out / f"{one.name}.onnx").is_file()
    }
    measured = _timed(models, device, engine)
    networks = [
        {
            "name": one.name,
            "family": one.family,
            "choices": one.choices,
            "macs": sum(block.n_macs for block in one.blocks),
            "ms": measured[one.name],
            **known[one.name],
        }
        for one in contestants
        if one.name in measured
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


def _found(run: Path, baselines_ms: dict[str, float]) -> list[Contestant]:
    """The best of a run's front within each latency that the claims lead to, each once."""
    space = kept_run(run).exploration.origin.space
    result = json.loads((run / "result.json").read_text())
    strategy = result["strategy"]
    wanted = sorted(ms / CLAIMS[name.partition("@")[0]] for name, ms in baselines_ms.items())
    most = LARGEST_SHARE * max(baselines_ms.values())
    chosen: dict[str, float] = {}
    for budget in [ms for ms in wanted if ms <= most]:
        within = [p for p in result["front"] if p["corrected_latency_ms"] <= budget]
        if within:
            best = max(within, key=lambda point: point["score"])
            chosen[best["choices"]] = best["corrected_latency_ms"]
    return [
        Contestant(
            f"{strategy}-{number}",
            strategy,
            blocks_of(space, Architecture(tuple(choices.split(",")))),
            choices,
        )
        for number, choices in enumerate(chosen, start=1)
    ]


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
    finished = workshop.deploy(trained, one.blocks, out / f"{one.name}-{seed}-rounded.pt")
    accuracies = {
        "float32": 100 * workshop.test_accuracy(finished.float32),
        "int8": 100 * workshop.test_accuracy(finished.deployed.model),
        "calibration": finished.recipe.calibration,
    }
    write_whole(out / f"{one.name}.onnx", finished.deployed.content)
    write_whole(out / f"{one.name}-{seed}.json", json.dumps(accuracies) + "\n")
    checkpoint.unlink(missing_ok=True)
    print(one.name, seed, accuracies, f"{finished.measurement.median_ms:.4f} ms", flush=True)


def _accuracies(out: Path, name: str) -> dict[str, Any]:
    kept = [json.loads(file.read_text()) for file in sorted(out.glob(f"{name}-[0-9].json"))]
    return {p: [one[p] for one in kept] for p in ("float32", "int8")}


def _untrained_ms(
    baselines: Sequence[Contestant], device: DeviceSpec, engine: Engine
) -> dict[str, float]:
    maker = BlockMaker(device, engine)
    return _timed({one.name: maker.make(one.blocks) for one in baselines}, device, engine)


def _timed(models: dict[str, bytes], device: DeviceSpec, engine: Engine) -> dict[str, float]:
    """Medians in milliseconds, all visited in turn until they settle."""
    space = space_named("mobilenet", input_size=28, in_channels=1, n_classes=10)
    reference = BlockMaker(device, engine).make([wanted_by(space).reference])
    found = time_in_rounds(
        {name: engine.timer(model, device) for name, model in models.items()},
        engine.timer(reference, device),
        NETWORK_ROUNDS,
        known={},
        on_visit=lambda *_: None,
        on_round=lambda done: print(f"{done.n_settled} of {done.n_models} settled", flush=True),
    )
    return {name: one.median_ms for name, one in found.items()}


def _kept(file: Path, make: Callable[[], dict[str, float]]) -> dict[str, float]:
    if not file.is_file():
        write_whole(file, json.dumps(make(), indent=2) + "\n")
    kept: dict[str, float] = json.loads(file.read_text())
    return kept


def _comparisons(networks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each baseline beside the fastest network found that is as accurate, on the mean of seeds."""
    found = [one for one in networks if one["family"] not in CLAIMS]
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
