"""What one step of each lever does, what to change next, and how many networks that takes."""

import numpy as np

from hwnas.pipeline.explained_run import ExplainedRun, Vector
from hwnas.regression import ArchitectureRegression, Change, kendall_tau, levers_of
from hwnas.report import CurvePoint, Effect, NextChange
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
