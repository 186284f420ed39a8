"""How fast a supernet is trained: what is counted, logged and said."""

import json
from pathlib import Path

import pytest

from hwnas.pipeline.supernet import clocked, images_per_second
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.progress import silent


@pytest.fixture
def work(tmp_path: Path) -> WorkFolder:
    return WorkFolder(tmp_path / "run", "key", silent)


def test_an_epoch_is_logged_with_the_images_that_networks_saw(work: WorkFolder) -> None:
    said = clocked(lambda: 640, work)
    (epoch,) = map(json.loads, (work.path / "log.jsonl").read_text().splitlines())
    assert (epoch["event"], epoch["images"]) == ("epoch", 640)
    assert said == f"{640 / epoch['seconds']:,.0f} images/s"


def test_the_speed_is_that_of_all_epochs_together(work: WorkFolder) -> None:
    work.log("epoch", images=300, seconds=1.0)
    work.log("phase", name="train", seconds=100.0)
    work.log("epoch", images=300, seconds=5.0)
    assert images_per_second(work) == 100


def test_no_epoch_has_no_speed(work: WorkFolder) -> None:
    work.log("phase", name="score", seconds=1.0)
    assert images_per_second(work) is None
