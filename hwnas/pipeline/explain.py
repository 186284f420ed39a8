"""``hwnas explain``: what a search learned of its space, and what that costs on a device."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwnas.device import DeviceSpec
from hwnas.errors import InvalidInputError, RunError
from hwnas.latency import PricedSpace, latency_model
from hwnas.measure.engine import engine_for
from hwnas.pipeline.arguments import device_with
from hwnas.pipeline.exploration import KeptRun, kept_run
from hwnas.pipeline.kept_table import is_table_run
from hwnas.pipeline.propose import accuracy_regression
from hwnas.progress import OnProgress, Progress, silent
from hwnas.regression import (
    ArchitectureRegression,
    Change,
    Kind,
    Lever,
    kendall_tau,
    levers_of,
    term_name,
)
from hwnas.report import (
    CurvePoint,
    Effect,
    Explanation,
    Learned,
    NextChange,
    ToldNetwork,
    explanation_page,
    levers_picture,
)
from hwnas.search.pool import Pool
from hwnas.space import (
    Architecture,
    Attributes,
    Space,
    all_blocks,
    architecture_from_json,
    attributes_of,
)
from hwnas.table import LatencyTable, find_table
from hwnas.whole_file import write_whole

Rows = NDArray[np.int64]
Vector = NDArray[np.float64]

N_RESAMPLES, N_REFERENCES, N_PRICED, N_NEXT = 40, 100, 300, 5
"""Refits, networks that effects are averaged over, networks that are priced, changes told."""
CURVE = (50, 100, 150, 200, 250)
N_SPLITS = 3
TINY = 1e-9


@dataclass(frozen=True)
class _Subject:
    """A run's networks, their accuracies in per cent, and what any network costs."""

    run: KeptRun
    space: Space
    attributes: Attributes
    rows: Rows
    accuracies: Vector
    chosen: Rows
    """``(1, n_decisions)`` the network that was found."""
    table: LatencyTable
    price: PricedSpace


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
    subject = _subject(folder, device)
    on_progress(Progress("explain", 1, 4, "learning from networks"))
    learned = accuracy_regression(subject.space, subject.run.exploration)
    on_progress(Progress("explain", 2, 4, "turning every lever"))
    levers = levers_of(subject.space.decisions, subject.attributes)
    effects, agreement = _effects(subject, learned, levers)
    on_progress(Progress("explain", 3, 4, "learning from fewer networks"))
    explanation = _explanation(subject, learned, effects, agreement)
    target = folder if out is None else Path(out)
    write_whole(target / "explanation.json", json.dumps(asdict(explanation), indent=2) + "\n")
    write_whole(target / "explanation.png", levers_picture(explanation))
    write_whole(target / "explanation.html", explanation_page(explanation))
    on_progress(Progress("explain", 4, 4, ""))
    return explanation


def _subject(folder: Path, device: str | None) -> _Subject:
    if is_table_run(folder):
        raise RunError(
            f"{folder} searched a published table, which has no blocks to explain. Name a run "
            "that trained a supernet, such as one of --strategy foxnas."
        )
    run = kept_run(folder)
    if not run.exploration.told:
        raise RunError(
            f"{folder} holds no accuracies that can be compared: {run.exploration.strategy} "
            "learns otherwise. Search by foxnas to have choices explained."
        )
    space = run.exploration.origin.space
    target = _device(folder, device)
    table, why = find_table(target, engine_for(target).fingerprint(target))
    blocks = all_blocks(space)
    if table is None or table.missing(blocks):
        lacks = f"no table ({why})" if table is None else "a table without some of its blocks"
        raise InvalidInputError(
            f"{target.name} has {lacks} for {space.name}. Run hwnas search --from {folder} "
            f"--device {target.name} with a budget, or hwnas profile, first."
        )
    model, pool = latency_model(table, blocks), Pool(space.decisions)
    told = run.exploration.told
    return _Subject(
        run=run,
        space=space,
        attributes=attributes_of(space),
        rows=np.array([pool.row(architecture) for architecture, _ in told]),
        accuracies=np.array([100 * accuracy for _, accuracy in told]),
        chosen=np.array([pool.row(_chosen(folder))]),
        table=table,
        price=PricedSpace(space, model.block_ms, model.constant_ms),
    )


def _read(path: Path) -> Any:  # noqa: ANN401
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(
            f"Cannot read {path}: {error}. Name a run folder of hwnas search."
        ) from error


def _chosen(folder: Path) -> Architecture:
    path = folder / "architecture.json"
    return architecture_from_json(_read(path), str(path))[1]


def _device(folder: Path, device: str | None) -> DeviceSpec:
    """The run's settings on the run's device or another."""
    result = _read(folder / "result.json")
    settings = {name: result[name] for name in ("precision", "threads", "batch")}
    return device_with(device or result["device"], **settings)


def _effects(
    subject: _Subject, learned: ArchitectureRegression, levers: Sequence[Lever]
) -> tuple[tuple[Effect, ...], float]:
    """Every lever's, and how well resamples agree in their order."""
    rng = np.random.default_rng(0)
    references = subject.rows[rng.permutation(len(subject.rows))[:N_REFERENCES]]

    def points(regression: ArchitectureRegression) -> Vector:
        return np.array(
            [100 * lever.effects(regression.predict, references).mean() for lever in levers]
        )

    found = points(learned)
    resampled = []
    for _ in range(N_RESAMPLES):
        drawn = rng.integers(len(subject.rows), size=len(subject.rows))
        again = learned.refitted(subject.rows[drawn], subject.accuracies[drawn] / 100)
        resampled.append(points(again))
    low, high = np.quantile(resampled, (0.05, 0.95), axis=0)
    same = (np.sign(resampled) == np.sign(found)).mean(axis=0)
    effects = tuple(
        Effect(
            stage=lever.stage,
            name=lever.name,
            points=float(found[at]),
            points_low=float(low[at]),
            points_high=float(high[at]),
            same_sign=float(same[at]),
            ms=float(lever.effects(subject.price.price, references).mean()),
        )
        for at, lever in enumerate(levers)
    )
    return effects, float(np.mean([kendall_tau(one, found) for one in resampled]))


def _explanation(
    subject: _Subject,
    learned: ArchitectureRegression,
    effects: tuple[Effect, ...],
    agreement: float,
) -> Explanation:
    exploration, header = subject.run.exploration, subject.table.header
    more_accurate, faster = _next_changes(subject, learned)
    names = [decision.name for decision in subject.space.decisions]
    chosen = Pool(subject.space.decisions).architecture(subject.chosen[0])
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
        effects=effects,
        rank_agreement=agreement,
        choices=dict(zip(names, chosen.choices, strict=True)),
        latency_ms=float(subject.price.price(subject.chosen)[0]),
        expected_accuracy=float(100 * learned.predict(subject.chosen)[0]),
        more_accurate=more_accurate,
        faster=faster,
        curve=_curve(subject),
        networks=tuple(
            ToldNetwork(**dict(zip(TOLD, map(float, one), strict=True))) for one in told
        ),
        never_asked=_never_asked(subject),
    )


TOLD = ("predicted_latency_ms", "accuracy", "expected_accuracy")


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


def _latency_regression(subject: _Subject) -> ArchitectureRegression:
    """Of random networks as the table prices them."""
    rng = np.random.default_rng(0)
    sizes = [len(decision.options) for decision in subject.space.decisions]
    rows = rng.integers(sizes, size=(N_PRICED, len(sizes)))
    latencies_ms = subject.price.price(rows)
    return ArchitectureRegression.of(subject.attributes, rows, latencies_ms, "latency")


def _next_changes(
    subject: _Subject, learned: ArchitectureRegression
) -> tuple[tuple[NextChange, ...], tuple[NextChange, ...]]:
    """Of the network found: what buys most points a millisecond, and what saves time cheapest."""
    changes = []
    for place, decision in enumerate(subject.space.decisions):
        for option in range(len(decision.options)):
            if option != subject.chosen[0, place]:
                changes.append(Change(place, int(subject.chosen[0, place]), option))
    rows = np.concatenate([change.made(subject.chosen)[1] for change in changes])
    points = 100 * (learned.predict(rows) - learned.predict(subject.chosen))
    ms = subject.price.price(rows) - subject.price.price(subject.chosen)
    told = [
        _next_change(subject.space, *one)
        for one in zip(changes, points.tolist(), ms.tolist(), strict=True)
    ]
    better = [change for change in told if change.points > 0]
    better.sort(key=lambda change: (change.ms > 0, -change.points / max(change.ms, TINY)))
    cheaper = [change for change in told if change.ms < 0]
    cheaper.sort(key=lambda change: (change.points < 0, change.points / change.ms))
    return tuple(better[:N_NEXT]), tuple(cheaper[:N_NEXT])


def _next_change(space: Space, change: Change, points: float, ms: float) -> NextChange:
    decision = space.decisions[change.decision]
    before, after = decision.options[change.before], decision.options[change.after]
    return NextChange(decision=decision.name, before=before, after=after, points=points, ms=ms)


def _curve(subject: _Subject) -> tuple[CurvePoint, ...]:
    """What regressions of fewer networks say of the others, mean of ``N_SPLITS``."""
    found = []
    for n in CURVE:
        if n > 0.9 * len(subject.rows):
            break
        taus = []
        for seed in range(N_SPLITS):
            order = np.random.default_rng(seed).permutation(len(subject.rows))
            seen, unseen = order[:n], order[n:]
            learned = ArchitectureRegression.of(
                subject.attributes, subject.rows[seen], subject.accuracies[seen], "accuracy"
            )
            taus.append(
                kendall_tau(learned.predict(subject.rows[unseen]), subject.accuracies[unseen])
            )
        found.append(CurvePoint(n_networks=n, kendall_tau=float(np.mean(taus))))
    return tuple(found)


def _never_asked(subject: _Subject) -> tuple[str, ...]:
    return tuple(
        f"{decision.name}={option}"
        for place, decision in enumerate(subject.space.decisions)
        for at, option in enumerate(decision.options)
        if not (subject.rows[:, place] == at).any()
    )
