"""What every ending tells a script: its exit code, its JSON, and what it leaves unsaid."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hwnas.cli.app import main, run
from hwnas.version import VERSION

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")
ON_DIGITS = ("--device", SIMULATED, "--space", SMALL_SPACE, "--data", "digits")
LITTLE = ("--epoch-images", "64", "--warmup-epochs", "1", "--epochs", "1")
LEAVES = (
    *("profile", "search", "export", "verify"),
    *("devices list", "devices show", "devices probe"),
    *("table list", "table show", "table score", "table diff"),
    *("table merge", "table export", "table import", "table migrate"),
)

Command = Callable[..., Any]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The int8 model of a finished search; 0.04 ms or so by the simulated clock."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWNAS_TABLES", str(folder / "tables"))
        patch.setattr("hwnas.pipeline.baselines.PRESETS", ())
        out = ("--out", str(folder / "run"))
        assert run(["search", "--latency", "1ms", *ON_DIGITS, *LITTLE, *out, "-q"]) == 0
        yield str(folder / "run" / "model.int8.onnx")


def test_a_search_that_succeeds_ends_with_0(command: Command) -> None:
    ending = command("search", "--latency", "1ms", *ON_DIGITS, *LITTLE, "--out", "run")
    assert ending.code == 0
    assert "accuracy int8, test" in ending.output
    assert "measured (simulated)" in ending.output
    assert "so the budget of 1 ms limited nothing" in ending.errors


def test_a_kept_budget_ends_with_0(command: Command, model: str) -> None:
    ending = command("verify", model, "--device", SIMULATED, "--latency", "1ms")
    assert (ending.code, ending.errors) == (0, "")
    assert "kept" in ending.output


def test_a_kept_accuracy_ends_with_0(command: Command, model: str) -> None:
    accuracy = ("--data", "digits", "--min-accuracy", "0")
    assert command("verify", model, "--device", SIMULATED, *accuracy).code == 0


def test_a_broken_budget_ends_with_1(command: Command, model: str) -> None:
    ending = command("verify", model, "--device", SIMULATED, "--latency", "1us")
    assert ending.code == 1
    assert "NOT kept" in ending.output
    assert re.search(
        r"takes 0\.0\d+ ms \(simulated\) on simulated, over its budget of 0\.001 ms", ending.errors
    )


def test_kept_memory_and_size_end_with_0(command: Command, model: str) -> None:
    limits = ("--max-memory", "1MiB", "--max-size", "1MB")
    ending = command("verify", model, "--device", SIMULATED, *limits)
    assert (ending.code, ending.errors) == (0, "")
    assert "1,048,576 bytes" in ending.output


def test_a_broken_memory_limit_ends_with_1(command: Command, model: str) -> None:
    ending = command("verify", model, "--device", SIMULATED, "--max-memory", "1KiB")
    assert ending.code == 1
    assert re.search(r"allocates [\d,]+ bytes, over its limit of 1,024 bytes", ending.errors)


def test_a_broken_size_limit_ends_with_1(command: Command, model: str) -> None:
    ending = command("verify", model, "--device", SIMULATED, "--max-size", "1kB")
    assert ending.code == 1
    assert re.search(r"a file of [\d,]+ bytes, over its limit of 1,000 bytes", ending.errors)


def test_a_broken_accuracy_ends_with_1(command: Command, model: str) -> None:
    accuracy = ("--data", "digits", "--min-accuracy", "1.0")
    ending = command("verify", model, "--device", SIMULATED, *accuracy, "-q")
    assert ending.code == 1
    assert re.search(r"is 0\.\d{4} accurate, under the 1 asked for", ending.errors)


def test_wrong_use_ends_with_2(command: Command) -> None:
    assert command("search", "--latency", "20").code == 2


def test_no_command_ends_with_2_and_the_help(command: Command) -> None:
    ending = command()
    assert ending.code == 2
    assert "Usage: hwnas" in ending.errors


def test_no_network_that_fits_ends_with_3(command: Command) -> None:
    assert command("search", "--latency", "1us", *ON_DIGITS, "--out", "run").code == 3


def test_an_interrupted_command_ends_with_130_and_how_to_go_on(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hwnas.pipeline.images.load_data", _interrupt)
    ending = command("search", "--latency", "1ms", *ON_DIGITS)
    assert ending.code == 130
    assert ending.errors.strip() == "Interrupted. Run the same command again to go on."


def test_the_version_is_printed(command: Command) -> None:
    ending = command("--version")
    assert (ending.code, ending.output) == (0, f"hwnas {VERSION}\n")


@pytest.mark.parametrize("words", LEAVES)
def test_the_help_of_a_command_shows_an_example(command: Command, words: str) -> None:
    ending = command(*words.split(), "--help")
    assert ending.code == 0
    assert re.search(rf"^ +Examples?:\n +hwnas {words}", ending.output, re.MULTILINE)


@pytest.mark.parametrize("words", ["", "devices", "table"])
def test_the_help_of_a_group_lists_its_commands(command: Command, words: str) -> None:
    ending = command(*words.split(), "--help")
    assert ending.code == 0
    assert "Commands:" in ending.output


def test_the_help_documents_the_exit_codes(command: Command) -> None:
    printed = " ".join(command("--help").output.split())
    assert "0 kept, 1 a promise is broken, 2 wrong use, 3 no network fits" in printed


def test_search_prints_only_json(command: Command) -> None:
    ending = command("search", "--latency", "1ms", *ON_DIGITS, *LITTLE, "--out", "run", "--json")
    printed = json.loads(ending.output)
    assert printed == json.loads(Path("run/result.json").read_text())


def test_verify_prints_only_json(command: Command, model: str) -> None:
    ending = command("verify", model, "--device", SIMULATED, "--latency", "1us", "--json")
    report = json.loads(ending.output)
    assert (ending.code, report["kept"], len(report["failures"])) == (1, False, 1)
    assert report["measured"]["provenance"] == "simulated"


def test_devices_list_prints_only_json(command: Command) -> None:
    devices = json.loads(command("devices", "list", "--json").output)
    assert devices["x86-cpu"]["engine"] == "onnxruntime"


def test_table_show_prints_only_json(command: Command, own_tables: Path) -> None:
    command("profile", *ON_DIGITS, "-q")
    (path,) = own_tables.glob("*.jsonl")
    shown = json.loads(command("table", "show", path.stem, "--json").output)
    assert shown["header"]["device"]["name"] == "simulated"
    assert len(shown["rows"]) == 15


def test_a_damaged_table_does_not_hide_the_others(command: Command, own_tables: Path) -> None:
    command("profile", *ON_DIGITS, "-q")
    (path,) = own_tables.glob("*.jsonl")
    (own_tables / "a.jsonl").write_text("{}\n")
    ending = command("table", "list", "--json")
    assert ending.code == 0 and str(own_tables / "a.jsonl") in ending.errors
    listed = [entry["path"] for entry in json.loads(ending.output)]
    assert str(path.resolve()) in listed and str(own_tables / "a.jsonl") not in listed


def test_table_score_prints_only_json(command: Command) -> None:
    ending = command("table", "score", *ON_DIGITS, "--samples", "4", "--json", "-q")
    assert json.loads(ending.output)["figures"]["n_networks"] == 4


def test_a_rank_that_cannot_be_told_is_null_in_json(command: Command) -> None:
    one_network = ("--space", "mobilenetv2@0.1", "--input-size", "8", "--channels", "1")
    samples = ("--samples", "2", "--json", "-q")
    ending = command("table", "score", "--device", SIMULATED, *one_network, *samples)
    figures = json.loads(ending.output, parse_constant=pytest.fail)["figures"]
    assert figures["kendall_tau"] is None


def test_quiet_prints_no_progress(command: Command) -> None:
    ending = command("profile", *ON_DIGITS, "--quiet")
    assert (ending.code, ending.errors) == (0, "")


def test_progress_in_a_log_is_plain_lines(command: Command) -> None:
    lines = command("profile", *ON_DIGITS).errors.splitlines()
    assert lines[0].startswith("55 of 55 rows are not in ")
    assert lines[1] == "build: 1/55"
    assert lines[-1] == f"profile: {55 * 15}/{55 * 15} 55 of 55 settled"


def test_nothing_is_coloured_off_a_terminal(own_tables: Path) -> None:
    for arguments in (["devices", "list"], ["search", "--latency", "20"], ["search", "--help"]):
        ending = subprocess.run(
            [sys.executable, "-m", "hwnas", *arguments], capture_output=True, check=False
        )
        assert b"\x1b" not in ending.stdout + ending.stderr


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_bug_has_a_code_of_its_own_and_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("hwnas.cli.app.run", lambda: 1 / 0)
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code == 70
    errors = capsys.readouterr().err
    assert "ZeroDivisionError" in errors and "Please report it" in errors


def test_a_reader_that_left_is_no_broken_promise() -> None:
    listing = f"(sleep 1; exec {sys.executable} -m hwnas devices list)"
    piped = subprocess.run(
        ["bash", "-c", f"{listing} | true; echo ${{PIPESTATUS[0]}}"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert piped.stdout.strip() == "141"
