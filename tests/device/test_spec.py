import math
from dataclasses import replace

import pytest

from hwnas.device import DeviceSpec, Peak, Recipe


@pytest.mark.parametrize("name", ["float32_macs_per_s", "int8_macs_per_s", "bytes_per_s"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_peak_is_positive(name: str, value: float) -> None:
    peaks = {"float32_macs_per_s": 1.0, "int8_macs_per_s": 1.0, "bytes_per_s": 1.0}
    with pytest.raises(ValueError, match="peaks must be positive"):
        Peak(**(peaks | {name: value}))


@pytest.mark.parametrize("name", ["threads", "batch"])
@pytest.mark.parametrize("value", [0, -2])
def test_threads_and_batch_are_at_least_one(simulated: DeviceSpec, name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got {value}"):
        replace(simulated, **{name: value})  # type: ignore[arg-type]


def test_a_connection_is_a_command_or_local(simulated: DeviceSpec) -> None:
    with pytest.raises(ValueError, match="connection of 'simulated' is empty"):
        replace(simulated, connection=" ")


@pytest.mark.parametrize("timeout_s", [0.0, -1.0, math.inf, math.nan])
def test_a_target_may_be_silent_for_some_time(simulated: DeviceSpec, timeout_s: float) -> None:
    with pytest.raises(ValueError, match="timeout_s must be positive"):
        replace(simulated, timeout_s=timeout_s)


@pytest.mark.parametrize("percentile", [50.0, 0.0, 100.1, math.nan])
def test_a_percentile_is_above_half_and_at_most_all(percentile: float) -> None:
    with pytest.raises(ValueError, match="percentile must be above 50"):
        Recipe(percentile=percentile)


def test_calibration_takes_an_image_at_least() -> None:
    with pytest.raises(ValueError, match="n_calibration_images must be at least 1, got 0"):
        Recipe(n_calibration_images=0)
