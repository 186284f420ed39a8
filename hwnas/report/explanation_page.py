"""``explanation.html``: the sentences, the figures and the pictures on one page."""

import base64
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from matplotlib.figure import Figure

from hwnas.report.explanation import Explanation, Learned
from hwnas.report.explanation_words import sentences
from hwnas.report.picture import BLUE, GREEN, GREY, ORANGE, png, styled

TEMPLATE = Path(__file__).with_name("explanation.html.j2")


def explanation_page(explanation: Explanation) -> bytes:
    """One HTML file that needs no other."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    text = page.render(
        e=explanation,
        sentences=sentences(explanation),
        effects=sorted(explanation.effects, key=lambda effect: -effect.points),
        regressions=_regressions(explanation),
        levers=_embedded(levers_picture(explanation)),
        networks=_embedded(_networks_picture(explanation)),
    )
    return text.encode()


def _regressions(e: Explanation) -> list[tuple[str, Learned]]:
    """By what each is of."""
    if e.float32 is None:
        return [("accuracy", e.accuracy), ("latency", e.latency)]
    return [
        ("accuracy in int8", e.accuracy),
        ("accuracy in float", e.float32),
        ("latency", e.latency),
    ]


def levers_picture(explanation: Explanation) -> bytes:
    """A PNG of what a step of each lever buys beside what it costs."""
    effects = sorted(explanation.effects, key=lambda effect: effect.points)
    with styled():
        figure = Figure(figsize=(9.5, 0.5 + 0.24 * len(effects)), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        places = np.arange(len(effects))
        colours = [GREEN if effect.is_stable else GREY for effect in effects]
        left.barh(places, [effect.points for effect in effects], color=colours)
        left.errorbar(
            [effect.points for effect in effects],
            places,
            xerr=np.array(
                [
                    [max(0.0, effect.points - effect.points_low) for effect in effects],
                    [max(0.0, effect.points_high - effect.points) for effect in effects],
                ]
            ),
            fmt="none",
            ecolor="black",
            linewidth=0.8,
        )
        left.set_yticks(places, [effect.label for effect in effects])
        left.set_xlabel("points of accuracy a step")
        left.axvline(0, color=GREY, linewidth=0.8)
        right.barh(places, [effect.ms for effect in effects], color=ORANGE)
        right.locator_params(axis="x", nbins=5)
        right.set_xlabel(f"ms a step on {explanation.device} ({explanation.provenance})")
        return png(figure)


def _networks_picture(explanation: Explanation) -> bytes:
    networks = explanation.networks
    with styled():
        figure = Figure(figsize=(9.5, 3.4), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        left.plot(
            [one.predicted_latency_ms for one in networks],
            [one.accuracy for one in networks],
            "o",
            color=BLUE,
            markersize=3,
        )
        left.axvline(explanation.latency_ms, color=GREEN, linewidth=1)
        left.set_xlabel("latency from blocks (ms); line: the network found")
        left.set_ylabel("accuracy in the supernet (%)")
        _draw_expected(middle, explanation)
        right.plot(
            [point.n_networks for point in explanation.curve],
            [point.kendall_tau for point in explanation.curve],
            "o-",
            color=BLUE,
        )
        right.set_xlabel("networks learned from")
        right.set_ylabel("Kendall's tau on others")
        return png(figure)


def _draw_expected(axes: Any, explanation: Explanation) -> None:  # noqa: ANN401
    told = [one.accuracy for one in explanation.networks]
    expected = [one.expected_accuracy for one in explanation.networks]
    axes.plot(expected, told, "o", color=BLUE, markersize=3)
    ends = [min(told + expected), max(told + expected)]
    axes.plot(ends, ends, "-", color=GREY, linewidth=0.8)
    axes.set_xlabel("expected by the regression (%)")
    axes.set_ylabel("accuracy in the supernet (%)")


def _embedded(image: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(image).decode()
