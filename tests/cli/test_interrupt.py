"""Ctrl-C before the work begins: while the command line and its libraries are imported."""

import subprocess
import sys
from pathlib import Path

import pytest


def interrupted_at(module: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """``hwnas`` with Ctrl-C in the moment that a module is looked for."""
    code = f"""
import os, runpy, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
sys.meta_path.insert(0, Interrupting())
sys.argv[1:] = {list(arguments)!r}
runpy.run_module("hwnas", run_name="__main__")
"""
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, timeout=120
    )


@pytest.mark.parametrize(
    "module", ["hwnas.cli.app", "typer", "rich.console", "hwnas.pipeline", "numpy", "torch"]
)
def test_ctrl_c_during_an_import_is_one_line(module: str, tmp_path: Path) -> None:
    ending = interrupted_at(module, "search", "--latency", "1ms", "-q", folder=tmp_path)
    assert ending.returncode == 130
    assert ending.stderr == "Interrupted. Run the same command again to go on.\n"
    assert ending.stdout == "" and not list(tmp_path.iterdir())


def test_an_interrupt_that_is_ignored_stays_so(tmp_path: Path) -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    code += "from hwnas.cli.interrupt import heed_interrupts; heed_interrupts(); "
    code += "print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stdout == "True\n"
