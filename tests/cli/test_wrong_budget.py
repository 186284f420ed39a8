"""Budgets that are none, or that nothing keeps, are told with what is possible."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hwnas.train import SupernetTrainer

Refused = Callable[..., str]


@pytest.mark.parametrize(
    ("latency", "said"),
    [
        ("20", "The latency '20' has no unit. Write 20ms or 20us."),
        ("-1ms", "'-1ms' is not a positive number. Write one as in 20ms."),
        ("0ms", "'0ms' is not a positive number. Write one as in 20ms."),
        ("nan", "'nan' is not a positive number. Write one as in 20ms."),
        ("nanms", "'nanms' is not a positive number. Write one as in 20ms."),
        ("infms", "'infms' is not a positive number. Write one as in 20ms."),
        ("1e400ms", "'1e400ms' is not a positive number. Write one as in 20ms."),
        ("1e308s", "'1e308s' is not a positive number. Write one as in 20ms."),
        ("fast", "'fast' is no latency. Write a number with a unit, as in 20ms."),
        (" ", "' ' is no latency. Write a number with a unit, as in 20ms."),
        ("20parsec", "has the unknown unit 'parsec'. Use us, ms or s, as in 20ms."),
    ],
)
def test_a_latency_that_is_none_is_refused(
    search_refused: Refused, latency: str, said: str
) -> None:
    assert said in search_refused("--latency", latency)


def test_verify_refuses_a_latency_without_unit(refused: Refused) -> None:
    assert "Write 20ms" in refused("verify", "model.onnx", "--latency", "20")


def test_a_search_needs_a_budget(search_refused: Refused) -> None:
    message = search_refused()
    assert message == "A search needs a budget. Give one with --latency 20ms."


@pytest.mark.parametrize("value", ["2", "2Mb", "0kB", "small"])
@pytest.mark.parametrize("option", ["--max-memory", "--max-size"])
def test_a_size_that_is_none_is_refused(refused: Refused, option: str, value: str) -> None:
    for command in (["search"], ["verify", "model.onnx"]):
        message = refused(*command, option, value)
        assert option in message
        assert repr(value) in message
        assert "2MiB" in message


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--max-params", "-1"),
        ("--max-params", "few"),
        ("--max-params", "0.5"),
        ("--max-macs", "3T"),
        ("--max-macs", "1e300G"),
        ("--max-macs", "0"),
    ],
)
def test_a_count_that_is_none_is_refused(search_refused: Refused, option: str, value: str) -> None:
    message = search_refused(option, value)
    assert option in message
    assert repr(value) in message
    assert message.endswith("as in 3M.")


def test_a_budget_below_the_fastest_says_how_fast_that_is(
    search_refused: Refused, tmp_path: Path
) -> None:
    message = search_refused("--latency", "1us", code=3)
    assert "No network of space 'small' fits 0.001 ms: the fastest takes 0.02567 ms" in message
    assert "Raise --latency" in message
    assert not list(tmp_path.glob(".run*"))


def test_a_size_below_the_smallest_says_how_small_that_is(search_refused: Refused) -> None:
    message = search_refused("--max-params", "10", code=3)
    assert "keeps 10 parameters: the least is 2,626 parameters (predicted). Raise" in message
    assert "Raise a limit" in message


def test_memory_below_the_least_says_how_little_that_is(search_refused: Refused) -> None:
    message = search_refused("--max-memory", "1KiB", code=3)
    assert "runs in 1,024 bytes: the least working set is 13,824 bytes in int8" in message
    assert "Raise --max-memory" in message


@pytest.mark.parametrize("rule", ["spos", "fair", "sandwich", "rd"])
@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (("--max-memory", "1KiB"), "the least working set is 13,824 bytes"),
        (("--max-size", "1kB"), "bytes of file (predicted)"),
    ],
)
def test_no_supernet_is_trained_for_a_limit_that_nothing_keeps(
    search_refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
    rule: str,
    limit: tuple[str, str],
    said: str,
) -> None:
    monkeypatch.setattr(SupernetTrainer, "train_by_rule", lambda *_: pytest.fail("trained"))
    assert said in search_refused("--supernet", rule, *limit, code=3)


def test_limits_out_of_reach_are_named_and_the_others_are_not(search_refused: Refused) -> None:
    limits = ("--latency", "1ms", "--max-params", "10", "--max-macs", "100")
    message = search_refused(*limits, code=3)
    least = "the least is 2,626 parameters (predicted) and 73,408 MACs (predicted)"
    assert f"keeps 10 parameters and 100 MACs: {least}. Raise a limit" in message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--max-height", "2"), "--max-height 2 is for cells whose nodes choose their inputs"),
        (("--non-parametric-edges", "4"), "--non-parametric-edges 4 is for cells"),
    ],
)
def test_limits_of_cells_are_refused_where_there_are_none(
    search_refused: Refused, options: tuple[str, ...], said: str
) -> None:
    message = search_refused("--latency", "1ms", *options)
    assert said in message and message.endswith("Leave it out, or give --space darts.")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--max-height", "5"), "--max-height is 5. Give one from 1 to 4"),
        (("--non-parametric-edges", "9"), "--non-parametric-edges is 9. Give one from 0 to 8"),
    ],
)
def test_limits_that_no_cell_has_are_refused(
    search_refused: Refused, options: tuple[str, ...], said: str
) -> None:
    assert said in search_refused("--space", "darts", "--latency", "1ms", *options)
