"""A finished run to be explained: the networks it asked for, and what any costs on a device."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwnas.device import DeviceSpec, load_device
from hwnas.errors import InvalidInputError, RunError, UnknownNameError, reason
from hwnas.latency import PricedSpace, latency_model
from hwnas.measure.engine import engine_for
from hwnas.pipeline.arguments import device_with
from hwnas.pipeline.exploration import KeptRun, kept_run
from hwnas.pipeline.kept_table import is_table_run
from hwnas.pipeline.scores import Accuracies
from hwnas.search import DISTILLED
from hwnas.search.pool import Pool
from hwnas.space import (
    Architecture,
    Attributes,
    Space,
    all_blocks,
    architecture_from_json,
    attributes_of,
)
from hwnas.table import LatencyTable, find_table

Rows = NDArray[np.int64]
Vector = NDArray[np.float64]
SETTINGS = {"precision": str, "threads": int, "batch": int}
"""Of a device, which a run may have changed."""


@dataclass(frozen=True)
class ExplainedRun:
    """A run's networks, their accuracies in per cent, and what any network costs.

    ``lost`` are the points between accuracies in float and those in int8, if both were asked.
    """

    run: KeptRun
    space: Space
    attributes: Attributes
    rows: Rows
    accuracies: Vector
    lost: Vector | None
    chosen: Rows
    """``(1, n_decisions)`` the network that was found."""
    table: LatencyTable
    price: PricedSpace

    @property
    def never_asked(self) -> tuple[str, ...]:
        """Options that no network held."""
        return tuple(
            f"{decision.name}={option}"
            for place, decision in enumerate(self.space.decisions)
            for at, option in enumerate(decision.options)
            if not (self.rows[:, place] == at).any()
        )


def explained_run(folder: Path, device: str | None) -> ExplainedRun:
    """Read a run, with the table of its device or of another.

    Raises:
        RunError: The run holds no accuracies to learn from.
        InvalidInputError: The device is not known, or its table lacks blocks of the space.
    """
    if is_table_run(folder):
        raise RunError(
            f"{folder} searched a published table, which has no blocks to explain. Name a run "
            "that trained a supernet, such as one of --strategy foxnas."
        )
    run = kept_run(folder)
    if not run.exploration.told:
        raise RunError(
            f"{folder} asked no network for its accuracy. Search by foxnas to have choices "
            "explained."
        )
    if run.exploration.strategy in DISTILLED:
        raise RunError(
            f"{folder} holds no accuracies that can be compared: {run.exploration.strategy} "
            "learns otherwise. Search by foxnas to have choices explained."
        )
    space = run.exploration.origin.space
    target = _device(folder, device)
    table, why = find_table(target, engine_for(target).fingerprint(target))
    blocks = all_blocks(space)
    if table is None or table.missing(blocks):
        lacks = (
            f"no table{f' ({why})' * bool(why)}"
            if table is None
            else "a table without some of its blocks"
        )
        raise InvalidInputError(
            f"{target.name} has {lacks} for {space.name}. Run hwnas search --from {folder} "
            f"--device {target.name} with a budget, or hwnas profile, first."
        )
    model, pool = latency_model(table, blocks), Pool(space.decisions)
    told = run.exploration.told
    networks = [one.architecture for one in told]
    return ExplainedRun(
        run=run,
        space=space,
        attributes=attributes_of(space),
        rows=np.array([pool.row(architecture) for architecture in networks]),
        accuracies=np.array([100 * one.accuracies.deployed(target.precision) for one in told]),
        lost=_lost([one.accuracies for one in told]),
        chosen=np.array([pool.row(_chosen(folder))]),
        table=table,
        price=PricedSpace(space, model.block_ms, model.constant_ms),
    )


def _lost(told: Sequence[Accuracies]) -> Vector | None:
    lost = [100 * (one.float32 - one.int8) for one in told if one.int8 is not None]
    return np.array(lost) if len(lost) == len(told) else None


def _read(path: Path) -> Any:  # noqa: ANN401
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(
            f"Cannot read {path}: {error}. Name a run folder of hwnas search."
        ) from error


def _chosen(folder: Path) -> Architecture:
    path = folder / "architecture.json"
    return architecture_from_json(_read(path), str(path))[1]


def _device(folder: Path, device: str | None) -> DeviceSpec:
    """The run's settings on the run's device or another."""
    path = folder / "result.json"
    result = _read(path)
    try:
        settings = {name: kind(result[name]) for name, kind in SETTINGS.items()}
        name = device or str(result["device"])
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{path} does not say on which device it was searched: {reason(error)}. Search again."
        ) from error
    try:
        load_device(name)
    except UnknownNameError as error:
        if device is not None:
            raise
        raise InvalidInputError(
            f"{folder} was searched on {name}, which is no name of hwnas devices. "
            "Name its file with --device."
        ) from error
    return device_with(name, **settings)
