"""``pareto.png`` of a search, ``scatter.png`` of a table: predicted beside measured."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from hwnas.report.result import SearchResult

BLUE, ORANGE, GREY, GREEN = "#2b6cb0", "#dd6b20", "#718096", "#2f855a"


def picture(result: SearchResult) -> bytes:
    """A PNG of two panels: accuracy over latency, measured over predicted latency."""
    with styled():
        figure = Figure(figsize=(10.5, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.7, 1))
        _draw_front(left, result)
        _draw_baselines(left, result)
        _draw_chosen(left, result)
        left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), fontsize=8, frameon=False)
        _draw_agreement(right, result)
        return png(figure)


def agreement_picture(pairs_ms: Sequence[tuple[float, float]], title: str) -> bytes:
    """A PNG of ``(predicted, measured)`` milliseconds with the band of 5 % error."""
    with styled():
        figure = Figure(figsize=(4.6, 4.2), layout="constrained")
        axes = figure.subplots()
        predicted, measured = zip(*pairs_ms, strict=True)
        axes.plot(predicted, measured, "o", color=BLUE, markersize=3)
        _draw_band(axes, [*predicted, *measured])
        axes.set_title(title, loc="left")
        return png(figure)


@contextmanager
def styled() -> Iterator[None]:
    """The look of every picture here."""
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        yield


def png(figure: Figure) -> bytes:
    """The figure as a file."""
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=130)
    return image.getvalue()


def _draw_front(axes: Any, result: SearchResult) -> None:  # noqa: ANN401
    asked = [(p.corrected_latency_ms, p.supernet_accuracy) for p in result.front]
    expected = [(p.corrected_latency_ms, p.expected_accuracy) for p in result.front]
    is_asked = any(found is not None for _, found in asked)
    known = [(ms, found) for ms, found in (asked if is_asked else expected) if found is not None]
    source = "supernet" if is_asked else "expected"
    is_line = not (result.objectives or result.other_devices)
    axes.plot(
        [ms for ms, _ in known],
        [100 * found for _, found in known],
        "o-" if is_line else "o",
        color=BLUE,
        markerfacecolor="white",
        linewidth=1,
        label=f"front: predicted latency (corrected), {source} accuracy",
    )
    if result.latency_budget_ms is not None:
        axes.axvline(result.latency_budget_ms, color=ORANGE, linestyle="--", linewidth=1.2)
        axes.annotate(
            f"budget {result.latency_budget_ms:g} ms",
            (result.latency_budget_ms, 0.02),
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            rotation=90,
            color=ORANGE,
        )
    axes.set_xlabel(f"latency on {result.device}, {conditions(result)} (ms)")
    axes.set_ylabel("accuracy (%)")
    axes.set_title(f"{result.data}: {result.strategy} in {result.space}", loc="left")


def _draw_baselines(axes: Any, result: SearchResult) -> None:  # noqa: ANN401
    trained = [base for base in result.baselines if base.accuracy_float32 is not None]
    for base in trained:
        point = (base.measured_latency_ms, 100 * (base.accuracy or 0))
        axes.plot(*point, "s", color=GREY)
        axes.annotate(
            base.name,
            point,
            xytext=(-5, 4),
            textcoords="offset points",
            horizontalalignment="right",
            color=GREY,
        )
    for base in result.baselines:
        if base not in trained:
            axes.axvline(base.measured_latency_ms, color=GREY, linestyle=":", linewidth=1)
            axes.annotate(
                f"{base.name} (timed only)",
                (base.measured_latency_ms, 0.02),
                xycoords=("data", "axes fraction"),
                xytext=(-3, 0),
                textcoords="offset points",
                horizontalalignment="right",
                rotation=90,
                color=GREY,
            )


def _draw_chosen(axes: Any, result: SearchResult) -> None:  # noqa: ANN401
    final = result.accuracy
    axes.plot(
        [result.predicted_latency_ms, result.measured_latency_ms],
        [100 * final] * 2,
        "-",
        color=GREEN,
        linewidth=1,
    )
    axes.plot(result.predicted_latency_ms, 100 * final, "D", color=GREEN, markerfacecolor="white")
    axes.plot(
        result.measured_latency_ms,
        100 * final,
        "D",
        color=GREEN,
        label=f"chosen, {result.precision}, test: {100 * final:.2f} % "
        f"at {result.measured_latency_ms:.3g} ms (hollow: predicted)",
    )


def _draw_agreement(axes: Any, result: SearchResult) -> None:  # noqa: ANN401
    predicted = [network.predicted_latency_ms for network in result.measured_networks]
    measured = [network.measured_latency_ms for network in result.measured_networks]
    axes.plot(predicted, measured, "o", color=BLUE, markersize=4, label="timed while choosing")
    axes.plot(
        result.predicted_latency_ms, result.measured_latency_ms, "D", color=GREEN, label="chosen"
    )
    own = [result.predicted_latency_ms, result.measured_latency_ms]
    _draw_band(axes, [*predicted, *measured, *own])
    axes.set_title("whole networks", loc="left")
    axes.legend(loc="upper left", fontsize=8)


def _draw_band(axes: Any, everything: Sequence[float]) -> None:  # noqa: ANN401
    """The diagonal, 5 % to each side, and the names of the axes."""
    ends = [0.95 * min(everything), 1.05 * max(everything)]
    axes.plot(ends, ends, "-", color=GREY, linewidth=0.8)
    axes.fill_between(
        ends,
        [0.95 * end for end in ends],
        [1.05 * end for end in ends],
        color=GREY,
        alpha=0.15,
        linewidth=0,
        label="within 5 %",
    )
    axes.set_xlabel("predicted from blocks (ms)")
    axes.set_ylabel("measured (ms)")


def conditions(result: SearchResult) -> str:
    """Precision, threads, and what the latencies are if they are not measured."""
    label = f"{result.precision}, {result.threads} thread{'s' * (result.threads > 1)}"
    return label + result.provenance.label.upper()
