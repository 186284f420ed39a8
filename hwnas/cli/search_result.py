"""What a search ended in, as a table."""

from typing import Any

from hwnas.cli.show import print_table, say, say_left_in_float, told_bytes


def print_result(result: Any) -> None:  # noqa: ANN401
    """The figures of a ``SearchResult``, its files and its notes."""
    title = f"{result.data} on {result.device}: {result.strategy} in {result.space}"
    print_table(title, {"": "left", "found": "left"}, [*_figures(result), *_beside(result)])
    print(f"{result.out}/model.{result.precision}.onnx")
    for there in result.other_devices:
        print(f"{result.out}/{there.file}")
    say_left_in_float(result.left_in_float if result.precision == "int8" else ())
    for note in result.notes:
        say(note)


def _figures(result: Any) -> list[list[str]]:  # noqa: ANN401
    """Of the network."""
    label = result.provenance.label
    budget = "none" if result.latency_budget_ms is None else f"{result.latency_budget_ms:g} ms"
    spread = result.measured_latency_spread
    rows = [
        ["latency budget", budget],
        ["predicted from blocks", f"{result.predicted_latency_ms:.4g} ms"],
        [
            f"measured{label}",
            f"{result.measured_latency_ms:.4g} ms (90 % of runs within {spread.p90_ms:.4g} ms)",
        ],
        [f"float32 on the same device{label}", f"{result.float32_latency_ms:.4g} ms"],
        ["accuracy float32, test", f"{100 * result.accuracy_float32:.2f} %"],
    ]
    if result.precision != "float32":
        rows.append([f"accuracy {result.precision}, test", f"{100 * result.accuracy:.2f} %"])
    return [
        *rows,
        ["parameters", f"{result.params:,}"],
        ["multiply-accumulates", f"{result.macs:,}"],
        ["model", f"{result.model_bytes:,} bytes ({result.predicted_model_bytes:,} predicted)"],
        [
            "working set",
            f"{told_bytes(result.memory_bytes)} ({result.predicted_memory_bytes:,} predicted)",
        ],
    ]


def _beside(result: Any) -> list[list[str]]:  # noqa: ANN401
    """What it learned from, other devices and other networks."""
    rows = []
    if result.predictor is not None:
        fit = result.predictor
        rows.append(
            [
                f"predictor, of {fit.n_networks} left out in turn",
                f"tau {fit.kendall_tau:.2f} ({fit.tau_low:.2f} to {fit.tau_high:.2f}), "
                f"{100 * fit.mean_error:.2f} points off",
            ]
        )
    if result.pruning is not None:
        rows += _pruning_rows(result.pruning)
    if result.started_from is not None:
        rows.append(["learned by", result.started_from])
    for there in result.other_devices:
        budget = "" if there.latency_budget_ms is None else f" of {there.latency_budget_ms:g} ms"
        found = f"{there.measured_latency_ms:.4g} ms{there.provenance.label}{budget}"
        predicted = f"{there.predicted_latency_ms:.4g} ms predicted"
        rows.append(
            [f"also on {there.device}", f"{found} ({predicted}), {100 * there.accuracy:.2f} %"]
        )
    for base in result.baselines:
        known = "not trained" if base.accuracy is None else f"{100 * base.accuracy:.2f} %"
        measured = f"{base.measured_latency_ms:.4g} ms{base.provenance.label}"
        rows.append([f"beside it: {base.name}", f"{measured}, {known}"])
    return rows


def _pruning_rows(pruning: Any) -> list[list[str]]:  # noqa: ANN401
    """What is left by granularity, what that is worth, and the memory that it took."""
    left = [f"{100 * share:.3g} % of {name}s" for name, share in pruning.left.items()]
    most = max(phase.n_bytes for phase in pruning.memory)
    return [
        ["left of what was pruned", ", ".join(left)],
        ["parameters that are not zero", f"{pruning.kept_parameters:,}"],
        ["model, compressed", f"{pruning.compressed_bytes:,} bytes"],
        [
            "training step, at its largest",
            f"{told_bytes(most)} for its backward pass, {100 * pruning.memory_share:.0f} % of all "
            "operations at once",
        ],
    ]
