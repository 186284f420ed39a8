"""The command ``hwnas``: its commands, and the exit code of every ending.

0 kept, 1 a promise verified as broken, 2 wrong use, 3 no network fits, 70 a bug of hwnas,
130 interrupted, 141 the reader of the output left.
"""

import re
import sys
import tempfile
import traceback
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from hwnas.cli.devices import devices_app
from hwnas.cli.explain import explain
from hwnas.cli.export import export
from hwnas.cli.interrupt import INTERRUPTED
from hwnas.cli.profile import profile
from hwnas.cli.rank import rank
from hwnas.cli.search import search
from hwnas.cli.show import Exit, WithExamples, say
from hwnas.cli.table import table_app
from hwnas.cli.verify import verify
from hwnas.errors import HwnasError, NoNetworkFitsError, reason
from hwnas.version import VERSION
from hwnas.whole_file import FULL, remedy

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(devices_app, name="devices", short_help="Devices: list, show, probe, doctor.")
app.command(cls=WithExamples, short_help="Time every block of a space on a device.")(profile)
app.command(cls=WithExamples, short_help="Find the best network within a budget.")(search)
app.command(cls=WithExamples, short_help="Say what a search learned of its choices.")(explain)
app.command(cls=WithExamples, short_help="Write a network as one ONNX file.")(export)
app.command(cls=WithExamples, short_help="Time and test an ONNX file; for CI.")(verify)
app.command(cls=WithExamples, short_help="Hold a supernet against true accuracies.")(rank)
app.add_typer(
    table_app, name="table", short_help="Latency tables: list, show, score, fit, convert."
)


@app.callback(invoke_without_command=True)
def version(
    show_version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """From a device, a latency budget and labelled images to a quantized ONNX model that fits.

    The first thing to try: hwnas search --latency 0.1ms

    Exit codes: 0 kept, 1 a promise is broken, 2 wrong use, 3 no network fits, 70 a bug,
    130 interrupted.
    """
    if show_version:
        print(f"hwnas {VERSION}")
        raise typer.Exit


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; every expected failure is one sentence."""
    try:
        outcome = app(args=arguments, prog_name="hwnas", standalone_mode=False)
    except NoNetworkFitsError as error:
        return _say(error, Exit.NOTHING_FITS)
    except HwnasError as error:
        return _say(error, Exit.WRONG_USE)
    except TyperException as error:
        return _say(_wrong_use(error), Exit.WRONG_USE)
    except OSError as error:
        return _say(_no_file(error), Exit.WRONG_USE)
    except SystemExit:  # Typer's end of a broken pipe, with the code of a broken promise
        return Exit.READER_LEFT
    except (KeyboardInterrupt, typer.Abort):
        outcome = Exit.INTERRUPTED
    if outcome == Exit.INTERRUPTED:
        say(INTERRUPTED)
    return outcome if isinstance(outcome, int) else Exit.KEPT


def main() -> None:
    """The console script."""
    try:
        code = run()
    except Exception:  # noqa: BLE001 - a bug keeps its traceback, but not the code of a verdict
        traceback.print_exc()
        say("This is a bug of hwnas. Please report it with the lines above.")
        code = Exit.CRASHED
    sys.exit(code)


def _no_file(error: OSError) -> str:
    """The system's words; it names no path where a file is full, as a temporary one may be."""
    if error.filename:
        return f"{error.filename}: {reason(error)}. {remedy(error, 'name another place')}"
    if error.errno in FULL:
        return f"{reason(error)}. Free the disk, also under {tempfile.tempdir or '$TMPDIR'}."
    return f"{reason(error)}. Run the same command again."


def _wrong_use(error: TyperException) -> str:
    """Typer's words, the value that they leave out, and where to read on; or a whole help text."""
    message = error.format_message().rstrip(".")
    if "\n" in message:
        return message
    unread = re.search("input_value=(.+), input_type", str(error.__cause__))
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "hwnas"
    message += f", got {unread[1]}" if unread else ""
    return f"{message}{'' if message.endswith('?') else '.'} See: {command} --help"


def _say(message: object, code: int) -> int:
    if str(message):
        say(message)
    return code
