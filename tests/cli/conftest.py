"""Command lines run in this process, and what must hold of every one that is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hwnas.cli.app import run

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")
PROFILE = ("profile", "--device", SIMULATED, "--space", SMALL_SPACE, "--data", "digits", "-q")


@dataclass(frozen=True)
class Ending:
    """What a command line left behind."""

    code: int
    output: str
    errors: str


Command = Callable[..., Ending]
"""``command("search", "--latency", "1ms")``: run it."""

Refused = Callable[..., str]
"""``refused("search", "--latency", "20", code=2)``: run it, check all that must hold of every
refusal, and return the one message.
"""


@pytest.fixture(autouse=True)
def only_named_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Published networks take longer to build than a small search takes; so do ten candidates."""
    monkeypatch.setattr("hwnas.pipeline.baselines.PRESETS", ())
    monkeypatch.setattr("hwnas.pipeline.choose.N_CANDIDATES", 4)


@pytest.fixture
def command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Ending:
        code = run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Ending(code, printed.out, printed.err)

    return call


@pytest.fixture
def refused(tmp_path: Path, command: Command) -> Refused:
    def call(*arguments: object, code: int = 2) -> str:
        before = files_below(tmp_path)
        ending = command(*arguments)
        assert ending.code == code, ending
        assert ending.output == ""
        (message,) = ending.errors.splitlines()  # one sentence or two, on one line
        assert "Traceback" not in message
        assert files_below(tmp_path) == before
        return message

    return call


@pytest.fixture
def search_refused(refused: Refused) -> Refused:
    """A search on the simulated device, with further options."""

    def call(*options: object, code: int = 2) -> str:
        given = ("--device", SIMULATED, "--space", SMALL_SPACE, "--out", "run", "--quiet")
        return refused("search", *given, *options, code=code)

    return call


@pytest.fixture
def table(profiled: Path) -> Path:
    """A full latency table of the small space for digits."""
    return profiled


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file and folder a refusal must leave alone: not the tables, not the work folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
        if not _may_change(path.relative_to(folder))
    }


def _may_change(path: Path) -> bool:
    first = path.parts[0]
    return first == "tables" or (first.startswith(".") and first.endswith(".partial"))
