"""Published networks on the same images and device, to hold a search's result against."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from hwnas.block import BlockSpec
from hwnas.data import DataSet
from hwnas.measure import NETWORK_PLAN, Measurement, Provenance
from hwnas.network import build, input_shape
from hwnas.pipeline.finish import Finished, Workshop
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


def run_baselines(
    trained: Sequence[str], workshop: Workshop, work: WorkFolder, teacher_name: str = ""
) -> list[Baseline]:
    """Train the named presets as the chosen network is, and time the others untrained.

    Where a teacher taught the chosen network, it is the last, as it is.
    """
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
        baselines.append(_recalled(kept))
        work.progress("baselines", len(baselines), len(names), name)
    if workshop.teacher is not None:
        row = _deployed(teacher_name, workshop.teacher, workshop, work)
        baselines += [] if row is None else [row]
    return baselines


def _timed(name: str, blocks: Sequence[BlockSpec], workshop: Workshop) -> Baseline:
    ready = ready_blocks(blocks, workshop.device, workshop.engine)
    measurement = workshop.engine.measure(ready.content, workshop.device, NETWORK_PLAN)
    return _baseline(name, _size(blocks), measurement, {})


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
    shape = input_shape(blocks, workshop.device.batch)
    finished = unlimited.deploy(trained, shape, work.path / f"{kept_as}-rounded.pt")
    return _baseline(name, _size(blocks), finished.measurement, _accuracies(workshop, finished))


def _deployed(
    name: str, network: nn.Module, workshop: Workshop, work: WorkFolder
) -> Baseline | None:
    """A trained network as it is, by the device's recipe; why it cannot be is told, if so."""
    data, kept_as = workshop.data, "baseline-teacher"
    kept = work.recall(kept_as)
    if kept is None:
        shape = (workshop.device.batch, data.in_channels, data.input_size, data.input_size)
        unlimited = replace(workshop, budget_ms=None, max_int8_drop=None)
        try:
            size = (sum(p.numel() for p in network.parameters()), _n_macs(network, shape))
            finished = unlimited.deploy(network.cpu().eval(), shape, work.path / f"{kept_as}.pt")
        except Exception as error:  # noqa: BLE001 - a user's network, and no part of what ships
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            work.log("teacher not shown", name=name, reason=reason)
            work.progress("baselines", 1, 1, f"{name} cannot be shown beside it: {reason}")
            return None
        accuracies = _accuracies(workshop, finished)
        kept = vars(_baseline(name, size, finished.measurement, accuracies))
        work.remember(kept_as, kept)
    return _recalled(kept)


def _n_macs(network: nn.Module, shape: Sequence[int]) -> int:
    """Of one image, as torch counts them."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, *shape[1:]))
    return int(counter.get_total_flops()) // 2


def _accuracies(workshop: Workshop, finished: Finished) -> dict[str, float]:
    return {
        "float32": workshop.test_accuracy(finished.float32),
        workshop.device.precision: workshop.test_accuracy(finished.deployed.model),
    }


def _recalled(kept: Mapping[str, Any]) -> Baseline:
    return Baseline(**{**kept, "provenance": Provenance(kept["provenance"])})


def _size(blocks: Sequence[BlockSpec]) -> tuple[int, int]:
    """Parameters and multiply-accumulates."""
    return sum(b.n_parameters for b in blocks), sum(b.n_macs for b in blocks)


def _digest(name: str, blocks: Sequence[BlockSpec]) -> str:
    """A file name for a baseline, which may itself be a path to a file that changes."""
    return hashlib.sha256(f"{name} {blocks}".encode()).hexdigest()[:8]


def _baseline(
    name: str,
    size: tuple[int, int],
    measurement: Measurement,
    accuracies: Mapping[str, float],
) -> Baseline:
    return Baseline(
        name=name,
        params=size[0],
        macs=size[1],
        measured_latency_ms=measurement.median_ms,
        provenance=measurement.provenance,
        accuracy_float32=accuracies.get("float32"),
        accuracy_int8=accuracies.get("int8"),
        accuracy_float16=accuracies.get("float16"),
    )
