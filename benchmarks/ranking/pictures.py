"""One picture a study, drawn from the JSON that its benchmark writes.

Each benchmark draws its own when it is done. Again, from what is kept:

    python benchmarks/ranking/pictures.py benchmarks/ranking/free.json …
"""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hwnas.report.picture import BLUE, GREEN, GREY, ORANGE, png, styled
from hwnas.whole_file import write_whole

COLOURS = (GREY, ORANGE, GREEN, "#805ad5", BLUE)
Document = Mapping[str, Any]


def main() -> None:
    """Draw every file that is named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("documents", nargs="+", type=Path)
    for path in parser.parse_args().documents:
        draw_beside(path)


def draw_beside(path: Path) -> None:
    """A PNG of the same name; what it shows goes by what the document holds."""
    document = json.loads(path.read_text())
    draw, width = next(found for key, found in _DRAWN.items() if key in _keys(document))
    with styled():
        figure = Figure(figsize=(width, 4.2), layout="constrained")
        draw(figure.subplots(), document)
        write_whole(path.with_suffix(".png"), png(figure))


def _keys(document: Document) -> set[str]:
    """The document's, and those of its first row."""
    rows = document.get("rows", [{}])
    return {*document, *rows[0]}


def _free(axes: Axes, document: Document) -> None:
    names = dict.fromkeys(row["method"] for row in document["rows"])
    for place, (name, colour) in enumerate(zip(names, COLOURS, strict=False)):
        rows = [row for row in document["rows"] if row["method"] == name]
        axes.errorbar(
            [row["queries"] * 1.03 ** (place - 2) for row in rows],
            [row["mean"] for row in rows],
            [row["deviation"] for row in rows],
            color=colour,
            marker="o",
            markersize=4,
            capsize=3,
            linewidth=1,
            label=name,
        )
    queries = sorted({row["queries"] for row in document["rows"]})
    axes.set_xscale("log")
    axes.set_xticks(queries, [str(n) for n in queries], minor=False)
    axes.set_xticks([], minor=True)
    axes.set_xlabel("distinct cells asked for")
    axes.set_ylabel(f"test accuracy (%), mean ± deviation of {document['n_seeds']} seeds")
    axes.set_title("NAS-Bench-201, any cell", loc="left")
    axes.legend(loc="lower right", fontsize=8)


def _constrained(axes: Axes, document: Document) -> None:
    rows = document["rows"]
    devices = list(dict.fromkeys(row["device"] for row in rows))
    series = list(dict.fromkeys((row["method"], row["queries"]) for row in rows))
    for (method, queries), colour in zip(series, COLOURS, strict=False):
        found = {
            row["device"]: row["mean_shortfall"]
            for row in rows
            if (row["method"], row["queries"]) == (method, queries)
        }
        axes.plot(
            list(found.values()),
            [devices.index(device) for device in found],
            "o",
            color=colour,
            label=f"{method}, {queries:,}",
        )
    axes.set_yticks(range(len(devices)), [device.removeprefix("lat_ms_") for device in devices])
    axes.set_xlim(left=0)
    axes.set_xlabel(
        f"points below the best cell in the budget, 10 budgets, {document['n_seeds']} seeds"
    )
    axes.set_title("NAS-Bench-201 within a latency", loc="left")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8, frameon=False)


def _supernets(axes: Axes, document: Document) -> None:
    rules = document["rules"]
    for place, found in enumerate(rules.values()):
        for shift, figures in enumerate(found["kendall"]):
            x = place + 0.08 * (shift - (len(found["kendall"]) - 1) / 2)
            axes.plot([x, x], [figures["low"], figures["high"]], color=BLUE, linewidth=1)
            axes.plot(x, figures["value"], "o", color=BLUE, markersize=4)
        axes.plot([place - 0.2, place + 0.2], [found["kendall_mean"]] * 2, color=BLUE)
    teacher = document["settings"]["teacher"]
    alone = np.mean(document["kendall_of_teachers"][teacher])
    axes.axhline(alone, color=GREY, linewidth=1, linestyle="--")
    corner = (len(rules) - 0.5, alone)
    axes.annotate(f"{teacher} alone", corner, color=GREY, ha="right", va="bottom")
    labels = [f"{rule}\n{found['n_epochs']} epochs" for rule, found in rules.items()]
    axes.set_xticks(range(len(rules)), labels)
    axes.set_xlim(-0.5, len(rules) - 0.5)
    axes.set_ylabel("Kendall's tau: seeds with 95 % interval, mean")
    axes.set_title(f"Supernets of {document['settings']['space']['family']}", loc="left")


def _weight_sharing(axes: Axes, document: Document) -> None:
    methods = list(document["summary"])
    for place, method in enumerate(methods):
        found = sorted(run[method]["test_accuracy"] for run in document["runs"])
        axes.plot(place + np.linspace(-0.15, 0.15, len(found)), found, "o", color=BLUE, ms=3)
        axes.plot([place - 0.25, place + 0.25], [np.mean(found)] * 2, color=ORANGE)
    axes.set_xticks(range(len(methods)), methods)
    axes.set_ylabel("test accuracy of the cell returned (%)")
    axes.set_title(f"Real weight sharing, {len(document['runs'])} seeds and mean", loc="left")


def _proxies(axes: Axes, document: Document) -> None:
    published = document["published_nasbench201_taus"]
    found = document["benchmarks"]["nasbench201"]["proxies"]
    for place, (name, figures) in enumerate(found.items()):
        tau = figures["kendall"]
        axes.plot([tau["low"], tau["high"]], [place, place], color=BLUE, linewidth=1)
        axes.plot(tau["value"], place, "o", color=BLUE)
        if name in published:
            axes.plot(published[name], place, "D", color=ORANGE, markerfacecolor="none")
    axes.set_yticks(range(len(found)), list(found))
    axes.set_xlabel("Kendall's tau on NAS-Bench-201 with 95 % interval; hollow: as published")
    axes.set_title("Zero-cost proxies", loc="left")


_DRAWN: Mapping[str, tuple[Callable[[Axes, Document], None], float]] = {
    "mean_shortfall": (_constrained, 7.5),
    "deviation": (_free, 6.0),
    "kendall_of_teachers": (_supernets, 5.0),
    "summary": (_weight_sharing, 6.0),
    "published_nasbench201_taus": (_proxies, 6.0),
}
"""By a key that only one kind of document has: how it is drawn, and inches of width."""


if __name__ == "__main__":
    main()
