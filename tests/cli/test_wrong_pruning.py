"""What pruning cannot do is said in a sentence, before anything is timed or trained."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SPACE = str(TESTS / "spaces" / "prunable.toml")
MGAS = ("search", "--strategy", "mgas", "--space", SPACE, "--device", SIMULATED)

Command = Callable[..., Any]
Refused = Callable[..., str]


def test_weights_alone_under_a_latency(refused: Refused) -> None:
    message = refused(*MGAS, "--granularity", "weight", "--latency", "1ms")
    assert "--granularity weight alone makes no network faster" in message
    assert "--max-params" in message


def test_a_working_set_alone(refused: Refused) -> None:
    message = refused(*MGAS, "--max-memory", "100kB")
    assert "--max-memory is of the whole. Give --latency" in message


def test_an_unknown_granularity_names_the_nearest(refused: Refused) -> None:
    message = refused(*MGAS, "--granularity", "filters", "--latency", "1ms")
    assert "did you mean 'filter'" in message


def test_granularities_of_another_strategy(refused: Refused) -> None:
    message = refused("search", "--granularity", "op", "--latency", "1ms", "--device", SIMULATED)
    assert "--strategy ddpnas prunes nothing" in message


def test_a_phase_without_epochs(refused: Refused) -> None:
    assert "--prune-epochs" in refused(*MGAS, "--prune-epochs", "0", "--latency", "1ms")


def test_a_space_of_neither_chains_nor_cells(refused: Refused) -> None:
    residuals = ("search", "--strategy", "mgas", "--space", "resnet", "--device", SIMULATED)
    message = refused(*residuals, "--latency", "1ms")
    assert "prunes chains of inverted residuals and the cells of darts" in message


def test_limits_of_cells(refused: Refused) -> None:
    cells = ("search", "--strategy", "mgas", "--space", "darts", "--device", SIMULATED)
    assert "does not limit cells" in refused(*cells, "--latency", "1ms", "--max-height", "2")


def test_a_budget_below_the_smallest_that_can_be_left_ends_with_3(command: Command) -> None:
    ending = command(*MGAS, "--max-params", "100", "--quiet")
    assert ending.code == 3
    assert "the smallest network that it can leave takes" in ending.errors
