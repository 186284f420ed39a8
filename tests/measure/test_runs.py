"""How often ONNX Runtime runs a model, on what, and what it leaves behind."""

import gc
import os
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from hwnas.agent.runtime import LEVELS
from hwnas.device import DeviceSpec
from hwnas.errors import MeasurementError
from hwnas.measure import MeasurePlan
from hwnas.measure.engine import engine_named

ENGINE = engine_named("onnxruntime")


def plan(warmup_runs: int = 1, min_runs: int = 5, max_s: float = 20.0) -> MeasurePlan:
    return MeasurePlan(
        warmup_runs=warmup_runs, warmup_s=0, min_runs=min_runs, min_s=0, max_s=max_s
    )


def model(element: int = TensorProto.FLOAT) -> bytes:
    """Reshapes its input, after an Identity that any optimization drops."""
    x = make_tensor_value_info("x", element, [1, 2, 2, 2])
    y = make_tensor_value_info("y", element, None)
    nodes = [make_node("Identity", ["x"], ["a"]), make_node("Flatten", ["a"], ["y"])]
    graph = make_graph(nodes, "g", [x], [y])
    made = make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9)
    return bytes(made.SerializeToString())


def failing_model() -> bytes:
    """Loads, but gathers beyond the end of its input when it runs."""
    x = make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])
    y = make_tensor_value_info("y", TensorProto.FLOAT, None)
    index = make_node("Cast", ["x"], ["i"], to=TensorProto.INT64)
    far = make_node("Add", ["i", "hundred"], ["far"])
    gather = make_node("Gather", ["x", "far"], ["y"])
    hundred = onnx.numpy_helper.from_array(np.array([100]), "hundred")
    graph = make_graph([index, far, gather], "g", [x], [y], [hundred])
    made = make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9)
    return bytes(made.SerializeToString())


class Spy:
    """Watches every timed and warming run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.collecting: list[bool] = []
        self.cpus: list[set[int]] = []
        run = onnxruntime.InferenceSession.run_with_iobinding

        def watched(session: Any, *arguments: Any) -> Any:  # noqa: ANN401
            self.collecting.append(gc.isenabled())
            self.cpus.append(os.sched_getaffinity(0))
            return run(session, *arguments)

        monkeypatch.setattr(onnxruntime.InferenceSession, "run_with_iobinding", watched)


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    return Spy(monkeypatch)


@pytest.mark.parametrize("min_runs", [3, 20])
def test_at_least_the_planned_runs_are_timed(simulated: DeviceSpec, min_runs: int) -> None:
    assert ENGINE.measure(model(), simulated, plan(min_runs=min_runs)).n_runs >= min_runs


def test_three_runs_are_timed_however_slow_the_model_is(simulated: DeviceSpec) -> None:
    assert ENGINE.measure(model(), simulated, plan(min_runs=50, max_s=0)).n_runs == 3


def test_warm_up_runs_are_not_timed(simulated: DeviceSpec, spy: Spy) -> None:
    found = ENGINE.measure(model(), simulated, plan(warmup_runs=4, min_runs=6))
    assert found.n_runs == 6 and len(spy.collecting) == 10


def test_no_garbage_is_collected_meanwhile(simulated: DeviceSpec, spy: Spy) -> None:
    ENGINE.measure(model(), simulated, plan(warmup_runs=2, min_runs=3))
    assert spy.collecting == [False] * 5
    assert gc.isenabled()


def test_garbage_collection_that_was_off_stays_off(simulated: DeviceSpec) -> None:
    gc.disable()
    try:
        ENGINE.measure(model(), simulated, plan())
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_one_thread_is_kept_on_one_processor(simulated: DeviceSpec, spy: Spy) -> None:
    ENGINE.measure(model(), simulated, plan())
    assert {len(cpus) for cpus in spy.cpus} == {1}


@pytest.fixture
def moves(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Where this thread is put, on a machine of four processors."""
    moves: list[list[int]] = []
    monkeypatch.setattr("hwnas.agent.machine.allowed_cpus", lambda: [0, 1, 2, 3])
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, cpus: moves.append(cpus))
    return moves


@pytest.mark.parametrize(("threads", "last"), [(1, [3]), (2, [2, 3]), (9, [0, 1, 2, 3])])
def test_threads_take_the_last_processors_and_give_all_back(
    simulated: DeviceSpec, moves: list[list[int]], threads: int, last: list[int]
) -> None:
    ENGINE.measure(model(), replace(simulated, threads=threads), plan())
    assert moves == [last, [0, 1, 2, 3]] * 2  # to load, and to time


@pytest.mark.parametrize("content", [b"garbage", failing_model()], ids=["garbage", "failing"])
def test_a_refusal_gives_the_processors_back(
    simulated: DeviceSpec, moves: list[list[int]], content: bytes
) -> None:
    with pytest.raises(MeasurementError):
        ENGINE.measure(content, simulated, plan())
    assert moves[:2] == [[3], [0, 1, 2, 3]] and moves[-1] == [0, 1, 2, 3] and gc.isenabled()


def test_a_model_that_loads_but_does_not_run_is_refused(simulated: DeviceSpec) -> None:
    with pytest.raises(MeasurementError, match="does not run") as raised:
        ENGINE.measure(failing_model(), simulated, plan())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("element", [TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT8])
def test_floats_and_bytes_are_fed(simulated: DeviceSpec, element: int) -> None:
    assert ENGINE.measure(model(element=element), simulated, plan()).n_runs == 5


@pytest.mark.parametrize("element", [TensorProto.INT64, TensorProto.DOUBLE])
def test_other_elements_are_refused_by_name(simulated: DeviceSpec, element: int) -> None:
    with pytest.raises(MeasurementError, match="Give one of float, float16, uint8"):
        ENGINE.measure(model(element=element), simulated, plan())


@pytest.mark.parametrize("level", LEVELS)
def test_a_device_chooses_how_far_its_graph_is_optimized(
    simulated: DeviceSpec, level: Literal["all", "extended", "basic", "disabled"]
) -> None:
    device = replace(simulated, optimization_level=level)
    operators = [node.op_type for node in ENGINE.optimized(model(), device).graph.node]
    assert ("Identity" in operators) == (level == "disabled")


def test_the_version_is_the_engine_s() -> None:
    assert ENGINE.version() == f"onnxruntime {onnxruntime.__version__}"
