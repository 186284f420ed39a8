"""``rank.png``: what a supernet expects of networks, beside what they are."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from hwnas.report.picture import BLUE, png, styled


def ranking_picture(pairs: Sequence[tuple[float, float]], title: str) -> bytes:
    """A PNG of ``(expected, true)`` accuracies, from 0 to 1, in per cent."""
    with styled():
        figure = Figure(figsize=(4.6, 4.2), layout="constrained")
        axes = figure.subplots()
        expected, truth = zip(*pairs, strict=True)
        axes.plot(
            [100 * value for value in expected],
            [100 * value for value in truth],
            "o",
            color=BLUE,
            markersize=3,
            alpha=0.6,
        )
        axes.set_xlabel("accuracy in the supernet (%)")
        axes.set_ylabel("true accuracy (%)")
        axes.set_title(title, loc="left")
        return png(figure)
