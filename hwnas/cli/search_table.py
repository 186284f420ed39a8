"""``hwnas search --accuracy``: the search on a published table, and what does not go with it."""

from pathlib import Path
from typing import Any

import typer

from hwnas.cli.given import given, refuse_others
from hwnas.cli.show import print_json, print_table, say, showing_progress
from hwnas.errors import InvalidInputError

OPTIONS = frozenset(
    {"accuracy", "run", "latency", "device", "space", "strategy", "queries", "seed", "out"}
    | {"json", "quiet"}
)
"""Parameters of ``hwnas search`` that mean something on a table."""
NAMED = frozenset({"device", "space", "strategy", "queries", "seed"})
"""Those of them that matter only where the command line names them."""


def is_on_table(context: typer.Context) -> bool:
    """Whether the command line asks for a search on a table, or from such a search's run."""
    if context.params["accuracy"] is not None:
        return True
    if context.params["run"] is None:
        return False
    from hwnas.pipeline import is_table_run

    return is_table_run(Path(context.params["run"]))


def search_on_table(context: typer.Context) -> None:
    """Run the search that the command line asks for, and print what it found."""
    from hwnas.pipeline import search_table

    refuse_others(
        context, OPTIONS, "--accuracy: networks of a table are neither trained nor built"
    )
    parameters = context.params
    named = {name: parameters[name] for name in given(context) if name in NAMED}
    with showing_progress(quiet=parameters["quiet"]) as on_progress:
        result = search_table(
            parameters["accuracy"],
            parameters["latency"],
            run=parameters["run"],
            out=parameters["out"],
            on_progress=on_progress,
            **named,
        )
    if parameters["json"]:
        print_json(result)
    else:
        _print(result, parameters["out"])


def refuse_table_options(context: typer.Context) -> None:
    """Refuse what needs ``--accuracy`` where it is not given.

    Raises:
        InvalidInputError: A device that is a column.
    """
    from hwnas.pipeline import is_benchmark

    device = context.params["device"]
    if is_benchmark(device):
        raise InvalidInputError(
            f"--device {device} goes with accuracies of a table. Add --accuracy benchmark:FILE."
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
