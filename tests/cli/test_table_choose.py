"""``hwnas table choose``: networks for another harness to time, and the table fitted to them."""

import csv
from pathlib import Path

import pytest

from hwnas.device import DeviceSpec
from hwnas.measure import NETWORK_PLAN
from hwnas.measure.engine import engine_for
from tests.cli.conftest import PROFILE, SIMULATED, SMALL_SPACE, Command, Refused

CHOOSE = ("table", "choose", "--device", SIMULATED, "--data", "digits", "-q")


@pytest.mark.parametrize("space", ["nasbench201", SMALL_SPACE])
def test_the_chosen_networks_can_be_timed_and_fitted_on(
    command: Command, tmp_path: Path, simulated: DeviceSpec, space: str
) -> None:
    ending = command(*CHOOSE, "--space", space, "--samples", 6, "--out", "to-measure")
    assert ending.code == 0 and "hwnas table fit --measurements" in ending.output
    table = tmp_path / "to-measure" / "networks.csv"
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 and {row["lat_ms_measured"] for row in rows} == {""}
    engine = engine_for(simulated)
    for row in rows:
        model = (table.parent / row["file"]).read_bytes()
        row["lat_ms_measured"] = f"{engine.measure(model, simulated, NETWORK_PLAN).median_ms:.6f}"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    images = ("--input-size", 8, "--channels", 1, "--classes", 10)
    told = ending.output.split("hwnas table fit --measurements ")[1].split()
    assert told[-6:] == [str(word) for word in images]
    fitted = command("table", "fit", "--measurements", *told)
    assert fitted.code == 0, fitted


def test_another_devices_table_may_tell_what_is_likely(
    command: Command, tmp_path: Path, own_tables: Path
) -> None:
    assert command(*PROFILE).code == 0
    (prior,) = own_tables.glob("*.jsonl")
    out = ("--space", SMALL_SPACE, "--samples", 3, "--out", "to-measure")
    assert command(*CHOOSE, *out, "--prior", prior).code == 0
    assert len(list((tmp_path / "to-measure").glob("*.onnx"))) == 3


@pytest.mark.parametrize("samples", [2, 100_000])
def test_too_few_or_too_many_are_refused(refused: Refused, samples: int) -> None:
    message = refused(
        *CHOOSE, "--space", "nasbench201", "--samples", samples, "--out", "to-measure"
    )
    assert message.startswith(f"--samples {samples} of space 'nasbench201' cannot be chosen.")


def test_a_folder_that_holds_something_is_left_alone(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "to-measure").mkdir()
    (tmp_path / "to-measure" / "mine.txt").write_text("mine")
    message = refused(*CHOOSE, "--space", "nasbench201", "--samples", 3, "--out", "to-measure")
    assert "to-measure is there already" in message


def test_a_prior_of_another_space_is_refused(
    refused: Refused, command: Command, own_tables: Path
) -> None:
    assert command(*PROFILE).code == 0
    (prior,) = own_tables.glob("*.jsonl")
    space = ("--space", "nasbench201", "--samples", 3, "--out", "to-measure")
    assert "holds no block of space" in refused(*CHOOSE, *space, "--prior", prior)
