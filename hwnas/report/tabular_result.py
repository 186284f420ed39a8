"""What a search on a published benchmark found, as plain values."""

from dataclasses import dataclass

from hwnas.measure import Provenance


@dataclass(frozen=True, kw_only=True)
class TabularResult:
    """Accuracies from 0 to 1, as the benchmark's authors trained them; latencies as published.

    The search was told cheap accuracies only. ``true_accuracy`` and ``best_feasible_accuracy``
    are of the full training: what was found, and what could have been.
    """

    space: str
    strategy: str
    seed: int
    accuracy_table: str
    cheap_column: str
    full_column: str
    device: str | None
    """The column of its latencies in ``device_table``."""
    device_table: str | None
    provenance: Provenance
    latency_budget_ms: float | None
    architecture: str
    """As the benchmark writes it."""
    cheap_accuracy: float | None
    """``None`` where the network was chosen without asking for it."""
    true_accuracy: float
    true_latency_ms: float | None
    best_feasible_accuracy: float
    n_networks: int
    n_feasible: int
    queries: int
    """Distinct networks asked for."""
    simulated_cost: int
    """What those queries would have trained, in ``simulated_cost_unit``."""
    simulated_cost_unit: str
    versions: dict[str, str]
    started_from: str | None = None
    """The run that asked for what was learned, if this search asked for nothing."""
