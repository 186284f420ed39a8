"""Published networks on the same images and device, to hold a search's result against."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hwnas.block import BlockSpec
from hwnas.data import DataSet
from hwnas.measure import NETWORK_PLAN, Measurement, Provenance
from hwnas.network import build
from hwnas.pipeline.finish import Workshop
from hwnas.pipeline.images import usable_space
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.profile import ready_blocks
from hwnas.report import Baseline
from hwnas.space import PRESETS, Network, blocks_of, only_architecture


def baseline_blocks(name: str, data: DataSet) -> Network:
    """A preset's blocks for these images.

    Raises:
        UnknownNameError: No such preset.
        InvalidInputError: It is a space of many networks.
    """
    space = usable_space(
        name,
        input_size=data.input_size,
        in_channels=data.in_channels,
        n_classes=data.n_classes,
    )
    return blocks_of(space, only_architecture(space))


def run_baselines(trained: Sequence[str], workshop: Workshop, work: WorkFolder) -> list[Baseline]:
    """Train the named presets as the chosen network is, and time the others untrained."""
    names = list(dict.fromkeys((*trained, *PRESETS)))
    baselines = []
    for name in names:
        blocks = baseline_blocks(name, workshop.data)
        kept_as = f"baseline-{_digest(name, blocks)}"
        kept = work.recall(kept_as)
        if kept is None:
            baseline = (
                _trained(name, blocks, workshop, work, kept_as)
                if name in trained
                else _timed(name, blocks, workshop)
            )
            kept = vars(baseline)
            work.remember(kept_as, kept)
        baselines.append(Baseline(**kept | {"provenance": Provenance(kept["provenance"])}))
        work.progress("baselines", len(baselines), len(names), name)
    return baselines


def _timed(name: str, blocks: Sequence[BlockSpec], workshop: Workshop) -> Baseline:
    ready = ready_blocks(blocks, workshop.device, workshop.engine)
    measurement = workshop.engine.measure(ready.content, workshop.device, NETWORK_PLAN)
    return _baseline(name, blocks, measurement, {})


def _trained(
    name: str, blocks: Sequence[BlockSpec], workshop: Workshop, work: WorkFolder, kept_as: str
) -> Baseline:
    trained = workshop.train(
        build(blocks, workshop.seed),
        work.path / f"{kept_as}.pt",
        lambda done, total, accuracy: work.progress(
            f"train {name}", done, total, f"accuracy {accuracy:.3f}"
        ),
    )
    unlimited = replace(workshop, budget_ms=None, max_int8_drop=None)
    finished = unlimited.deploy(trained, blocks, work.path / f"{kept_as}-rounded.pt")
    accuracies: dict[str, float] = {
        "float32": workshop.test_accuracy(finished.float32),
        workshop.device.precision: workshop.test_accuracy(finished.deployed.model),
    }
    return _baseline(name, blocks, finished.measurement, accuracies)


def _digest(name: str, blocks: Sequence[BlockSpec]) -> str:
    """A file name for a baseline, which may itself be a path to a file that changes."""
    return hashlib.sha256(f"{name} {blocks}".encode()).hexdigest()[:8]


def _baseline(
    name: str,
    blocks: Sequence[BlockSpec],
    measurement: Measurement,
    accuracies: Mapping[str, float],
) -> Baseline:
    return Baseline(
        name=name,
        params=sum(block.n_parameters for block in blocks),
        macs=sum(block.n_macs for block in blocks),
        measured_latency_ms=measurement.median_ms,
        provenance=measurement.provenance,
        accuracy_float32=accuracies.get("float32"),
        accuracy_int8=accuracies.get("int8"),
        accuracy_float16=accuracies.get("float16"),
    )
