"""What one step of each lever does, what to change next, and how many networks that takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwnas.pipeline.explained_run import ExplainedRun, Rows, Vector
from hwnas.regression import ArchitectureRegression, Change, Lever, kendall_tau, levers_of
from hwnas.report import CurvePoint, Effect, Int8Loss, LeverEffect, NextChange
from hwnas.space import Space

N_RESAMPLES, N_REFERENCES, N_NEXT = 40, 100, 5
"""Refits, networks that effects are averaged over, changes told."""
CURVE = (50, 100, 150, 200, 250)
N_SPLITS = 3
TINY = 1e-9


def lever_effects(
    subject: ExplainedRun, learned: ArchitectureRegression
) -> tuple[tuple[Effect, ...], float]:
    """Every lever's, and how well resamples agree in their order."""
    levers = levers_of(subject.space.decisions, subject.attributes)
    turned = _turned(subject, levers, learned, subject.accuracies / 100)
    low, high = 100 * np.quantile(turned.resampled, (0.05, 0.95), axis=0)
    effects = tuple(
        Effect(
            stage=lever.stage,
            name=lever.name,
            points=float(100 * turned.found[at]),
            points_low=float(low[at]),
            points_high=float(high[at]),
            same_sign=float(turned.same_sign[at]),
            ms=float(lever.effects(subject.price.price, turned.references).mean()),
        )
        for at, lever in enumerate(levers)
    )
    taus = [kendall_tau(one, turned.found) for one in turned.resampled]
    return effects, float(np.mean(taus))


def int8_loss(subject: ExplainedRun) -> Int8Loss | None:
    """What int8 costs the networks asked, and which levers raise that; ``None`` if not asked."""
    lost = subject.lost
    if lost is None:
        return None
    levers: tuple[LeverEffect, ...] = ()
    tau = 0.0
    if np.ptp(lost) > 0:
        learned = ArchitectureRegression.of(subject.attributes, subject.rows, lost, "loss")
        tau = learned.learned.quality.kendall_tau
        found = levers_of(subject.space.decisions, subject.attributes)
        turned = _turned(subject, found, learned, lost)
        levers = tuple(
            LeverEffect(
                stage=lever.stage,
                name=lever.name,
                points=float(turned.found[at]),
                same_sign=float(turned.same_sign[at]),
            )
            for at, lever in enumerate(found)
        )
    return Int8Loss(
        mean=float(lost.mean()),
        most=float(lost.max()),
        same_order=kendall_tau(subject.accuracies + lost, subject.accuracies),
        kendall_tau=tau,
        levers=levers,
    )


@dataclass(frozen=True)
class _Turned:
    """Mean effects ``(n_levers,)`` on some networks, and ``(n_resamples, n_levers)``."""

    references: Rows
    found: Vector
    resampled: NDArray[np.float64]

    @property
    def same_sign(self) -> Vector:
        """The share of resamples in which each has its sign."""
        share: Vector = (np.sign(self.resampled) == np.sign(self.found)).mean(axis=0)
        return share


def _turned(
    subject: ExplainedRun, levers: Sequence[Lever], learned: ArchitectureRegression, values: Vector
) -> _Turned:
    """Every lever, by a regression of these values of the run's networks, and by its refits."""
    rng = np.random.default_rng(0)
    references = subject.rows[rng.permutation(len(subject.rows))[:N_REFERENCES]]

    def effects(regression: ArchitectureRegression) -> Vector:
        return np.array([lever.effects(regression.predict, references).mean() for lever in levers])

    resampled = []
    for _ in range(N_RESAMPLES):
        drawn = rng.integers(len(subject.rows), size=len(subject.rows))
        resampled.append(effects(learned.refitted(subject.rows[drawn], values[drawn])))
    return _Turned(references, effects(learned), np.array(resampled))


def next_changes(
    subject: ExplainedRun, learned: ArchitectureRegression
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


def learning_curve(subject: ExplainedRun) -> tuple[CurvePoint, ...]:
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
