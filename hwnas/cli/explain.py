"""``hwnas explain``: which choices buy accuracy, and which cost time."""

from typing import Annotated, Any

import typer

from hwnas.cli.options import Json, Quiet
from hwnas.cli.show import print_json, print_table, showing_progress

N_SHOWN = 12


def explain(
    run: Annotated[str, typer.Argument(help="A finished run folder of hwnas search.")],
    device: Annotated[
        str | None,
        typer.Option("--device", help="Whose milliseconds to tell. [default: the run's device]"),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", help="The folder to write. [default: the run folder]")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say in words and pictures which choices buy accuracy and which cost milliseconds.

    For runs whose strategy asked a trained supernet, such as foxnas. Writes explanation.html,
    .json and .png.

    Examples:
        hwnas explain runs/shirts
        hwnas explain runs/shirts --device raspberry-pi-4.toml --out pi/
    """
    from hwnas.pipeline import explain as find
    from hwnas.report import sentences

    with showing_progress(quiet=quiet) as on_progress:
        explanation = find(run, device=device, out=out, on_progress=on_progress)
    if json:
        print_json(explanation)
        return
    for sentence in sentences(explanation):
        print(f"{sentence}\n")
    _print(explanation)
    print(f"{out or run}/explanation.html")


def _print(explanation: Any) -> None:  # noqa: ANN401
    effects = sorted(explanation.effects, key=lambda effect: -effect.points)
    rows = [
        [
            effect.label,
            f"{effect.points:+.3f}",
            f"{effect.points_low:+.3f} to {effect.points_high:+.3f}",
            f"{effect.ms:+.4f}",
            "" if effect.points_per_ms is None else f"{effect.points_per_ms:.3g}",
            "" if effect.is_stable else "unstable",
        ]
        for effect in effects[:N_SHOWN]
    ]
    columns = {
        "one step of": "left",
        "points": "right",
        "9 of 10 resamples": "right",
        "ms": "right",
        "points a ms": "right",
        "": "left",
    }
    print_table(f"{explanation.space} on {explanation.device}", columns, rows)
