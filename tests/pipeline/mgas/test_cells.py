"""A search by pruning of cells from end to end."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import hwnas
from hwnas.block import AddSpec, ThinSepConvSpec, UnevenConcatSpec
from hwnas.errors import NoNetworkFitsError
from hwnas.pipeline.pruned import wanted_by_pruning
from hwnas.report import SearchResult
from hwnas.space import architecture_from_json, blocks_of, space_named
from hwnas.space.prunable import prunable
from hwnas.train import SupernetSettings
from hwnas.train.mgas import MgasSettings
from tests.pipeline.mgas.conftest import SIMULATED, TESTS, Searched

SPACE = str(TESTS / "spaces" / "cells.toml")
SETTINGS = MgasSettings(most_epochs=1, batch_size=64, validation_images=100)
QUICK = {
    "space": SPACE,
    "mgas": SETTINGS,
    "supernet": SupernetSettings(epoch_images=128),
}
MOST = 12_000
pytestmark = pytest.mark.usefixtures("all_apart")


def test_what_is_left_keeps_the_target(found: SearchResult) -> None:
    assert found.pruning is not None
    assert 0.9 * MOST < found.pruning.kept_parameters <= MOST
    assert found.params == found.pruning.kept_parameters + found.pruning.n_zeros


def test_cells_have_a_topology_and_widths_of_their_own(found: SearchResult) -> None:
    document = json.loads((Path(found.out) / "architecture.json").read_text())
    space, only = architecture_from_json(document, "architecture.json")
    network = blocks_of(space, only)
    topologies = {
        frozenset(
            p.split(".", 1)[1] for p in network.positions if p.startswith(cell) and "<-" in p
        )
        for cell in ("cell1.", "cell2.", "cell3.")
    }
    assert len(topologies - {frozenset()}) > 1
    kinds = {type(block) for block in network}
    assert {AddSpec, UnevenConcatSpec, ThinSepConvSpec} <= kinds
    assert sum(block.n_parameters for block in network) == found.params


def test_the_files_are_one_network_in_two_precisions(found: SearchResult) -> None:
    images = np.random.default_rng(0).standard_normal((1, 1, 8, 8)).astype(np.float32)
    answers = []
    for name in ("model.float32.onnx", "model.int8.onnx"):
        content = (Path(found.out) / name).read_bytes()
        onnx.checker.check_model(onnx.load_model_from_string(content))
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        answers.append(session.run(None, {session.get_inputs()[0].name: images})[0])
    assert answers[0].shape == answers[1].shape == (1, 10)
    assert np.corrcoef(answers[0][0], answers[1][0])[0, 1] > 0.8


def test_its_picture_is_drawn(found: SearchResult) -> None:
    content = (Path(found.out) / "pruning.png").read_bytes()
    assert content.startswith(b"\x89PNG") and len(content) > 10_000


def test_the_run_is_exported_with_its_weights(found: SearchResult, apart: Path) -> None:
    report = hwnas.export(found.out, apart / "run.onnx", device=SIMULATED, precision="int8")
    assert report.trained


def test_a_latency_is_kept(apart: Path, searched: Searched) -> None:
    with pytest.raises(NoNetworkFitsError) as refused:
        searched(apart / "never", latency="0.001us")
    fastest_ms = float(str(refused.value).split(" and ")[-1].split(" ms")[0])
    result = searched(apart / "fast", latency=f"{3 * fastest_ms:.6f}ms")
    assert result.measured_latency_ms <= 3 * fastest_ms
    assert result.pruning is not None and "weight" not in result.pruning.left


def test_filters_alone_are_refused_where_that_saves_too_little_and_nothing_is_timed(
    apart: Path, searched: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("hwnas.pipeline.pruned.timed_table")
    with pytest.raises(NoNetworkFitsError, match="Pruning filter of space 'darts'"):
        alone = MgasSettings(granularities=("filter",), most_epochs=1)
        searched(apart / "refused", mgas=alone, max_params="1000")


def test_the_table_holds_every_block_of_the_networks_timed() -> None:
    wanted = wanted_by_pruning(
        prunable(space_named(SPACE, input_size=8, in_channels=1, n_classes=10))
    )
    assert {block for network in wanted.networks for block in network} <= set(wanted.blocks)
    assert len(wanted.networks) > 8
