"""``hwnas explain``: what a search learned of its space, and what that costs on a device."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from hwnas.block import BlockSpec
from hwnas.pipeline.effects import int8_loss, learning_curve, lever_effects, next_changes
from hwnas.pipeline.explained_run import ExplainedRun, explained_run
from hwnas.pipeline.propose import accuracy_regression
from hwnas.progress import OnProgress, Progress, silent
from hwnas.regression import ArchitectureRegression, Kind, term_name
from hwnas.report import (
    Effect,
    Explanation,
    Learned,
    ToldNetwork,
    explanation_page,
    levers_picture,
)
from hwnas.search.pool import Pool
from hwnas.space import blocks_of
from hwnas.whole_file import write_whole

N_PRICED = 300
"""Random networks from whose prices latency is regressed."""
TOLD = ("predicted_latency_ms", "accuracy", "expected_accuracy")


def explain(
    run: str | Path,
    *,
    device: str | None = None,
    out: str | Path | None = None,
    on_progress: OnProgress = silent,
) -> Explanation:
    """Say which choices buy accuracy and which cost milliseconds, and write it as a page.

    Args:
        run: A finished run of ``hwnas search`` that asked a trained supernet for networks.
        device: A name or file; the run's by default, with the run's precision and threads.
        out: The folder that ``explanation.html``, ``.json`` and ``.png`` go to; the run's by
            default.
        on_progress: Told of every part.

    Raises:
        RunError: The run holds no accuracies to learn from.
        InvalidInputError: The device's table lacks blocks of the space.
    """
    folder = Path(run)
    subject = explained_run(folder, device)
    on_progress(Progress("explain", 1, 4, "learning from networks"))
    precision = subject.table.header.device.precision
    learned = accuracy_regression(subject.space, subject.run.exploration, precision)
    on_progress(Progress("explain", 2, 4, "turning every lever"))
    effects, agreement = lever_effects(subject, learned)
    on_progress(Progress("explain", 3, 4, "learning from fewer networks"))
    explanation = _explanation(subject, learned, effects, agreement)
    target = folder if out is None else Path(out)
    write_whole(target / "explanation.json", json.dumps(asdict(explanation), indent=2) + "\n")
    write_whole(target / "explanation.png", levers_picture(explanation))
    write_whole(target / "explanation.html", explanation_page(explanation))
    on_progress(Progress("explain", 4, 4, ""))
    return explanation


def _explanation(
    subject: ExplainedRun,
    learned: ArchitectureRegression,
    effects: tuple[Effect, ...],
    agreement: float,
) -> Explanation:
    exploration, header = subject.run.exploration, subject.table.header
    more_accurate, faster = next_changes(subject, learned)
    names = [decision.name for decision in subject.space.decisions]
    chosen = Pool(subject.space.decisions).architecture(subject.chosen[0])
    bounds = learned.predict_bounds(subject.chosen)
    told = zip(
        subject.price.price(subject.rows),
        subject.accuracies,
        100 * learned.predict(subject.rows),
        strict=True,
    )
    return Explanation(
        run=str(subject.run.folder),
        space=subject.space.name,
        data=exploration.origin.data,
        strategy=exploration.strategy,
        device=header.device.name,
        precision=header.device.precision,
        provenance=header.provenance,
        accuracy=_learned(learned, "accuracy"),
        latency=_learned(_latency_regression(subject), "latency"),
        chance=100 / _n_classes(blocks_of(subject.space, chosen)),
        effects=effects,
        rank_agreement=agreement,
        choices=dict(zip(names, chosen.choices, strict=True)),
        latency_ms=float(subject.price.price(subject.chosen)[0]),
        expected_accuracy=float(100 * bounds.values[0]),
        expected_low=float(100 * bounds.low[0]),
        expected_high=float(100 * bounds.high[0]),
        more_accurate=more_accurate,
        faster=faster,
        curve=learning_curve(subject),
        networks=tuple(
            ToldNetwork(**dict(zip(TOLD, map(float, one), strict=True))) for one in told
        ),
        never_asked=subject.never_asked,
        float32=None if subject.lost is None else _learned(_in_float(subject), "accuracy"),
        int8=int8_loss(subject),
    )


def _n_classes(blocks: Sequence[BlockSpec]) -> int:
    """Of the block that gives the logits."""
    (head,) = (block for block in blocks if block.gives_logits)
    return int(vars(head)["n_classes"])


def _in_float(subject: ExplainedRun) -> ArchitectureRegression:
    return accuracy_regression(subject.space, subject.run.exploration, "float32")


def _learned(regression: ArchitectureRegression, target: Kind) -> Learned:
    learned = regression.learned
    return Learned(
        target=target,
        n_networks=learned.quality.n_networks,
        kendall_tau=learned.quality.kendall_tau,
        r2=learned.quality.r2,
        mape=learned.quality.mape,
        term_set=learned.term_set,
        scale=learned.scale_name,
        n_terms=learned.n_terms,
        coefficients=tuple((term_name(term), c) for term, c in learned.coefficients),
    )


def _latency_regression(subject: ExplainedRun) -> ArchitectureRegression:
    """Of random networks as the table prices them."""
    rng = np.random.default_rng(0)
    sizes = [len(decision.options) for decision in subject.space.decisions]
    rows = rng.integers(sizes, size=(N_PRICED, len(sizes)))
    latencies_ms = subject.price.price(rows)
    return ArchitectureRegression.of(subject.attributes, rows, latencies_ms, "latency")
