"""The accuracy–latency picture of ``headline.json``."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from hwnas.report.picture import BLUE, GREEN, GREY, ORANGE, png, styled
from hwnas.whole_file import write_whole

COLOURS = {"mobilenetv2": GREY, "efficientnet-lite0": ORANGE, "foxnas": GREEN, "ddpnas": BLUE}

TICKS = (0.1, 0.2, 0.3, 0.5, 1.0)
"""Milliseconds."""


def draw(document: dict[str, Any], path: Path) -> None:
    """Mean int8 accuracy over latency, bars from the worst seed to the best."""
    with styled():
        figure = Figure(figsize=(7.5, 4.6), layout="constrained")
        axes = figure.subplots()
        for family, colour in COLOURS.items():
            networks = [one for one in document["networks"] if one["family"] == family]
            networks.sort(key=lambda one: one["ms"])
            if not networks:
                continue
            seeds = [np.array(one["int8"]) for one in networks]
            mean = np.array([one.mean() for one in seeds])
            ends = np.array([[one.min() for one in seeds], [one.max() for one in seeds]])
            axes.errorbar(
                [one["ms"] for one in networks],
                mean,
                yerr=np.abs(ends - mean),
                fmt="o-",
                color=colour,
                capsize=2,
                label=family,
            )
        axes.set_xscale("log")
        axes.set_xticks(TICKS, labels=[f"{ms:g}" for ms in TICKS])
        axes.minorticks_off()
        axes.set_xlabel("int8 latency (ms, one thread, measured in turn)")
        axes.set_ylabel("int8 accuracy on test images (%)")
        axes.set_title(document["data"])
        axes.legend(loc="lower right")
        write_whole(path, png(figure))
