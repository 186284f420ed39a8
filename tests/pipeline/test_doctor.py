"""What the doctor finds, and what it says to do."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from hwnas.device import DeviceSpec, load_device
from hwnas.measure.target.here import Here
from hwnas.pipeline import Check, Verdict, examine

DEVICE = replace(load_device("x86-cpu"), machines=())
FINE: Mapping[str, Any] = {
    "governor": "performance",
    "celsius": 40.0,
    "free_bytes": 2**32,
    "free_disk_bytes": 2**34,
}


def found(device: DeviceSpec) -> dict[str, Check]:
    return {check.what: check for check in examine(device)}


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Here, "others_load", lambda *_: 0.01)


def test_all_is_looked_at(quiet: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Here, "health", lambda _: FINE)
    checks = found(DEVICE)
    assert list(checks) == [
        *("reach", "engine", "machine", "governor", "temperature", "memory", "disk"),
        *("other work", "a model", "clock"),
    ]
    calm = [check for what, check in checks.items() if what != "clock"]
    assert {check.verdict for check in calm} == {Verdict.GOOD}
    assert not any(check.advice for check in calm)


@pytest.mark.parametrize(
    ("change", "what", "advice"),
    [
        ({"governor": "powersave"}, "governor", "cpupower frequency-set -g performance"),
        ({"celsius": 91.0}, "temperature", "cool down"),
        ({"free_bytes": 2**20}, "memory", "a profile wants 256 MiB"),
        ({"free_disk_bytes": 2**20}, "disk", "a profile wants 512 MiB"),
    ],
)
def test_what_is_doubtful_comes_with_advice(
    quiet: None, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], what: str, advice: str
) -> None:
    monkeypatch.setattr(Here, "health", lambda _: {**FINE, **change})
    check = found(DEVICE)[what]
    assert check.verdict == Verdict.DOUBTFUL and advice in check.advice


def test_what_the_system_does_not_tell_is_not_held_against_it(
    quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Here, "health", lambda _: dict.fromkeys(FINE))
    checks = found(DEVICE)
    assert {checks[w].found for w in ("governor", "temperature", "memory", "disk")} == {"not told"}
    assert {checks[w].verdict for w in ("governor", "memory")} == {Verdict.GOOD}


def test_other_work_is_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Here, "others_load", lambda *_: 0.9)
    check = found(DEVICE)["other work"]
    assert check.verdict == Verdict.DOUBTFUL and check.found.startswith("90 %")


def test_a_device_out_of_reach_ends_the_visit() -> None:
    checks = found(replace(DEVICE, connection="nobody-knows"))
    assert list(checks) == ["reach"] and checks["reach"].verdict == Verdict.BAD
    assert "cannot be started" in checks["reach"].found


def test_an_engine_that_runs_nothing_is_bad(quiet: None) -> None:
    checks = found(replace(DEVICE, provider="NoSuchProvider"))
    assert checks["a model"].verdict == Verdict.BAD and "NoSuchProvider" in checks["a model"].found


def test_a_clock_of_arithmetic_is_doubtful(simulated: DeviceSpec) -> None:
    check = found(simulated)["clock"]
    assert check.verdict == Verdict.DOUBTFUL and check.found == "latencies are simulated"


def test_a_target_at_the_end_of_a_command_tells_its_own() -> None:
    checks = found(replace(DEVICE, connection=sys.executable))
    assert checks["memory"].found.endswith("MiB free")
    assert "of a measured processor" in checks["other work"].found
    assert checks["a model"].verdict == Verdict.GOOD
