"""From scores to one network that was seen to fit: generate, time, correct, re-rank."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from hwnas.accuracy import AccuracySource
from hwnas.block import BlockSpec
from hwnas.measure import Measurement
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.search import Candidate, Generator
from hwnas.space import Architecture

N_CANDIDATES = 10
"""How many fitting networks the supernet re-ranks."""
MAX_ROUNDS = 5
LOOK_AHEAD = 500
"""Architectures looked at for ``N_CANDIDATES`` that differ as networks: a skipped block may
stand in several places.
"""
TIGHTEN = 1.03
"""How much slower networks are assumed after a round in which none fitted."""


@dataclass(frozen=True)
class Timed:
    """A candidate that was built and timed; ``predicted_ms`` is its blocks' uncorrected sum."""

    architecture: Architecture
    score: float
    predicted_ms: float
    measurement: Measurement
    accuracy: float


class Chooser:
    """Keeps what was timed, and what the timings say of the prediction."""

    def __init__(
        self, problem: Problem, generator: Generator, source: AccuracySource, work: WorkFolder
    ) -> None:
        self._problem = problem
        self._generator = generator
        self._source = source
        self._work = work
        self._tightening = 1.0
        self._slowdown = 1.0
        self.timed: list[Timed] = []

    @property
    def ratio(self) -> float:
        """Measured over predicted, median over the networks timed; 1 before any was."""
        ratios = [timed.measurement.median_ms / timed.predicted_ms for timed in self.timed]
        return self._slowdown * self._tightening * float(np.median(ratios)) if ratios else 1.0

    def best(self) -> Timed:
        """The most accurate network that was timed within the budget, its spread to spare.

        Where trained networks were slower than untrained, all are held to be; if none fits so,
        that was one outlier and the timings are taken as they are.

        Raises:
            NoNetworkFitsError: None was, in ``MAX_ROUNDS`` rounds of corrections.
        """
        self._fill_up()
        if not self._fitting and self._slowdown > 1:
            self._slowdown = 1.0
            self._fill_up()
        if not self._fitting:
            raise self._nothing_fits()
        return max(self._fitting, key=lambda timed: (timed.accuracy, timed.score))

    def _fill_up(self) -> None:
        """Time networks until enough fit, correcting the prediction round by round."""
        for _ in range(MAX_ROUNDS):
            fresh = list(islice(self._fresh(), N_CANDIDATES))
            for number, candidate in enumerate(fresh, start=1):
                self._time(candidate)
                self._work.progress("choose", number, len(fresh))
            if len(self._fitting) >= N_CANDIDATES or not fresh:
                break
            if not self._fitting:
                self._tightening *= TIGHTEN

    def to_json(self, chosen: Timed) -> dict[str, Any]:
        """What was timed and chosen, for an interrupted run."""
        return {
            "chosen": str(chosen.architecture),
            "tightening": self._tightening,
            "slowdown": self._slowdown,
            "timed": [
                asdict(timed) | {"architecture": timed.architecture.choices}
                for timed in self.timed
            ],
        }

    def restore(self, document: Mapping[str, Any]) -> Timed:
        """Take over what ``to_json`` wrote; returns the network chosen then."""
        self._tightening = document["tightening"]
        self._slowdown = document["slowdown"]
        self.timed = [
            Timed(
                **entry
                | {
                    "architecture": Architecture(tuple(entry["architecture"])),
                    "measurement": Measurement(**entry["measurement"]),
                }
            )
            for entry in document["timed"]
        ]
        return next(timed for timed in self.timed if str(timed.architecture) == document["chosen"])

    def reject(self, timed: Timed, measurement: Measurement) -> None:
        """Replace a timing that the trained network did not keep, and doubt the others by it."""
        slowdown = measurement.median_ms / timed.measurement.median_ms
        self._slowdown = max(self._slowdown, slowdown)
        self.timed[self.timed.index(timed)] = replace(timed, measurement=measurement)

    @property
    def _fitting(self) -> list[Timed]:
        return [
            timed
            for timed in self.timed
            if self._problem.keeps_latency(timed.measurement, self._spare_ms(timed.measurement))
        ]

    def _spare_ms(self, measurement: Measurement) -> float:
        return measurement.mad_ms + (self._slowdown - 1) * measurement.median_ms

    def _fresh(self) -> Iterator[Candidate]:
        """The best of the generator's networks under the corrected model, without those timed."""
        seen = {self._problem.blocks(timed.architecture) for timed in self.timed}
        best = self._generator.best(self._problem.limits(self.ratio))
        top: set[tuple[BlockSpec, ...]] = set()
        for candidate in islice(best, LOOK_AHEAD):
            blocks = self._problem.blocks(candidate.architecture)
            if len(top) == N_CANDIDATES or blocks in top:
                continue
            top.add(blocks)
            if blocks not in seen:
                yield candidate

    def _time(self, candidate: Candidate) -> None:
        architecture = candidate.architecture
        timed = Timed(
            architecture,
            candidate.score,
            self._problem.predict_ms(architecture),
            self._problem.measure(architecture),
            self._source.accuracy(architecture),
        )
        self.timed.append(timed)
        self._work.log(
            "candidate",
            choices=str(architecture),
            score=timed.score,
            predicted_ms=timed.predicted_ms,
            measured_ms=timed.measurement.median_ms,
            supernet_accuracy=timed.accuracy,
        )

    def _nothing_fits(self) -> Exception:
        fastest = self._generator.cheapest(0).architecture
        return self._problem.nothing_fits(fastest, self._problem.measure(fastest))
