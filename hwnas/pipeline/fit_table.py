"""``hwnas table fit``: what blocks cost, from latencies of whole networks."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwnas.accuracy.benchmark_table import LATENCY_PREFIX
from hwnas.accuracy.ranking import spearman_rho
from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec
from hwnas.errors import InvalidInputError
from hwnas.latency import (
    DISPATCH,
    AdditiveModel,
    LatencyScore,
    Likely,
    PartColumns,
    Regularization,
    cross_validated_ms,
    fit_costs,
    most_telling,
    score,
)
from hwnas.latency.fit_problem import CONFIDENCE
from hwnas.measure import Measurement, Provenance
from hwnas.pipeline.arguments import check_seed
from hwnas.pipeline.measured_networks import IMAGES, MeasuredNetworks
from hwnas.pipeline.tables import write_foreign_table
from hwnas.space import Part
from hwnas.table import Conditions, table_named
from hwnas.version import VERSION
from hwnas.whole_file import check_writable, write_whole

FEWEST = 3
"""Networks that a fit needs."""
MOST_CANDIDATES = 1000
"""Networks that the few to measure are chosen from."""
MOST_FOR_PRIOR = 2000
"""Networks of another column that its costs are fitted on."""
ELSEWHERE = "name another file with --predictions"
LEAST_MS = 1e-6
"""A row of a table is not zero, and is written to a nanosecond."""


@dataclass(frozen=True, kw_only=True)
class FitRequest:
    """Which column of which file, and which of its networks are fitted on.

    ``n_train`` draws so many at random; ``n_samples`` chooses them, as if each had to be
    measured first. Without either, all are fitted on.
    """

    measurements: Path
    column: str
    space: str | None = None
    n_train: int | None = None
    n_samples: int | None = None
    prior: str | None = None
    seed: int = 0
    images: tuple[int, int, int] = IMAGES
    """Pixels, channels and classes of ``space``, where it is none of a published file."""


@dataclass(frozen=True, kw_only=True)
class FitReport:
    """How well the fit predicts; ``tested`` is on the networks it has not seen.

    ``margin`` is the median share by which a network's safe latency lies above its predicted
    one, and ``kept`` the share of the tested networks that are no slower than theirs.
    """

    column: str
    space: str
    prior: str | None
    n_networks: int
    n_fitted: int
    constant_ms: float
    regularization: Regularization
    cross_validated: LatencyScore
    tested: LatencyScore | None
    spearman: float | None
    confidence: float
    margin: float
    kept: float | None
    chosen: tuple[str, ...]
    """The networks of ``n_samples``, as the file writes them, in the order of their choice."""
    table: str | None = None


def likely_of_table(name: str, parts: Sequence[Part], space: str) -> Likely:
    """What the parts of a space cost by another device's latency table.

    Raises:
        InvalidInputError: It holds no block of the space.
        TableError: It cannot be read.
        UnknownNameError: There is no such table.
    """
    table = table_named(name)
    blocks = [part.block for part in parts if part.is_read and part.block in table.rows]
    if DISPATCH not in table.rows or not blocks:
        raise InvalidInputError(
            f"The table {name} holds no block of space {space!r}. Profile that space, or name "
            "another with --prior."
        )
    return PartColumns(parts).likely(AdditiveModel(table).block_ms, blocks)


class Fit:
    """A fit and the networks it was made from."""

    def __init__(self, request: FitRequest, measured: MeasuredNetworks) -> None:
        """Choose and fit.

        Raises:
            DataError: A column cannot be used.
            UnknownNameError: No such column or prior.
            InvalidInputError: A number cannot be used.
        """
        self.request, self.measured = request, measured
        self._check_numbers()
        self.latencies_ms = measured.latencies_ms(request.column)
        self._prior_ms: NDArray[np.float64] | None = None
        """Another column's latencies of the same networks, if that is the prior."""
        likely = [] if request.prior is None else [self._prior(request.prior)]
        self.used = self._chosen(likely)
        parts, networks = measured.parts, measured.networks
        fitted_on = [networks[place] for place in self.used]
        known_ms = self.latencies_ms[self.used]
        self.costs = fit_costs(parts, fitted_on, known_ms, likely)
        if request.n_samples is not None and self._prior_ms is not None:
            alike = fit_costs(parts, fitted_on, self._prior_ms[self.used])
            self.costs = self.costs.widened(alike.misfit(networks, self._prior_ms))
        self._cross_validated_ms = cross_validated_ms(parts, fitted_on, known_ms, likely)
        self.predicted = self.costs.predict(networks)

    @property
    def column(self) -> str:
        """Its whole name."""
        return self.measured.benchmark.latency_column(self.request.column)

    def report(self, table: Path | None) -> FitReport:
        """Its figures."""
        unseen = np.setdiff1d(np.arange(len(self.measured)), self.used)
        ms, safe_ms, true_ms = self.predicted.ms, self.predicted.safe_ms, self.latencies_ms
        is_chosen = self.request.n_samples is not None
        chosen = [self.measured.written[place] for place in self.used]
        return FitReport(
            column=self.column,
            space=self.measured.space.name,
            prior=self.request.prior,
            n_networks=len(true_ms),
            n_fitted=len(self.used),
            constant_ms=self.costs.constant_ms,
            regularization=self.costs.regularization,
            cross_validated=score(self._cross_validated_ms, true_ms[self.used]),
            tested=score(ms[unseen], true_ms[unseen]) if len(unseen) else None,
            spearman=spearman_rho(ms[unseen], true_ms[unseen]) if len(unseen) > 1 else None,
            confidence=CONFIDENCE,
            margin=float(np.median(safe_ms / np.maximum(ms, LEAST_MS) - 1)),
            kept=float((true_ms[unseen] <= safe_ms[unseen]).mean()) if len(unseen) else None,
            chosen=tuple(chosen) if is_chosen else (),
            table=None if table is None else str(table),
        )

    def predictions_csv(self) -> str:
        """Every network of the file: measured, predicted and safe latency, and if it was used."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        names = ("measured", "predicted", "safe")
        columns = self.measured.benchmark.encoding.columns
        writer.writerow([*columns, *(LATENCY_PREFIX + name for name in names), "fitted_on"])
        used = set(self.used.tolist())
        rows = zip(
            self.measured.written,
            self.latencies_ms,
            self.predicted.ms,
            self.predicted.safe_ms,
            strict=True,
        )
        for place, (network, *latencies_ms) in enumerate(rows):
            numbers = [f"{ms:.6g}" for ms in latencies_ms]
            writer.writerow([*network.split(";"), *numbers, int(place in used)])
        return text.getvalue()

    def write_table(self, device: DeviceSpec) -> Path:
        """The costs of all blocks of the space as the device's table."""
        return write_foreign_table(
            device,
            f"fitted on {len(self.used)} networks of {self.column} in",
            self.request.measurements,
            self._rows(),
            Provenance.FITTED,
            Conditions(
                date=datetime.now(UTC).isoformat(timespec="seconds"),
                hwnas_version=VERSION,
                others_load=0.0,
            ),
        )

    def _rows(self) -> dict[BlockSpec, Measurement]:
        """As timed alone: each block carries the constant, as one call of an engine."""
        constant_ms = max(self.costs.constant_ms, LEAST_MS)
        blocks = [part.block for part in self.measured.parts if part.is_read]
        costs_ms = {block: self.costs.block_ms(block) for block in blocks} | {DISPATCH: 0.0}
        return {block: self._row(constant_ms + ms) for block, ms in costs_ms.items()}

    def _row(self, ms: float) -> Measurement:
        return Measurement(
            median_ms=ms,
            p90_ms=ms,
            min_ms=ms,
            mad_ms=0.0,
            n_runs=len(self.used),
            provenance=Provenance.FITTED,
        )

    def _prior(self, name: str) -> Likely:
        """Another device's costs: of a column of the same file, or of a latency table."""
        measured = self.measured
        column = next((c for c in measured.columns if c in (name, LATENCY_PREFIX + name)), None)
        if column == self.column:
            raise InvalidInputError(
                f"--prior {name} is the column that is fitted. Name another device's."
            )
        if column is None:
            return likely_of_table(name, measured.parts, measured.space.name)
        self._prior_ms = measured.latencies_ms(column)
        places = self._order[:MOST_FOR_PRIOR]
        networks = [measured.networks[place] for place in places]
        return fit_costs(measured.parts, networks, self._prior_ms[places]).likely

    def _chosen(self, likely: Sequence[Likely]) -> NDArray[np.int64]:
        """The places of the networks to fit on."""
        if self.request.n_samples is None:
            return self._order[: self.request.n_train]
        candidates = self._order[:MOST_CANDIDATES]
        networks = [self.measured.networks[place] for place in candidates]
        chosen = most_telling(self.measured.parts, networks, self.request.n_samples, likely)
        return candidates[chosen]

    @property
    def _order(self) -> NDArray[np.int64]:
        """All networks, in the seed's random order."""
        return np.random.default_rng(self.request.seed).permutation(len(self.measured))

    def _check_numbers(self) -> None:
        n, request = len(self.measured), self.request
        check_seed(request.seed)
        if request.n_train is not None and request.n_samples is not None:
            raise InvalidInputError(
                f"--train {request.n_train} draws networks and --samples {request.n_samples} "
                "chooses them. Give one of the two."
            )
        for option, asked in (("--train", request.n_train), ("--samples", request.n_samples)):
            if asked is not None and not FEWEST <= asked <= n:
                raise InvalidInputError(
                    f"{option} {asked} of {n} networks cannot be fitted on. Give one from "
                    f"{FEWEST} to {n}."
                )
        if n < FEWEST:
            raise InvalidInputError(
                f"{request.measurements} holds {n} network(s), too few to fit. Add some."
            )


def fit_table(
    request: FitRequest, *, device: DeviceSpec | None = None, predictions: Path | None = None
) -> FitReport:
    """Fit block costs on measured networks, keep them as a table, and say how good they are.

    Args:
        request: What is fitted.
        device: Whose table the costs become; without one no table is written.
        predictions: A CSV to write, with every network's measured, predicted and safe latency.

    Raises:
        HwnasError: A file or value cannot be used.
    """
    if predictions is not None:
        check_writable(predictions.parent, ELSEWHERE)
    fit = Fit(request, MeasuredNetworks(request.measurements, request.space, request.images))
    path = None if device is None else fit.write_table(device)
    if predictions is not None:
        write_whole(predictions, fit.predictions_csv(), ELSEWHERE)
    return fit.report(path)
