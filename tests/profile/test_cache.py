"""A block is built once, whatever asks for it."""

import os
from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from hwnas.block import DispatchSpec, MBConvSpec
from hwnas.device import DeviceSpec, load_device
from hwnas.measure.engine import engine_named
from hwnas.profile import BlockMaker
from hwnas.profile.cache import KEPT_S

ENGINE = engine_named("onnxruntime")
MBCONV = MBConvSpec(
    input_size=4,
    in_channels=8,
    out_channels=8,
    kernel_size=3,
    expansion=3,
    stride=1,
    activation="relu6",
)


@pytest.fixture
def device() -> DeviceSpec:
    return load_device("x86-cpu")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path))
    return tmp_path / "blocks"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many blocks each call of the exporter was for."""
    from hwnas.profile import ready

    counts: list[int] = []
    original = ready.ready_blocks

    def counting(blocks: list[object], *rest: object) -> object:
        counts.append(len(blocks))
        return original(blocks, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ready, "ready_blocks", counting)
    return counts


def test_a_second_command_builds_nothing(device: DeviceSpec, built: list[int]) -> None:
    first = BlockMaker(device, ENGINE).make([MBCONV])
    assert BlockMaker(device, ENGINE).make([MBCONV]) == first
    assert built == [1]


def test_another_thread_count_shares_the_files(device: DeviceSpec, built: list[int]) -> None:
    BlockMaker(device, ENGINE).make([MBCONV])
    BlockMaker(replace(device, threads=2), ENGINE).make([MBCONV])
    assert built == [1]


@pytest.mark.parametrize(
    "change",
    [
        {"precision": "float32"},
        {"batch": 2},
        {"optimization_level": "basic"},
    ],
)
def test_what_changes_the_file_changes_its_name(
    device: DeviceSpec, built: list[int], change: dict[str, object]
) -> None:
    BlockMaker(device, ENGINE).make([DispatchSpec()])
    BlockMaker(replace(device, **change), ENGINE).make([DispatchSpec()])  # type: ignore[arg-type]
    assert built == [1, 1]


def test_a_network_is_put_together_from_what_is_kept(device: DeviceSpec, built: list[int]) -> None:
    BlockMaker(device, ENGINE).make([MBCONV])
    network = BlockMaker(device, ENGINE).make([MBCONV, MBCONV, MBCONV])
    assert built == [1]
    onnx.checker.check_model(onnx.load_model_from_string(network))


def test_what_nobody_asked_for_is_removed(device: DeviceSpec, folder: Path) -> None:
    BlockMaker(device, ENGINE).make([MBCONV])
    (path,) = folder.iterdir()
    long_ago = path.stat().st_mtime - 2 * KEPT_S
    os.utime(path, (long_ago, long_ago))
    BlockMaker(device, ENGINE)
    assert not path.exists()
