"""The estimate: a start a kernel, and the longer of computing and moving."""

from dataclasses import replace

import pytest

from hwnas.block import ConvSpec, DispatchSpec, MBConvSpec
from hwnas.device import DeviceSpec, Peak, fingerprint
from hwnas.measure import NETWORK_PLAN, Provenance
from hwnas.measure.engine import engine_named
from hwnas.profile import ready_blocks
from hwnas.table import table_name

ENGINE = engine_named("roofline")
PEAK = Peak(float32_macs_per_s=1e9, int8_macs_per_s=4e9, bytes_per_s=1e9, kernel_s=1e-5)
CONV = ConvSpec(
    input_size=8, in_channels=8, out_channels=16, kernel_size=3, stride=1, activation="relu"
)
MBCONV = MBConvSpec(
    input_size=8,
    in_channels=8,
    out_channels=8,
    kernel_size=3,
    expansion=3,
    stride=1,
    activation="relu6",
)
N_MACS = 64 * 16 * 8 * 9
N_NUMBERS = 64 * 8 + 16 * 8 * 9 + 16 + 64 * 16
"""Read and written: input, weights, bias, output."""


@pytest.fixture
def device(simulated: DeviceSpec) -> DeviceSpec:
    return replace(simulated, engine="roofline", peak=PEAK, precision="float32")


def latency_ms(block: ConvSpec | MBConvSpec | DispatchSpec, device: DeviceSpec) -> float:
    model = ready_blocks([block], device, ENGINE).content
    measured = ENGINE.measure(model, device, NETWORK_PLAN)
    assert measured.provenance == Provenance.ESTIMATED
    return measured.median_ms


def test_a_convolution_that_computes_longer_than_it_moves(device: DeviceSpec) -> None:
    assert latency_ms(CONV, device) == pytest.approx(0.02 + N_MACS / 1e6, rel=1e-9)


def test_a_convolution_that_moves_longer_than_it_computes(device: DeviceSpec) -> None:
    fast = replace(device, peak=replace(PEAK, float32_macs_per_s=1e15))
    assert latency_ms(CONV, fast) == pytest.approx(0.02 + 4 * N_NUMBERS / 1e6, rel=1e-9)


def test_int8_moves_a_quarter_and_computes_at_its_own_peak(device: DeviceSpec) -> None:
    int8 = replace(device, precision="int8")
    assert latency_ms(CONV, int8) == pytest.approx(0.02 + N_MACS / 4e6, rel=0.01)
    moving = replace(int8, peak=replace(PEAK, int8_macs_per_s=1e15))
    assert latency_ms(CONV, moving) == pytest.approx(0.02 + N_NUMBERS / 1e6, rel=0.15)


def test_each_kernel_takes_its_start(device: DeviceSpec) -> None:
    only_starts = replace(
        device,
        peak=Peak(float32_macs_per_s=1e18, int8_macs_per_s=1e18, bytes_per_s=1e18, kernel_s=1e-3),
    )
    assert latency_ms(MBCONV, only_starts) == pytest.approx(5.0, rel=1e-6)  # 3 and a sum, a call
    assert latency_ms(DispatchSpec(), only_starts) == pytest.approx(2.0, rel=1e-6)


def test_another_peak_is_another_table(device: DeviceSpec) -> None:
    here = fingerprint(ENGINE.version())
    faster = replace(device, peak=replace(PEAK, float32_macs_per_s=2e9))
    assert table_name(device, here) != table_name(faster, here)


@pytest.mark.parametrize("wrong", [{"kernel_s": -1.0}, {"bytes_per_s": 0.0}])
def test_a_peak_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="peaks must be positive"):
        replace(PEAK, **wrong)


def test_an_accelerator_that_is_not_here_is_estimated_all_the_same(device: DeviceSpec) -> None:
    server = replace(device, provider="CUDAExecutionProvider", machines=("s390x",))
    assert latency_ms(CONV, server) == latency_ms(CONV, device)
