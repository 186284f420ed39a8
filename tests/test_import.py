"""Importing is cheap: the heavy libraries come with the first call that needs them."""

import subprocess
import sys

import pytest

import hwnas

HEAVY = ("torch", "onnx", "onnxruntime", "matplotlib", "sklearn")
LIGHT = ("", ".device", ".block", ".space", ".table", ".latency", ".search", ".cli.app")
PUBLIC_FUNCTIONS = ("export", "profile", "score_table", "search", "search_table", "verify")


def printed_by(code: str) -> str:
    """What a fresh interpreter prints, warnings being errors."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def loaded_by(code: str) -> set[str]:
    """Which of the heavy libraries a fresh interpreter holds after ``code``."""
    report = f"import sys; print('loaded', *(set({HEAVY}) & set(sys.modules)))"
    return set(printed_by(f"{code}\n{report}").splitlines()[-1].split()[1:])


@pytest.mark.parametrize("module", LIGHT)
def test_importing_a_module_of_plain_values_loads_no_heavy_library(module: str) -> None:
    assert loaded_by(f"import hwnas{module}") == set()


@pytest.mark.parametrize("words", ["--help", "search --help", "devices list", "--version"])
def test_a_command_that_only_tells_loads_no_heavy_library(words: str) -> None:
    code = f"from hwnas.cli.app import run; assert run({words.split()!r}) == 0"
    assert loaded_by(code) == set()


def test_wrong_use_of_the_command_line_is_told_without_torch() -> None:
    assert loaded_by("from hwnas.cli.app import run; run(['serch'])") == set()


@pytest.mark.parametrize("name", hwnas.__all__)
def test_a_public_name_resolves(name: str) -> None:
    assert getattr(hwnas, name) is not None


def test_a_public_function_can_be_called_again_after_its_first_use() -> None:
    code = f"import hwnas; print(*(getattr(hwnas, n).__name__ for n in 2 * {PUBLIC_FUNCTIONS}))"
    assert tuple(printed_by(code).split()) == 2 * PUBLIC_FUNCTIONS


def test_a_public_function_goes_before_the_room_of_its_name() -> None:
    code = "import hwnas.search; from hwnas import search; print(callable(search))"
    assert printed_by(code).strip() == "True"


def test_a_room_is_still_imported_from() -> None:
    code = "import hwnas; hwnas.search; from hwnas.search import STRATEGIES; print(*STRATEGIES)"
    assert "ddpnas" in printed_by(code).split()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'serch'"):
        _ = hwnas.serch  # type: ignore[attr-defined]
