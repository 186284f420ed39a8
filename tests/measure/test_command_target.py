"""A target at the end of a command: the same answers, and a sentence for whatever goes wrong."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Timer as After

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from hwnas.agent.serve import READY
from hwnas.device import DeviceSpec, load_device
from hwnas.errors import MeasurementError
from hwnas.measure import MeasurePlan, Provenance, RoundsPlan
from hwnas.measure.engine import Engine, engine_for, engine_named
from hwnas.measure.target import HERE
from hwnas.measure.target.command import CommandTarget

PLAN = MeasurePlan(warmup_runs=1, warmup_s=0.0, min_runs=5, min_s=0.0)
LONG = MeasurePlan(warmup_runs=1, warmup_s=0.0, min_runs=3, min_s=2.0)
VISIT = RoundsPlan(warmup_runs=1, warmup_s=0.0, min_runs=3, visit_s=0.0)
DEVICE = replace(load_device("x86-cpu"), precision="float32")
BATCH = np.arange(6, dtype=np.float32).reshape(1, 6)


def model(n_nodes: int = 3) -> bytes:
    names = ["x", *(f"t{i}" for i in range(n_nodes - 1)), "y"]
    nodes = [helper.make_node("Sin", [names[i]], [names[i + 1]]) for i in range(n_nodes)]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 6]) for name in "xy"]
    graph = helper.make_graph(nodes, "chain", ends[:1], ends[1:])
    opsets = [helper.make_opsetid("", 17)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    return bytes(made.SerializeToString())


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "agent cache"


Reached = Callable[..., DeviceSpec]


@pytest.fixture
def reached(tmp_path: Path, cache: Path) -> Reached:
    """A device whose command runs some lines of shell and then this Python."""

    def make(*lines: str, timeout_s: float = 60.0) -> DeviceSpec:
        script = tmp_path / f"reach-{len(list(tmp_path.iterdir()))}.sh"
        known = f'export HWNAS_AGENT_CACHE="{cache}"'
        script.write_text("\n".join([known, *lines, f'exec "{sys.executable}" "$@"']))
        return replace(DEVICE, connection=f"sh '{script}'", timeout_s=timeout_s)

    return make


def agents(cache: Path) -> list[int]:
    """Processes that keep their models there."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"HWNAS_AGENT_CACHE={cache}".encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def kill_agents(cache: Path) -> None:
    for process in agents(cache):
        os.kill(process, signal.SIGKILL)


def test_it_answers_as_this_process_does(reached: Reached) -> None:
    device = reached()
    there, here = engine_for(device), engine_named("onnxruntime")
    assert there.version() == here.version()
    assert there.fingerprint(device) == here.fingerprint(DEVICE)
    assert there.allocated_bytes(model(), device) == here.allocated_bytes(model(), DEVICE)
    optimized = there.optimized(model(), device)
    assert [node.op_type for node in optimized.graph.node] == ["Sin"] * 3
    runner = there.load(model(), device)
    assert runner.input_shape == (1, 6)
    np.testing.assert_array_equal(runner(BATCH), here.load(model(), DEVICE)(BATCH))


def test_it_times_as_the_plan_says(reached: Reached) -> None:
    device = reached()
    engine = engine_for(device)
    assert engine.measure(model(), device, PLAN).n_runs == 5
    runs_ms = engine.timer(model(), device).visit(VISIT)
    assert runs_ms.shape == (3,) and (runs_ms > 0).all()


def test_what_others_take_is_a_share(reached: Reached) -> None:
    device = reached()
    share = engine_for(device).others_load(device)
    assert share is not None and 0 <= share <= 1


def test_an_emulator_s_times_are_called_so(reached: Reached) -> None:
    device = replace(reached(), clock="emulated")
    engine = engine_for(device)
    assert engine.provenance == Provenance.EMULATED
    assert engine.measure(model(), device, PLAN).provenance == Provenance.EMULATED


def test_a_model_is_sent_once_and_kept_by_its_content(reached: Reached, cache: Path) -> None:
    device = reached()
    engine = engine_for(device)
    for n_nodes in (3, 3, 4):
        engine.measure(model(n_nodes), device, PLAN)
    sent = {path.name: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert len(sent) == 2
    other = replace(device, timeout_s=59.0)  # a connection of its own
    engine_for(other).measure(model(), other, PLAN)
    assert {path.name: path.stat().st_mtime_ns for path in cache.iterdir()} == sent


def test_what_a_login_prints_is_passed_over(reached: Reached) -> None:
    device = reached("echo Welcome to the board", "echo no mail >&2")
    assert engine_for(device).measure(model(), device, PLAN).n_runs == 5


def test_a_refused_model_is_the_target_s_own_sentence(reached: Reached) -> None:
    device = reached()
    with pytest.raises(MeasurementError, match="refuses the model on 'x86-cpu'"):
        engine_for(device).measure(b"garbage", device, PLAN)
    assert engine_for(device).measure(model(), device, PLAN).n_runs == 5


def test_an_agent_that_was_killed_is_started_again(reached: Reached, cache: Path) -> None:
    device = reached()
    engine = engine_for(device)
    timer, runner = engine.timer(model(), device), engine.load(model(4), device)
    timer.visit(VISIT)
    kill_agents(cache)
    assert timer.visit(VISIT).shape == (3,)
    np.testing.assert_allclose(runner(BATCH), np.sin(np.sin(np.sin(np.sin(BATCH)))), rtol=1e-5)
    assert len(agents(cache)) == 1


def test_a_visit_that_was_cut_off_is_made_again(reached: Reached, cache: Path) -> None:
    device = reached()
    engine = engine_for(device)
    engine.version()
    cut = After(1.0, lambda: kill_agents(cache))
    cut.start()
    assert engine.measure(model(), device, LONG).n_runs >= 3
    cut.join()


def test_models_that_nobody_holds_are_unloaded(reached: Reached, cache: Path) -> None:
    device = reached()
    engine = engine_for(device)

    def held_bytes() -> int:
        (process,) = agents(cache)
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096

    large = _with_weights(20_000_000)
    for _ in range(3):
        engine.measure(large, device, PLAN)
    before = held_bytes()
    for _ in range(6):
        engine.measure(large, device, PLAN)
    assert held_bytes() < before + 4 * len(large)


def _with_weights(n_bytes: int) -> bytes:
    weights = onnx.numpy_helper.from_array(np.zeros((6, n_bytes // 24), np.float32), "w")
    ends = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 6]),
        helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, n_bytes // 24]),
    ]
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", ends[:1], ends[1:], [weights])
    opsets = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["echo no route to host >&2", "exit 255"], "ended with exit code 255.*no route to host"),
        (["sleep 60"], "was silent for too long"),
        (["yes", "exit 0"], "writes something else than an agent does"),
        ([f"printf '%s\\n' '{READY.decode().strip()}'", "yes"], "something else than an answer"),
        ([f"printf '%s\\n' '{READY.decode().strip()}'", "exit 3"], "ended with exit code 3"),
        (['set -- -c "import sys; sys.exit(4)"'], "ended with exit code 4"),
    ],
)
def test_a_target_that_is_none_is_said_to_be_out_of_reach(
    reached: Reached, lines: list[str], reason: str
) -> None:
    device = reached(*lines, timeout_s=3.0)
    with pytest.raises(MeasurementError, match=f"out of reach: .*{reason}"):
        engine_for(device).version()


def test_a_python_without_numpy_is_told_what_to_install() -> None:
    bare = CommandTarget(f"{sys.executable} -I -S", timeout_s=60)
    with pytest.raises(MeasurementError, match=r"has no numpy\. Install numpy and onnxruntime"):
        bare.machine_facts(1)


def test_a_target_that_takes_nothing_is_given_up_in_time(reached: Reached) -> None:
    device = reached(f"printf '%s\\n' '{READY.decode().strip()}'", "sleep 60", timeout_s=1.0)
    with pytest.raises(MeasurementError, match="out of reach: it was silent for too long"):
        engine_for(device).measure(_with_weights(2_000_000), device, PLAN)


def test_an_answer_that_is_no_agent_s_is_said(reached: Reached, tmp_path: Path) -> None:
    (tmp_path / "liar.py").write_text(
        "import struct, sys\n"
        f"sys.stdout.buffer.write({READY!r})\n"
        "while True:\n"
        "    sys.stdin.buffer.read1()\n"
        "    sys.stdout.buffer.write(struct.pack('>4sIQ', b'HWNA', 2, 0) + b'{}')\n"
        "    sys.stdout.buffer.flush()\n"
    )
    device = reached(f'exec "{sys.executable}" "{tmp_path}/liar.py"')
    with pytest.raises(MeasurementError, match="answers what an agent of hwnas does not"):
        engine_for(device).version()


def test_a_command_that_does_not_exist_is_said() -> None:
    with pytest.raises(MeasurementError, match="nobody-knows cannot be started"):
        CommandTarget("nobody-knows --port 3", 5.0).onnxruntime_version()


def test_a_target_without_the_engine_is_told_what_to_install(
    reached: Reached, tmp_path: Path
) -> None:
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "onnxruntime.py").write_text("raise ImportError('not for this board')")
    device = reached(f'export PYTHONPATH="{tmp_path / "fake"}"')
    with pytest.raises(MeasurementError, match=r"not for this board.*pip install onnxruntime"):
        engine_for(device).version()


def test_a_full_disk_there_is_said(reached: Reached) -> None:
    device = reached("ulimit -f 4")
    engine: Engine = engine_for(device)
    with pytest.raises(MeasurementError, match="cannot keep the model: File too large"):
        engine.measure(_with_weights(100_000), device, PLAN)
    assert engine.measure(model(), device, PLAN).n_runs == 5


def test_settings_reach_the_target(reached: Reached) -> None:
    device = replace(reached(), provider="NoSuchProvider")
    with pytest.raises(MeasurementError, match="no provider 'NoSuchProvider'"):
        engine_for(device).measure(model(), device, PLAN)


def test_a_device_of_another_machine_is_not_timed_on_this_one(reached: Reached) -> None:
    device = replace(reached(), machines=("riscv64", "sparc"))
    engine = engine_for(device)
    with pytest.raises(MeasurementError, match=r"is of riscv64 or sparc, and what .* reaches"):
        engine.fingerprint(device)
    with pytest.raises(MeasurementError, match=r"Reach the device"):
        engine.measure(model(), device, PLAN)


def test_here_is_this_process() -> None:
    assert engine_for(DEVICE).fingerprint(DEVICE).affinity == tuple(
        HERE.machine_facts(1)["affinity"]
    )
