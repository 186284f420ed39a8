"""From scores to one network that was seen to fit: generate, time, correct, re-rank."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from typing import Any

import numpy as np

from hwnas.accuracy import AccuracySource
from hwnas.measure import Measurement
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.refusal import nothing_fits
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.search import Candidate, Proposer
from hwnas.space import Architecture, Network

N_CANDIDATES = 10
"""How many fitting networks the supernet re-ranks."""
MAX_ROUNDS = 5
LOOK_AHEAD = 500
"""Architectures looked at for ``N_CANDIDATES`` that differ as networks: a skipped block may
stand in several places.
"""
KEPT_AS = "chooser"
TIGHTEN = 1.03
"""How much slower networks are assumed after a round in which none fitted."""


@dataclass(frozen=True)
class Timing:
    """A network on a device; ``predicted_ms`` is its blocks' uncorrected sum."""

    predicted_ms: float
    measurement: Measurement

    @property
    def ratio(self) -> float:
        """Measured over predicted."""
        return self.measurement.median_ms / self.predicted_ms


@dataclass(frozen=True)
class Timed:
    """A candidate that was built and timed on every device, first on that of the network.

    The accuracy is the supernet's, ``None`` without one. A rejected candidate was trained and
    then broke the budget.
    """

    architecture: Architecture
    score: float
    timings: tuple[Timing, ...]
    accuracy: float | None
    rejected: bool = False

    @property
    def predicted_ms(self) -> float:
        """On the network's own device."""
        return self.timings[0].predicted_ms

    @property
    def measurement(self) -> Measurement:
        """On the network's own device."""
        return self.timings[0].measurement


class Chooser:
    """Keeps what was timed, and what the timings say of the prediction, also when killed."""

    def __init__(
        self,
        problem: Problem,
        generator: Proposer,
        source: AccuracySource | None,
        work: WorkFolder,
        found: Sequence[Architecture] = (),
    ) -> None:
        """Without a ``source`` of accuracies the score alone decides.

        ``found`` are networks that the strategy found itself, best first.
        """
        self._problem = problem
        self._generator = generator
        self._source = source
        self._work = work
        self._found = tuple(found)
        self._tightening = 1.0
        self._slowdowns = (1.0,) * len(problem.devices)
        self._chosen = ""
        self.n_rejected = 0
        self.timed: list[Timed] = []
        kept = work.recall(KEPT_AS)
        if kept is not None:
            self._restore(kept)

    @property
    def ratios(self) -> tuple[float, ...]:
        """Measured over predicted, median over the networks timed; a guess before any was.

        One for each device, first that of the network.
        """
        if not self.timed:
            return self._problem.first_ratios
        ratios = [[timing.ratio for timing in timed.timings] for timed in self.timed]
        found = np.median(ratios, axis=0)
        return tuple(map(float, found))

    def best(self) -> Timed:
        """The most accurate network that was timed within the budget, its spread to spare.

        Where trained networks were slower than untrained, all are held to be; if none fits so,
        that was one outlier and the timings are taken as they are.

        Raises:
            NoNetworkFitsError: None was, in ``MAX_ROUNDS`` rounds of corrections.
        """
        for timed in self.timed:
            if str(timed.architecture) == self._chosen:
                return timed
        self._fill_up()
        if not self._fitting and max(self._slowdowns) > 1:
            self._slowdowns = (1.0,) * len(self._slowdowns)
            self._fill_up()
        if not self._fitting:
            self.forget()
            raise nothing_fits(self._problem, self._generator)
        chosen = max(self._fitting, key=lambda timed: (timed.accuracy or 0.0, timed.score))
        self._chosen = str(chosen.architecture)
        self._keep()
        return chosen

    def reject(self, timed: Timed, trained: Sequence[Measurement]) -> None:
        """Never choose it again; doubt the others' timings by those of the trained network."""
        pairs = list(zip(timed.timings, trained, strict=True))
        slowdowns = [now.median_ms / before.measurement.median_ms for before, now in pairs]
        self._slowdowns = tuple(map(max, self._slowdowns, slowdowns))
        timings = tuple(replace(before, measurement=now) for before, now in pairs)
        self.timed[self.timed.index(timed)] = replace(timed, timings=timings, rejected=True)
        self.n_rejected += 1
        self._chosen = ""
        self._keep()

    def forget(self) -> None:
        """Let the next sitting time everything anew: the device may have been busy."""
        self._work.forget(KEPT_AS)

    def _fill_up(self) -> None:
        """Time networks until enough fit, correcting the prediction round by round."""
        for _ in range(MAX_ROUNDS):
            if len(self._fitting) >= N_CANDIDATES:
                return
            fresh = list(islice(self._fresh(), N_CANDIDATES))
            for number, candidate in enumerate(fresh, start=1):
                self._time(candidate)
                self._keep()
                self._work.progress("choose", number, len(fresh))
            if not self._fitting:
                self._tightening *= TIGHTEN
            elif not fresh:
                return

    def _keep(self) -> None:
        state = {
            "chosen": self._chosen,
            "n_rejected": self.n_rejected,
            "tightening": self._tightening,
            "slowdowns": self._slowdowns,
            "timed": [
                asdict(timed) | {"architecture": timed.architecture.choices}
                for timed in self.timed
            ],
        }
        self._work.remember(KEPT_AS, state)

    def _restore(self, state: Mapping[str, Any]) -> None:
        self._chosen = state["chosen"]
        self.n_rejected = state["n_rejected"]
        self._tightening = state["tightening"]
        self._slowdowns = tuple(state["slowdowns"])
        self.timed = [
            Timed(
                **entry
                | {
                    "architecture": Architecture(tuple(entry["architecture"])),
                    "timings": tuple(
                        Timing(one["predicted_ms"], Measurement(**one["measurement"]))
                        for one in entry["timings"]
                    ),
                }
            )
            for entry in state["timed"]
        ]

    @property
    def _fitting(self) -> list[Timed]:
        return [timed for timed in self.timed if not timed.rejected and self._fits(timed)]

    def _fits(self, timed: Timed) -> bool:
        devices = zip(self._problem.devices, timed.timings, self._slowdowns, strict=True)
        return all(
            device.fits(timing.measurement, slowdown=slowdown)
            for device, timing, slowdown in devices
        )

    def _fresh(self) -> Iterator[Candidate]:
        """The best networks under the corrected model, without those timed.

        Half of them at most the strategy found itself; the others are of the best scores.
        """
        seen = {self._problem.blocks(timed.architecture) for timed in self.timed}
        pairs = zip(self.ratios, self._slowdowns, strict=True)
        assumed = [ratio * slowdown * self._tightening for ratio, slowdown in pairs]
        limits = self._problem.limits(assumed)
        priced = filter(None, map(self._generator.priced, self._found))
        found = (candidate for candidate in priced if candidate.keeps(limits))
        best = chain(islice(found, N_CANDIDATES // 2), self._generator.best(limits))
        top: set[Network] = set()
        for candidate in islice(best, LOOK_AHEAD):
            blocks = self._problem.blocks(candidate.architecture)
            if blocks in top:
                continue
            if len(top) == N_CANDIDATES:
                return
            top.add(blocks)
            if blocks not in seen:
                yield candidate

    def _time(self, candidate: Candidate) -> None:
        architecture = candidate.architecture
        blocks = self._problem.blocks(architecture)
        timed = Timed(
            architecture,
            candidate.score,
            tuple(
                Timing(device.predict_ms(blocks), device.measure(blocks))
                for device in self._problem.devices
            ),
            self._source.accuracy(architecture) if self._source else None,
        )
        self.timed.append(timed)
        self._work.log(
            "candidate",
            choices=str(architecture),
            score=timed.score,
            predicted_ms=timed.predicted_ms,
            measured_ms=timed.measurement.median_ms,
            others_measured_ms=[one.measurement.median_ms for one in timed.timings[1:]],
            supernet_accuracy=timed.accuracy,
        )
