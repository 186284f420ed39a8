"""The clock made of arithmetic: a call, its products, and their multiply-accumulates."""

from dataclasses import replace

import pytest

from hwnas.block import BlockSpec, ConvSpec, DispatchSpec, HeadSpec, MBConvSpec
from hwnas.device import DeviceSpec, Precision
from hwnas.errors import MeasurementError, UnknownNameError
from hwnas.measure import NETWORK_PLAN, MeasurePlan, Provenance
from hwnas.measure.engine import engine_named
from hwnas.measure.engine.simulated import CALL_MS, NODE_MS
from hwnas.profile import ready_blocks

ENGINE = engine_named("simulated")
CONV = ConvSpec(
    input_size=8, in_channels=8, out_channels=16, kernel_size=3, stride=2, activation="relu"
)
MBCONV = MBConvSpec(
    input_size=8,
    in_channels=8,
    out_channels=8,
    kernel_size=5,
    expansion=3,
    stride=1,
    activation="relu6",
)
HEAD = HeadSpec(input_size=4, in_channels=8, hidden_channels=16, n_classes=5, activation="relu6")
N_PRODUCTS: dict[BlockSpec, int] = {DispatchSpec(): 0, CONV: 1, HEAD: 2, MBCONV: 3}


def latency_ms(block: BlockSpec, device: DeviceSpec) -> float:
    model = ready_blocks([block], device, ENGINE).content
    return ENGINE.measure(model, device, NETWORK_PLAN).median_ms


@pytest.mark.parametrize("block", N_PRODUCTS, ids=lambda block: str(block.kind))
@pytest.mark.parametrize(("precision", "macs_per_ms"), [("int8", 20e6), ("float32", 10e6)])
def test_a_latency_is_what_the_formula_says(
    simulated: DeviceSpec, block: BlockSpec, precision: Precision, macs_per_ms: float
) -> None:
    expected = CALL_MS + NODE_MS * N_PRODUCTS[block] + block.n_macs / macs_per_ms
    found = latency_ms(block, replace(simulated, precision=precision))
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_batch_takes_its_multiple_of_the_products(simulated: DeviceSpec) -> None:
    one, three = (latency_ms(CONV, replace(simulated, batch=batch)) for batch in (1, 3))
    fixed_ms = CALL_MS + NODE_MS
    assert three - fixed_ms == pytest.approx(3 * (one - fixed_ms))


def test_the_plan_changes_nothing(simulated: DeviceSpec) -> None:
    model = ready_blocks([CONV], simulated, ENGINE).content
    block, network = (
        ENGINE.measure(model, simulated, p) for p in (MeasurePlan(min_runs=5), NETWORK_PLAN)
    )
    assert block == network


def test_its_numbers_are_labelled_and_without_spread(simulated: DeviceSpec) -> None:
    found = ENGINE.measure(
        ready_blocks([CONV], simulated, ENGINE).content, simulated, NETWORK_PLAN
    )
    assert found.provenance == Provenance.SIMULATED
    assert (found.mad_ms, found.min_ms) == (0.0, found.median_ms)


def test_what_a_device_would_refuse_is_refused(simulated: DeviceSpec) -> None:
    with pytest.raises(MeasurementError, match="refuses the model"):
        ENGINE.measure(b"garbage", simulated, NETWORK_PLAN)


def test_an_unknown_engine_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'onnxruntime'"):
        engine_named("onnx-runtime")
