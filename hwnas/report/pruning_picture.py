"""``pruning.png``: what was left over time, the memory that took, and the network left."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hwnas.report.cells_picture import draw_cell, drawn_cells, is_of_cells
from hwnas.report.picture import BLUE, GREEN, GREY, ORANGE, png, styled
from hwnas.report.pruning import Pruning
from hwnas.report.result import SearchResult

COLOURS = {"op": BLUE, "filter": ORANGE, "weight": GREEN}
STYLES = ("-", "--", ":", "-.")
"""Of the stages, in turn."""
MEGABYTE = 1e6
CELLS_A_ROW = 3


def pruning_picture(result: SearchResult, pruning: Pruning) -> bytes:
    """A PNG of three panels; the third is the pruned network as a graph, cell by cell."""
    blocks = result.architecture["space"]["blocks"]
    cells = drawn_cells(blocks) if is_of_cells(blocks) else {}
    n_rows = -(-len(cells) // CELLS_A_ROW) or 1
    with styled():
        figure = Figure(figsize=(11.5, 3.8 + 3.8 * max(1, 0.75 * n_rows)), layout="constrained")
        heights = (1, max(1, 0.75 * n_rows))
        grid = figure.add_gridspec(2, 2, width_ratios=(1.8, 1), height_ratios=heights)
        _draw_shares(figure.add_subplot(grid[0, 0]), pruning)
        _draw_memory(figure.add_subplot(grid[0, 1]), pruning)
        if cells:
            beside = grid[1, :].subgridspec(n_rows, min(len(cells), CELLS_A_ROW))
            for number, (name, cell) in enumerate(cells.items()):
                draw_cell(figure.add_subplot(beside[number]), name, cell)
        else:
            _draw_network(figure.add_subplot(grid[1, :]), blocks)
        return png(figure)


def _draw_shares(axes: Axes, pruning: Pruning) -> None:
    """A line a granularity and stage; phases are set apart by where they begin."""
    epochs = [moment.epoch for moment in pruning.moments]
    for granularity in pruning.granularities:
        stages = zip(*(moment.left[granularity] for moment in pruning.moments), strict=True)
        for number, shares in enumerate(stages):
            axes.plot(
                epochs,
                [100 * share for share in shares],
                STYLES[number % len(STYLES)],
                color=COLOURS[granularity],
                label=f"{granularity}s, stage {number + 1}",
            )
    for before, moment in zip(pruning.moments, pruning.moments[1:], strict=False):
        if moment.phase != before.phase:
            axes.axvline(before.epoch + 0.5, color=GREY, linewidth=0.8)
            axes.annotate(moment.phase, (before.epoch + 0.6, 101), color=GREY, fontsize=8)
    axes.set_ylim(0, 108)
    axes.set_xlabel("search epochs")
    axes.set_ylabel("left (%)")
    axes.set_title("what is left, by granularity and stage", loc="left")
    axes.legend(fontsize=7, ncols=len(pruning.granularities), frameon=False)


def _draw_memory(axes: Axes, pruning: Pruning) -> None:
    names = [phase.phase for phase in pruning.memory]
    axes.bar(names, [phase.n_bytes / MEGABYTE for phase in pruning.memory], color=BLUE, width=0.6)
    axes.axhline(pruning.all_at_once_bytes / MEGABYTE, color=ORANGE, linestyle="--")
    axes.annotate(
        "everything at once",
        (0, pruning.all_at_once_bytes / MEGABYTE),
        xytext=(0, 3),
        textcoords="offset points",
        color=ORANGE,
    )
    axes.set_ylim(0, 1.12 * pruning.all_at_once_bytes / MEGABYTE)
    axes.set_ylabel("held for the backward pass (MB)")
    axes.set_title("memory of a training step", loc="left")


def _draw_network(axes: Axes, blocks: Sequence[Mapping[str, Any]]) -> None:
    """Blocks at their depth from the image, those of equal depth above each other."""
    depths: dict[str, int] = {}
    at: dict[str, tuple[float, float]] = {}
    for block in blocks:
        depths[block["position"]] = 1 + max((depths[name] for name in block["inputs"]), default=0)
    for depth in sorted(set(depths.values())):
        beside = [name for name, found in depths.items() if found == depth]
        for place, name in enumerate(beside):
            at[name] = (float(depth), place - (len(beside) - 1) / 2)
    for block in blocks:
        x, y = at[block["position"]]
        for name in block["inputs"]:
            axes.annotate(
                "", (x, y), at[name], arrowprops={"arrowstyle": "-", "color": GREY}, zorder=1
            )
        axes.annotate(
            _told(block),
            (x, y),
            ha="center",
            va="center",
            fontsize=7,
            bbox={"boxstyle": "round", "facecolor": "white", "edgecolor": BLUE},
            zorder=2,
        )
    heights = [y for _, y in at.values()]
    axes.set_xlim(0.4, max(depths.values()) + 0.6)
    axes.set_ylim(min(heights) - 0.8, max(heights) + 0.8)
    axes.set_axis_off()
    axes.set_title("the network that is left: kernel, then hidden channels", loc="left")


def _told(block: Mapping[str, Any]) -> str:
    """Where it stands, and its kernel and width if it has any."""
    spec = block["block"]
    parts = [str(block["position"]).rsplit(".k", 1)[0].replace(".", "\n")]
    if spec["kind"] == "add":
        return "+"
    size = f"{spec['kernel_size']}x{spec['kernel_size']}" if "kernel_size" in spec else ""
    width = f"{spec['hidden_channels']}" if "hidden_channels" in spec else ""
    return "\n".join([*parts, " ".join(filter(None, (size, width)))])
