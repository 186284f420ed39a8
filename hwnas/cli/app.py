"""The command ``hwnas``: its commands, and the exit code of every ending.

0 kept, 1 a promise verified as broken, 2 wrong use, 3 no network fits, 130 interrupted.
"""

import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from hwnas.cli.devices import devices_app
from hwnas.cli.export import export
from hwnas.cli.profile import profile
from hwnas.cli.search import search
from hwnas.cli.show import CODES, Exit, console
from hwnas.cli.table import table_app
from hwnas.cli.verify import verify
from hwnas.errors import HwnasError, NoNetworkFitsError
from hwnas.version import VERSION

INTERRUPTED = 130

app = typer.Typer(
    help="From a device, a latency budget and labelled images to a quantized ONNX model that was "
    "timed on that device and fits.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(devices_app, name="devices")
app.command()(profile)
app.command()(search)
app.command()(export)
app.command()(verify)
app.add_typer(table_app, name="table")


@app.callback(invoke_without_command=True)
def version(
    show_version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """From a device, a latency budget and labelled images to a network that fits.

    Exit codes: 0 kept, 1 a promise is broken, 2 wrong use, 3 no network fits.
    """
    if show_version:
        print(f"hwnas {VERSION}")
        raise typer.Exit


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; every expected failure is one sentence."""
    try:
        outcome = app(args=arguments, standalone_mode=False)
    except NoNetworkFitsError as error:
        return _say(error, CODES[Exit.NOTHING_FITS])
    except HwnasError as error:
        return _say(error, CODES[Exit.WRONG_USE])
    except TyperException as error:
        message = error.format_message()
        return _say(f"{message} See: hwnas --help" if message else "", CODES[Exit.WRONG_USE])
    except (KeyboardInterrupt, typer.Abort):
        return _say("Interrupted. Run the same command again to go on.", INTERRUPTED)
    return outcome if isinstance(outcome, int) else CODES[Exit.KEPT]


def main() -> None:
    """The console script."""
    sys.exit(run())


def _say(message: object, code: int) -> int:
    if str(message):
        console.print(str(message), markup=False, soft_wrap=True)
    return code
