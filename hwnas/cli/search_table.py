"""``hwnas search --accuracy``: the search on a published table, and what does not go with it."""

from pathlib import Path
from typing import Any

import typer

from hwnas.cli.given import given, refuse_others
from hwnas.cli.show import print_json, print_table, say, showing_progress
from hwnas.errors import InvalidInputError

OPTIONS = frozenset(
    {"accuracy", "latency", "device", "space", "strategy", "queries", "seed", "out"}
    | {"json", "quiet"}
)
"""Parameters of ``hwnas search`` that mean something on a table."""


def search_on_table(context: typer.Context) -> None:
    """Run the search that the command line asks for, and print what it found."""
    from hwnas.pipeline import search_table

    refuse_others(
        context, OPTIONS, "--accuracy: networks of a table are neither trained nor built"
    )
    named, parameters = given(context), context.params
    with showing_progress(quiet=parameters["quiet"]) as on_progress:
        result = search_table(
            parameters["accuracy"],
            parameters["latency"],
            space=parameters["space"],
            device=parameters["device"] if "device" in named else None,
            strategy=parameters["strategy"],
            seed=parameters["seed"],
            out=parameters["out"],
            on_progress=on_progress,
            **({"queries": parameters["queries"]} if "queries" in named else {}),
        )
    if parameters["json"]:
        print_json(result)
    else:
        _print(result, parameters["out"])


def refuse_table_options(context: typer.Context) -> None:
    """Refuse what needs ``--accuracy`` where it is not given.

    Raises:
        InvalidInputError: ``--queries``, or a device that is a column.
    """
    from hwnas.pipeline import is_benchmark

    device = context.params["device"]
    if is_benchmark(device):
        raise InvalidInputError(
            f"--device {device} goes with accuracies of a table. Add --accuracy benchmark:FILE."
        )
    if "queries" in given(context):
        raise InvalidInputError(
            f"--queries {context.params['queries']} goes with a table. "
            "Add --accuracy benchmark:FILE, or leave it out."
        )


def _print(result: Any, out: str | None) -> None:  # noqa: ANN401
    budget = "none" if result.latency_budget_ms is None else f"{result.latency_budget_ms:g} ms"
    rows = [["network", result.architecture], ["latency budget", budget]]
    if result.true_latency_ms is not None:
        rows.append(["latency, imported", f"{result.true_latency_ms:g} ms ({result.device})"])
    if result.cheap_accuracy is not None:
        rows.append([f"accuracy, {result.cheap_column}", f"{100 * result.cheap_accuracy:.2f} %"])
    rows += [
        [f"accuracy, {result.full_column}", f"{100 * result.true_accuracy:.2f} %"],
        ["best that fits", f"{100 * result.best_feasible_accuracy:.2f} %"],
        ["networks that fit", f"{result.n_feasible:,} of {result.n_networks:,}"],
        ["networks asked for", f"{result.queries:,}"],
        ["would have cost", f"{result.simulated_cost:,} {result.simulated_cost_unit}"],
    ]
    title = f"{Path(result.accuracy_table).name}: {result.strategy} in {result.space}"
    print_table(title, {"": "left", "found": "left"}, rows)
    if out is not None:
        say(Path(out) / "result.json")
