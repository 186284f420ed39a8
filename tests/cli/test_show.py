"""Progress is bars for people, plain lines for logs, and nothing when it is not wanted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

import pytest
from rich.console import Console

from hwnas.cli import show
from hwnas.cli.show import print_json, print_table, say_left_in_float, showing_progress
from hwnas.progress import Progress


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What a terminal of 100 columns is sent."""
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=100, highlight=False)
    monkeypatch.setattr(show, "console", console)
    yield screen


def test_a_log_gets_a_line_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_progress(quiet=False) as on_progress:
        for done in range(101):
            on_progress(Progress("search", done, 100))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in lines] == [f"{done}/100" for done in range(0, 101, 10)]


def test_a_log_line_has_phase_count_and_note(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_progress(quiet=False) as on_progress:
        on_progress(Progress("finetune", 1, 4, "accuracy 0.912"))
    assert capsys.readouterr().err.startswith("finetune: 1/4 accuracy 0.912")


def test_each_phase_of_a_log_counts_for_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_progress(quiet=False) as on_progress:
        on_progress(Progress("search", 1, 2))
        on_progress(Progress("choose", 1, 2))
    lines = capsys.readouterr().err.splitlines()
    assert [line[:11] for line in lines] == ["search: 1/2", "choose: 1/2"]


def test_a_note_without_a_count_is_a_line_of_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_progress(quiet=False) as on_progress:
        on_progress(Progress("images", 0, 0, "Left out 1 of the 8 files of 'photos'."))
    assert capsys.readouterr().err == "Left out 1 of the 8 files of 'photos'.\n"


def test_a_log_has_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_progress(quiet=False) as on_progress:
        for done in range(11):
            on_progress(Progress("search", done, 10, "accuracy 0.5"))
    assert capsys.readouterr().err.replace("\n", "").isprintable()


def test_progress_never_reaches_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_progress(quiet=False) as on_progress:
        on_progress(Progress("search", 1, 2, "accuracy 0.5"))
        on_progress(Progress("images", 0, 0, "a note"))
    assert capsys.readouterr().out == ""


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_progress(quiet=True) as on_progress:
        on_progress(Progress("search", 1, 2, "accuracy 0.5"))
        on_progress(Progress("images", 0, 0, "a note"))
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_a_bar_with_count_and_note(terminal: StringIO) -> None:
    with showing_progress(quiet=False) as on_progress:
        on_progress(Progress("search", 1, 2, "accuracy 0.5"))
    assert "search" in terminal.getvalue()
    assert "1/2" in terminal.getvalue()
    assert "accuracy 0.5" in terminal.getvalue()


def test_a_terminal_shows_a_note_without_a_count(terminal: StringIO) -> None:
    with showing_progress(quiet=False) as on_progress:
        on_progress(Progress("images", 0, 0, "Left out 1 of the 8 files."))
    assert "Left out 1 of the 8 files." in terminal.getvalue()


def test_a_note_with_brackets_keeps_them(terminal: StringIO) -> None:
    with showing_progress(quiet=False) as on_progress:
        on_progress(Progress("images", 0, 0, "Left out train/[b]/1.png."))
        on_progress(Progress("search", 1, 2, "[b]old"))
    assert "train/[b]/1.png" in terminal.getvalue()
    assert "[b]old" in terminal.getvalue()


def test_a_failure_takes_the_bars_down(terminal: StringIO) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        showing_progress(quiet=False) as on_progress,
    ):
        on_progress(Progress("search", 1, 2))
        raise KeyboardInterrupt
    assert terminal.getvalue().endswith("\x1b[?25h")  # the cursor is back


def test_a_dataclass_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(_Point(x=1.5))
    assert json.loads(capsys.readouterr().out) == {"x": 1.5}


def test_a_table_keeps_brackets_of_names(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("runs/[b]", {"model": "left"}, [["[red]1.onnx"]])
    printed = capsys.readouterr().out
    assert "runs/[b]" in printed
    assert "[red]1.onnx" in printed


def test_a_table_in_a_pipe_breaks_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("t" * 200, {"name": "left", "path": "left"}, [["a" * 100, "b" * 300]])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "t" * 200
    assert any("a" * 100 in line and "b" * 300 in line for line in printed)


def test_what_stays_in_float_is_counted_by_kind(capsys: pytest.CaptureFixture[str]) -> None:
    say_left_in_float(["Mul", "HardSigmoid gate", "Mul other"])
    say_left_in_float(())
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Left in float: 2 Mul, 1 HardSigmoid.")


@dataclass(frozen=True)
class _Point:
    x: float
