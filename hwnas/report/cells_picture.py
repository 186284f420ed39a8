"""Pruned cells as graphs: nodes with their channels, edges with the operations that are left."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes

from hwnas.report.picture import BLUE, GREY, ORANGE

FROM = "<-"
AT = ((0.0, 0.7), (0.0, -0.7), (1.1, 1.5), (1.7, -1.6), (3.1, 1.5), (4.3, -0.6))
"""Where the two inputs and the four sums of a cell are drawn: no edge crosses a node."""
LABEL_AT = (0.35, 0.6, 0.4, 0.45, 0.5)
"""Of each source, the share of an edge behind which its operations are told."""
SHORT = {"skip_connect": "skip", "max_pool_3x3": "max", "avg_pool_3x3": "avg"}


@dataclass
class DrawnCell:
    """Channels of its nodes by number, and operations by node and source."""

    channels: dict[int, int] = field(default_factory=dict)
    edges: dict[tuple[int, int], list[str]] = field(default_factory=dict)


def is_of_cells(blocks: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the blocks of a pruned network are those of cells."""
    return any(FROM in block["position"] for block in blocks)


def drawn_cells(blocks: Iterable[Mapping[str, Any]]) -> dict[str, DrawnCell]:
    """By name; a cell that nothing reads is not there."""
    cells: dict[str, DrawnCell] = {}
    for block in blocks:
        name, _, place = str(block["position"]).partition(".")
        if not place:
            continue
        cell, spec = cells.setdefault(name, DrawnCell()), block["block"]
        node, _, operation = place.removeprefix("node").partition(".")
        if place == "output":
            cell.channels |= dict(enumerate(spec["channels"], start=2))
        elif FROM in operation:
            option, _, source = operation.partition(FROM)
            cell.edges.setdefault((int(node), int(source)), []).append(_told(option, spec))
        elif not operation and spec["kind"] != "add":
            width = spec.get("out_channels") or spec["even_channels"] + spec["odd_channels"]
            cell.channels[int(node)] = width
    return cells


def draw_cell(axes: Axes, name: str, cell: DrawnCell) -> None:
    """Operations of one edge stand together; each sum tells its channels."""
    for (node, source), operations in cell.edges.items():
        begin, end = AT[source], AT[node]
        arrow = {"arrowstyle": "->", "color": GREY, "linewidth": 0.6 + 0.4 * len(operations)}
        axes.annotate("", end, begin, arrowprops=arrow | {"shrinkA": 9, "shrinkB": 9}, zorder=1)
        share = LABEL_AT[source]
        x, y = (b + share * (e - b) for b, e in zip(begin, end, strict=True))
        axes.text(
            x,
            y,
            "\n".join(operations),
            ha="center",
            va="center",
            fontsize=5.5,
            bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none"},
            zorder=2,
        )
    for node, channels in cell.channels.items():
        axes.text(
            *AT[node],
            f"{node}\n{channels}",
            ha="center",
            va="center",
            fontsize=6.5,
            bbox={
                "boxstyle": "circle,pad=0.2",
                "facecolor": "white",
                "edgecolor": ORANGE if node < 2 else BLUE,
            },
            zorder=3,
        )
    axes.set_xlim(-0.5, 4.8)
    axes.set_ylim(-2.1, 2.0)
    axes.set_axis_off()
    axes.set_title(f"{name}: its nodes and their channels", loc="left", fontsize=8)


def _told(option: str, spec: Mapping[str, Any]) -> str:
    """The operation in short, and the channels inside where it has some of its own."""
    short = SHORT.get(option, f"{option[:3]}{option[-1]}")
    return f"{short} {spec['hidden_channels']}" if "hidden_channels" in spec else short
