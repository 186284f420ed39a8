"""``hwnas devices``: what can be targeted."""

from dataclasses import asdict
from typing import Annotated

import typer

from hwnas.cli.options import Connection, Engine, Json
from hwnas.cli.show import Exit, WithExamples, print_json, print_table
from hwnas.device import device_names, device_toml, load_device, probe

SUMMARY = "What can be targeted: list, show NAME, doctor NAME, or probe this machine."

devices_app = typer.Typer(help=SUMMARY, rich_markup_mode=None)


@devices_app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """What can be targeted: list, show NAME, doctor NAME, or probe this machine."""
    if context.invoked_subcommand is None:
        list_devices()


@devices_app.command("list", cls=WithExamples)
def list_devices(json: Json = False) -> None:
    """List the device files that come with hwnas.

    Example:
        hwnas devices list --json
    """
    devices = {name: load_device(name) for name in device_names()}
    if json:
        print_json({name: asdict(device) for name, device in devices.items()})
        return
    rows = [
        [
            name,
            device.engine,
            device.precision,
            str(device.threads),
            device.description if name == device.name else f"= {device.name}",
        ]
        for name, device in devices.items()
    ]
    headings = dict.fromkeys(("device", "engine", "precision", "threads", "what"), "left")
    print_table("devices", headings, rows)


@devices_app.command(cls=WithExamples)
def show(name: Annotated[str, typer.Argument(help="A name or a device file.")]) -> None:
    """Print a device as a device file.

    Example:
        hwnas devices show x86-cpu > my-board.toml
    """
    print(device_toml(load_device(name)), end="")


@devices_app.command(cls=WithExamples)
def doctor(
    name: Annotated[str, typer.Argument(help="A name or a device file.")] = "local",
    engine: Engine = None,
    connection: Connection = None,
    json: Json = False,
) -> None:
    """Check whether a device can be measured well, and say what to fix; exit 1 if it cannot.

    Example:
        hwnas devices doctor arm-cpu --connection "ssh pi@board python3"
    """
    from hwnas.pipeline import Verdict, device_with, examine

    device = device_with(name, engine=engine, connection=connection)
    checks = list(examine(device))
    if json:
        print_json([asdict(check) for check in checks])
    else:
        rows = [[check.what, check.verdict, check.found, check.advice] for check in checks]
        headings = dict.fromkeys(("what", "verdict", "found", "what to do"), "left")
        print_table(f"device {device.name}", headings, rows)
    if any(check.verdict == Verdict.BAD for check in checks):
        raise typer.Exit(Exit.BROKEN_PROMISE)


@devices_app.command("probe", cls=WithExamples)
def probe_machine() -> None:
    """Print this machine as a device file.

    Example:
        hwnas devices probe > my-board.toml && hwnas profile --device my-board.toml
    """
    print(device_toml(probe()), end="")
