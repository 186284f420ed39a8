"""Which promises a report finds broken."""

from dataclasses import replace

import pytest

from hwnas.measure import Measurement
from hwnas.verify import VerifyReport

MEASURED = Measurement(median_ms=2.0, p90_ms=3.0, min_ms=1.0, mad_ms=0.1, n_runs=50)
NOTHING_ASKED = VerifyReport(
    model="m.onnx",
    device="d",
    threads=1,
    budget_ms=None,
    measured=MEASURED,
    max_memory_bytes=None,
    memory_bytes=3000,
    max_file_bytes=None,
    file_bytes=70_000,
    min_accuracy=None,
    accuracy=None,
)


def test_nothing_asked_is_kept() -> None:
    assert NOTHING_ASKED.kept and NOTHING_ASKED.failures == []


@pytest.mark.parametrize(("budget_ms", "kept"), [(1.99, False), (2.0, True), (2.01, True)])
def test_the_median_is_held_against_the_budget(budget_ms: float, kept: bool) -> None:
    assert replace(NOTHING_ASKED, budget_ms=budget_ms).kept == kept


@pytest.mark.parametrize(("accuracy", "kept"), [(0.899, False), (0.9, True), (1.0, True)])
def test_the_accuracy_is_held_against_the_least(accuracy: float, kept: bool) -> None:
    assert replace(NOTHING_ASKED, min_accuracy=0.9, accuracy=accuracy).kept == kept


def test_an_accuracy_asked_for_and_never_found_is_a_failure() -> None:
    assert not replace(NOTHING_ASKED, min_accuracy=0.9).kept


def test_an_accuracy_of_zero_passes_a_least_of_zero() -> None:
    assert replace(NOTHING_ASKED, min_accuracy=0.0, accuracy=0.0).kept


def test_each_broken_promise_is_a_sentence() -> None:
    broken = replace(NOTHING_ASKED, budget_ms=1.5, min_accuracy=0.9, accuracy=0.85)
    assert broken.failures == [
        "m.onnx takes 2 ms on d, over its budget of 1.5 ms.",
        "m.onnx is 0.8500 accurate, under the 0.9 asked for.",
    ]


@pytest.mark.parametrize(("limit", "kept"), [(2999, False), (3000, True)])
def test_the_working_set_is_held_against_its_limit(limit: int, kept: bool) -> None:
    assert replace(NOTHING_ASKED, max_memory_bytes=limit).kept == kept


@pytest.mark.parametrize(("limit", "kept"), [(69_999, False), (70_000, True)])
def test_the_file_is_held_against_its_limit(limit: int, kept: bool) -> None:
    assert replace(NOTHING_ASKED, max_file_bytes=limit).kept == kept


def test_broken_limits_are_told_in_bytes() -> None:
    broken = replace(NOTHING_ASKED, max_memory_bytes=2000, max_file_bytes=60_000)
    assert broken.failures == [
        "m.onnx allocates 3,000 bytes, over its limit of 2,000 bytes.",
        "m.onnx is a file of 70,000 bytes, over its limit of 60,000 bytes.",
    ]
