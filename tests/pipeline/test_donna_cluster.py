"""A library that two machines make, though one is lost and the driver is killed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hwnas.data import load_data
from hwnas.pipeline.distilled import Distillation
from hwnas.pipeline.donna import DonnaSettings
from hwnas.pipeline.reference import donna_space
from hwnas.pipeline.tasks import InThisProcess
from hwnas.space import Architecture, space_named
from hwnas.train import FinetuneSettings
from hwnas.train.blockwise import BlockwiseSettings

TESTS = Path(__file__).parents[1]
SPACE = str(TESTS / "spaces" / "small-donna.toml")
DRIVER = """
import sys
from pathlib import Path
from hwnas.pipeline.ray_workers import OnRay
from tests.pipeline.test_donna_cluster import steps_in
steps = steps_in(Path(sys.argv[1]), OnRay(sys.argv[2]))
steps.library(steps.reference())
"""
SOME, PATIENCE_S = 4, 120.0
"""Files after which the driver is killed, and how long they may take."""
pytestmark = pytest.mark.slow


def steps_in(work: Path, workers: Any) -> Distillation:  # noqa: ANN401
    return Distillation(
        data=load_data("digits"),
        space=donna_space(space_named(SPACE, input_size=8, in_channels=1, n_classes=10)),
        settings=DonnaSettings(blockwise=BlockwiseSettings(images=512, epochs=6)),
        finetune=FinetuneSettings(epochs=1),
        seed=0,
        work=work,
        workers=workers,
        on_step=lambda *_: None,
    )


def blocks_in(cache: Path) -> dict[str, bytes]:
    files = (cache / "library").glob("[0-9a-f]*.pt")
    return {file.name: file.read_bytes() for file in files}


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two machines of one processor each."""
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    ray.shutdown()
    made = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    made.second = made.add_node(num_cpus=1)
    made.wait_for_nodes()
    yield made
    made.shutdown()


def driver(cache: Path, work: Path, address: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "HWNAS_CACHE": str(cache), "PYTHONPATH": str(TESTS.parent)}
    command = [sys.executable, "-c", DRIVER, str(work), address]
    return subprocess.Popen(command, env=environment)


def test_the_library_is_whole_and_the_same(
    cluster: Any,  # noqa: ANN401
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache, work = tmp_path / "on two machines", tmp_path / "work"
    first = driver(cache, work, cluster.address)
    deadline = time.monotonic() + PATIENCE_S
    while len(blocks_in(cache)) < SOME and time.monotonic() < deadline:
        time.sleep(0.1)
    cluster.remove_node(cluster.second, allow_graceful=False)
    first.kill()
    first.wait()
    begun = blocks_in(cache)
    assert len(begun) >= SOME
    assert driver(cache, work, cluster.address).wait() == 0

    alone = tmp_path / "alone"
    monkeypatch.setenv("HWNAS_CACHE", str(alone))
    steps = steps_in(tmp_path / "work alone", InThisProcess())
    library = steps.library(steps.reference())
    n_blocks = len(library.all_entries())
    assert len(begun) < n_blocks == len(blocks_in(alone))
    assert blocks_in(cache) == blocks_in(alone)


def test_a_library_of_one_network_holds_its_blocks_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path))
    steps = steps_in(tmp_path / "work", InThisProcess())
    chosen, other = (
        Architecture(tuple(d.options[place] for d in steps.space.decisions)) for place in (0, -1)
    )
    library = steps.library(steps.reference(), [chosen])
    assert library.holds(chosen)
    assert not library.holds(other)
    assert len(blocks_in(tmp_path)) == len(library.places)
