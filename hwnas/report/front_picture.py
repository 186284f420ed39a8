"""``front.png``: an evolved front, how it grew, and which blocks its networks are made of."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from hwnas.report.picture import BLUE, GREY, ORANGE, conditions, png, styled
from hwnas.report.result import FrontPoint, SearchResult

MOST_TOLD = 24
"""Networks whose blocks are told, evenly along the front."""


def front_picture(result: SearchResult) -> bytes:
    """A PNG: expected accuracy over latency, hypervolume over generations, and blocks.

    A block's colour is the first word of its option, such as its type.
    """
    told = _evenly(result.front)
    with styled():
        figure = Figure(figsize=(11, 4 + 0.24 * len(told)), layout="constrained")
        axes = figure.subplot_mosaic(
            [["front", "growth"], ["blocks", "blocks"]],
            height_ratios=(3.6, 0.5 + 0.24 * len(told)),
        )
        _draw_front(axes["front"], result)
        _draw_growth(axes["growth"], result.hypervolumes)
        _draw_blocks(axes["blocks"], told)
        return png(figure)


def _evenly(front: Sequence[FrontPoint]) -> list[FrontPoint]:
    places = np.linspace(0, len(front) - 1, min(MOST_TOLD, len(front))).round().astype(int)
    return [front[place] for place in places]


def _draw_front(axes: Any, result: SearchResult) -> None:  # noqa: ANN401
    latencies = [point.corrected_latency_ms for point in result.front]
    axes.plot(latencies, [100 * (p.expected_accuracy or 0) for p in result.front], "o", color=BLUE)
    if result.latency_budget_ms is not None:
        axes.axvline(result.latency_budget_ms, color=ORANGE, linestyle="--", linewidth=1.2)
    axes.set_xlabel(f"latency on {result.device}, {conditions(result)} (ms)")
    axes.set_ylabel("expected accuracy (%)")
    further = [*(one.device for one in result.other_devices), *result.objectives]
    also = f", and of {', '.join(further)}" if further else ""
    axes.set_title(f"front of accuracy and latency{also}", loc="left")


def _draw_growth(axes: Any, hypervolumes: Sequence[float]) -> None:  # noqa: ANN401
    axes.plot(range(1, len(hypervolumes) + 1), hypervolumes, "-", color=BLUE)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("generation")
    axes.set_ylabel("hypervolume (share)")
    axes.set_title("how the front grew", loc="left")


def _draw_blocks(axes: Any, told: Sequence[FrontPoint]) -> None:  # noqa: ANN401
    options = [point.choices.split(",") for point in told]
    kinds = sorted({option.partition("-")[0] for row in options for option in row})
    colours = {kind: mpl.color_sequences["tab10"][n % 10] for n, kind in enumerate(kinds)}
    for row, chosen in enumerate(options):
        for column, option in enumerate(chosen):
            kind, _, rest = option.partition("-")
            axes.barh(row, 1, left=column, height=0.9, color=colours[kind], alpha=0.45)
            axes.text(column + 0.5, row, rest or kind, ha="center", va="center", fontsize=6)
    axes.set_yticks(range(len(told)), [_label(point) for point in told], fontsize=7)
    axes.set_xticks(np.arange(len(options[0])) + 0.5, [f"{n + 1}" for n in range(len(options[0]))])
    axes.set_xlim(0, len(options[0]))
    axes.set_xlabel("block", color=GREY)
    handles = [Patch(color=colours[kind], alpha=0.45, label=kind) for kind in kinds]
    axes.legend(handles=handles, ncols=len(kinds), loc="lower left", bbox_to_anchor=(0, 1))


def _label(point: FrontPoint) -> str:
    return f"{point.corrected_latency_ms:.3g} ms, {100 * (point.expected_accuracy or 0):.2f} %"
