"""TVM: compiled here or for a tracker's servers, tuned in a process of its own."""

import contextlib
import importlib.util
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import onnx
import psutil
import pytest

import hwnas
from hwnas.device import DeviceSpec, Precision, TvmSettings, load_device
from hwnas.errors import HwnasError, InvalidInputError, MeasurementError, UnknownNameError
from hwnas.measure import BLOCK_ROUNDS, NETWORK_PLAN, Provenance
from hwnas.measure.engine import engine_for
from hwnas.measure.engine.tvm import compile as tvm_compile
from hwnas.profile import Wanted, fill_table, ready_blocks
from hwnas.progress import Progress
from hwnas.space import all_blocks, blocks_of, random_architecture, space_named
from hwnas.table import read_table
from hwnas.table.store import speed_settings
from hwnas.train import FinetuneSettings, SupernetSettings
from hwnas.verify import difference_from_processor

HERE = replace(load_device("x86-cpu"), engine="tvm", precision="float32")
SPACE = Path(__file__).parents[1] / "spaces" / "small.toml"
ARM = Path("~/.cache/hwnas/arm-cpu-qemu").expanduser()
FEW = replace(BLOCK_ROUNDS, min_rounds=2, max_rounds=2, visit_s=0.0)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tvm") is None, reason="needs apache-tvm (hwnas[tvm])"
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path / "cache"))


def network(device: DeviceSpec) -> bytes:
    space = space_named(str(SPACE), input_size=16, in_channels=3, n_classes=10)
    architecture = random_architecture(space, np.random.default_rng(5))
    return ready_blocks(blocks_of(space, architecture).blocks, device, engine_for(device)).content


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_network_answers_as_the_processor_and_is_timed(precision: Precision) -> None:
    device = replace(HERE, precision=precision)
    engine, model = engine_for(device), network(device)
    difference = difference_from_processor(model, device, engine)
    assert difference is not None and difference < (1e-4 if precision == "float32" else 0.05)
    runs_ms = engine.timer(model, device).visit(BLOCK_ROUNDS)
    assert len(runs_ms) >= BLOCK_ROUNDS.min_runs and (runs_ms > 0).all()
    assert engine.provenance is Provenance.MEASURED


def test_what_tvm_computes_in_float_of_a_quantized_model_is_said() -> None:
    device = replace(HERE, precision="int8")
    space = space_named("mobilenet", input_size=32, in_channels=3, n_classes=10)
    ready = ready_blocks([all_blocks(space)[0]], device, engine_for(device))
    assert any(left.startswith("Conv") for left in ready.left_in_float)


def test_tuned_and_untuned_are_told_apart() -> None:
    tuned = replace(HERE, tvm=TvmSettings(tuning_s=30))
    assert engine_for(HERE).version().endswith("untuned")
    assert engine_for(tuned).version().endswith("tuned up to 30 s a model")
    assert speed_settings(HERE) != speed_settings(tuned)
    x86 = load_device("x86-cpu")
    assert speed_settings(x86) == speed_settings(replace(x86, tvm=TvmSettings(tuning_s=30)))


def test_a_target_that_tvm_does_not_know_is_refused() -> None:
    wrong = replace(HERE, tvm=TvmSettings(kind="cuda", arch="sm_70"))
    with pytest.raises(MeasurementError):
        engine_for(wrong).measure(network(HERE), wrong, NETWORK_PLAN)


def test_a_device_of_another_machine_is_refused() -> None:
    board = replace(load_device("arm-cpu"), engine="tvm")
    with pytest.raises(MeasurementError, match="is of aarch64 or arm64"):
        engine_for(board).fingerprint(board)


def test_a_processor_that_llvm_does_not_know_is_refused() -> None:
    wrong = replace(HERE, tvm=TvmSettings(mcpu="znver99"))
    with pytest.raises(UnknownNameError, match=r"\[tvm\] mcpu 'znver99'.*znver"):
        engine_for(wrong).measure(network(HERE), wrong, NETWORK_PLAN)


def test_a_tracker_out_of_reach_costs_no_tuning() -> None:
    device = replace(
        HERE,
        connection=f"tracker 127.0.0.1:{free_port()} board",
        tvm=TvmSettings(tuning_s=1000),
    )
    with pytest.raises(MeasurementError, match="is out of reach"):
        engine_for(device).timer(network(HERE), device)


def test_without_tvm_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tvm", None)
    with pytest.raises(MeasurementError, match=r"pip install 'hwnas\[tvm\]'"):
        tvm_compile.tvm_module()


@pytest.mark.parametrize("connection", ["ssh pi@board python3", "tracker board raspberry"])
def test_what_is_no_tracker_is_refused(connection: str) -> None:
    with pytest.raises(InvalidInputError, match="tracker HOST:PORT KEY"):
        engine_for(replace(HERE, connection=connection))


def test_another_engine_cannot_use_a_tracker() -> None:
    device = replace(HERE, engine="onnxruntime", connection="tracker board:9190 raspberry")
    with pytest.raises(InvalidInputError, match="Add --engine tvm"):
        engine_for(device)


def test_a_tracker_out_of_reach_is_a_sentence() -> None:
    device = replace(HERE, connection=f"tracker 127.0.0.1:{free_port()} board")
    with pytest.raises(MeasurementError, match="is out of reach"):
        engine_for(device).lanes(device)


@pytest.mark.slow
def test_tuning_is_kept_and_never_makes_a_network_wrong(tmp_path: Path) -> None:
    space = space_named("mobilenet", input_size=32, in_channels=3, n_classes=10)
    block = max(all_blocks(space), key=lambda b: b.n_macs)
    device = replace(HERE, tvm=TvmSettings(tuning_s=45))
    engine = engine_for(device)
    model = ready_blocks([block], device, engine).content
    engine.timer(model, device)
    (records,) = (tmp_path / "cache" / "tvm").glob("*/database_tuning_record.json")
    n_records = len(records.read_text().splitlines())
    assert n_records >= 16
    difference = difference_from_processor(model, device, engine)
    assert difference is not None and difference < 1e-4
    assert len(records.read_text().splitlines()) == n_records  # its time is spent


def test_a_tuner_that_dies_takes_nothing_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one here names a function and is killed by a signal, as a segmentation fault would."""
    script = tmp_path / "python"
    script.write_text(
        '#!/bin/sh\nfolder=$(sed \'s/.*"database": "\\([^"]*\\)".*/\\1/\' "$3")\n'
        'echo "died" >> "$folder/starts"\necho "a$(wc -l < $folder/starts)" > "$folder/tuning"\n'
        "kill -SEGV $$\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    device = replace(HERE, tvm=TvmSettings(tuning_s=100))
    model = network(HERE)
    assert (engine_for(device).timer(model, device).visit(FEW) > 0).all()
    (starts,) = (tmp_path / "cache" / "tvm").glob("*/starts")
    assert len(starts.read_text().splitlines()) == 5
    problems: list[str] = []
    engine_for(device).prepare([model], device, lambda _, problem: problems.append(problem))
    assert "failed at a6, a7" in problems[0] and "stay untuned" in problems[0]
    (folder,) = (tmp_path / "cache" / "tvm").iterdir()
    assert not (folder / "done.json").exists()  # it is tried again


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def tracker(tmp_path: Path) -> Iterator[tuple[str, Start]]:
    """A connection to a tracker on loopback, and what starts a server for it."""
    port, key = free_port(), "board"
    started = []

    def start(*words: object) -> "subprocess.Popen[bytes]":
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", *map(str, words)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd=tmp_path,
            )
        )
        return started[-1]

    start("tvm.exec.rpc_tracker", "--host=127.0.0.1", f"--port={port}", f"--port-end={port + 1}")
    wait_for(lambda: can_connect(port))

    def serve() -> "subprocess.Popen[bytes]":
        own = free_port()
        ports = (f"--port={own}", f"--port-end={own + 1}")
        at = ("--host=127.0.0.1", f"--tracker=127.0.0.1:{port}", f"--key={key}")
        return start("tvm.exec.rpc_server", *at, *ports)

    yield f"tracker 127.0.0.1:{port} {key}", serve
    for process in started:
        stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """With the workers of a server, which have sessions of their own."""
    if process.poll() is None:
        for worker in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()
        process.kill()
    process.wait()


def can_connect(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.2)


def n_lanes(device: DeviceSpec) -> int:
    try:
        return len(engine_for(device).lanes(device))
    except HwnasError:
        return 0


def test_a_key_that_no_server_has_is_named(tracker: tuple[str, Start]) -> None:
    connection, start = tracker
    start()
    device = replace(HERE, connection=connection)
    wait_for(lambda: n_lanes(device) == 1)
    other = replace(device, connection=connection.replace("board", "phone"))
    with pytest.raises(MeasurementError, match="no server of key 'phone', only board"):
        engine_for(other).lanes(other)


@pytest.mark.slow
def test_two_servers_measure_side_by_side_and_one_that_is_killed_loses_nothing(
    tracker: tuple[str, Start], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWNAS_TABLES", str(tmp_path / "tables"))
    connection, start = tracker
    first, _ = start(), start()
    device = replace(HERE, connection=connection)
    wait_for(lambda: n_lanes(device) == 2)
    space = space_named("nasbench201", input_size=16, in_channels=3, n_classes=10)
    wanted = Wanted("cells", all_blocks(space))
    notes: list[str] = []
    loaded: list[int] = []

    def watch(progress: Progress) -> None:
        notes.append(progress.note)
        if progress.phase == "profile" and progress.done:
            loaded.append(progress.done)
            if len(loaded) == 3:
                stop(first)

    table = fill_table(wanted, device, engine_for(device), watch, FEW)
    assert not table.missing(wanted.needed)
    assert any("Going on with 1 others" in note for note in notes)
    assert table.header.fingerprint.cpu == "servers of key board"
    (path,) = (tmp_path / "tables").glob("*.jsonl")
    assert read_table(path).rows == table.rows


@pytest.mark.slow
@pytest.mark.alone
def test_the_main_job_through_tvm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # compiling one takes seconds
    monkeypatch.setattr(import_module("hwnas.profile.wanted"), "N_NETWORKS", 6)
    found = hwnas.search(
        "50ms",
        device="x86-cpu",
        engine="tvm",
        precision="float32",
        space=str(SPACE),
        supernet=SupernetSettings(epoch_images=64, batch_size=64, warmup_epochs=0),
        finetune=FinetuneSettings(epochs=2),
        out=tmp_path / "run",
    )
    assert found.engine.startswith("tvm 0.27") and found.provenance == "measured"
    model = tmp_path / "run" / "model.float32.onnx"
    report = hwnas.verify(model, "50ms", device="x86-cpu", engine="tvm", data="digits")
    assert report.kept and report.difference is not None
    onnx.checker.check_model(onnx.load(model))


@pytest.mark.slow
@pytest.mark.skipif(
    not (ARM / "tvm-server").is_file() or shutil.which("aarch64-linux-gnu-g++") is None,
    reason="needs devices/setup-arm-cpu-qemu.sh and g++-aarch64-linux-gnu",
)
def test_a_model_cross_compiled_for_an_emulated_arm_answers_as_here(
    tracker: tuple[str, Start],
) -> None:
    connection, _ = tracker
    address = connection.split()[1]
    server = subprocess.Popen(
        [ARM / "tvm-server", address, "arm"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        board = load_device("arm-cpu-tvm")
        device = replace(
            board,
            connection=f"tracker {address} arm",
            clock="emulated",
            tvm=replace(board.tvm, tuning_s=0.0),
        )
        wait_for(lambda: n_lanes(device) == 1)
        engine, model = engine_for(device), network(device)
        difference = difference_from_processor(model, device, engine)
        assert difference is not None and difference < 1e-4
        assert engine.provenance is Provenance.EMULATED
        assert engine.fingerprint(device).machine == "aarch64"
        assert (engine.timer(model, device).visit(FEW) > 0).all()
    finally:
        stop(server)


def test_a_cross_compiler_that_is_missing_is_named(
    tracker: tuple[str, Start], tmp_path: Path
) -> None:
    connection, start = tracker
    start()
    settings = TvmSettings(mtriple="aarch64-linux-gnu", cross_compiler="no-such-compiler")
    device = replace(HERE, connection=connection, tvm=settings)
    wait_for(lambda: n_lanes(device) == 1)
    with pytest.raises(MeasurementError, match="cannot be linked by no-such-compiler"):
        engine_for(device).timer(network(HERE), device)


def test_a_model_across_answers_as_here(tracker: tuple[str, Start]) -> None:
    connection, start = tracker
    start()
    device = replace(HERE, connection=connection)
    wait_for(lambda: n_lanes(device) == 1)
    engine, model = engine_for(device), network(HERE)
    difference = difference_from_processor(model, device, engine)
    assert difference is not None and difference < 1e-4
    assert (engine.timer(model, device).visit(FEW) > 0).all()
    assert engine.others_load(device) is None
