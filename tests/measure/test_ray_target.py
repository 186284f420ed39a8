"""Devices of a Ray cluster: the same answers, side by side, and a lost machine costs a part."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwnas.device import DeviceSpec, load_device
from hwnas.errors import InvalidInputError, MeasurementError
from hwnas.measure.engine import engine_for
from hwnas.measure.target import catalog
from hwnas.profile import fill_table, wanted_by
from hwnas.progress import Progress
from hwnas.space import space_named
from tests.measure.test_command_target import BATCH, PLAN, model

SMALL = str(Path(__file__).parents[1] / "spaces" / "small.toml")
RESOURCES = {"device:fleet-cpu": 1}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head, and two machines, each with one of the devices."""
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    ray.shutdown()
    catalog._on_cluster.cache_clear()
    made = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    made.others = [made.add_node(num_cpus=1, resources=RESOURCES) for _ in range(2)]
    made.wait_for_nodes()
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def device(cluster: Any) -> DeviceSpec:  # noqa: ANN401
    known = load_device("x86-cpu")
    return replace(known, name="fleet-cpu", connection=f"ray {cluster.address}")


def test_it_answers_as_this_process_does(device: DeviceSpec) -> None:
    plain = replace(device, precision="float32")
    here = engine_for(replace(plain, connection="local")).load(model(), plain)(BATCH)
    np.testing.assert_array_equal(engine_for(plain).load(model(), plain)(BATCH), here)
    assert engine_for(plain).measure(model(), plain, PLAN).median_ms > 0


def test_a_device_that_no_machine_has_is_told(device: DeviceSpec) -> None:
    with pytest.raises(InvalidInputError, match=r"has 'device:other'.*ray start"):
        engine_for(replace(device, name="other"))


def test_a_command_that_cannot_start_is_told_as_from_here(device: DeviceSpec) -> None:
    lost = replace(device, connection=f"{device.connection} $NO_SUCH_BOARD/python")
    with pytest.raises(MeasurementError, match="NO_SUCH_BOARD/python cannot be started"):
        engine_for(lost).version()


def test_two_clusters_are_refused(device: DeviceSpec) -> None:
    with pytest.raises(InvalidInputError, match="cannot use 'auto' too"):
        engine_for(replace(device, connection="ray auto"))


def test_a_fleet_fills_one_table_though_its_first_machine_is_lost(
    cluster: Any,  # noqa: ANN401
    device: DeviceSpec,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HWNAS_TABLES", str(tmp_path / "tables"))
    engine = engine_for(device)
    assert len(engine.lanes(device)) == 2
    told: list[str] = []

    def lose_one(progress: Progress) -> None:
        told.append(progress.note)
        if progress.phase == "profile" and progress.done and len(cluster.others) == 2:
            cluster.remove_node(cluster.others.pop(0), allow_graceful=False)

    space = space_named(SMALL, input_size=8, in_channels=1, n_classes=10)
    wanted = wanted_by(space)
    table = fill_table(wanted, device, engine, lose_one)
    assert set(wanted.needed) <= set(table.rows)
    assert any("Going on with 1 others" in note for note in told)
