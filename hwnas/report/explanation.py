"""Why a search chose what it chose, as plain values; ``explanation.json`` is exactly this."""

from dataclasses import dataclass

from hwnas.measure import Provenance

STABLE = 0.95
"""Share of resamples in which an effect must have its sign."""


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A regression: how good in cross-validation, and what of the candidate terms it keeps."""

    target: str
    n_networks: int
    kendall_tau: float
    r2: float
    mape: float
    term_set: str
    scale: str
    n_terms: int
    coefficients: tuple[tuple[str, float], ...]
    """Standardised, largest first."""


@dataclass(frozen=True, kw_only=True)
class LeverEffect:
    """What one step of a lever adds on average, in points."""

    stage: str
    name: str
    points: float
    same_sign: float

    @property
    def label(self) -> str:
        """Where, and what."""
        return f"{self.stage}, {self.name}" if self.stage else self.name

    @property
    def is_stable(self) -> bool:
        """Whether resamples agree on its sign."""
        return self.same_sign >= STABLE


@dataclass(frozen=True, kw_only=True)
class Effect(LeverEffect):
    """Points of accuracy, and milliseconds.

    The bounds hold 9 of 10 resamples of the networks that the regression was learned from.
    """

    points_low: float
    points_high: float
    ms: float

    @property
    def points_per_ms(self) -> float | None:
        """What a millisecond buys here; nothing where the step costs none."""
        return self.points / self.ms if self.ms > 0 else None


@dataclass(frozen=True, kw_only=True)
class Int8Loss:
    """Points of accuracy that quantization took from the networks asked."""

    mean: float
    most: float
    same_order: float
    """Kendall's tau between accuracies in float and in int8."""
    kendall_tau: float
    """Of a regression of the loss, in cross-validation."""
    levers: tuple[LeverEffect, ...]
    """Of the points lost; none where every network loses the same."""


@dataclass(frozen=True, kw_only=True)
class NextChange:
    """One decision of the network chosen anew: expected points and milliseconds of difference."""

    decision: str
    before: str
    after: str
    points: float
    ms: float


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """Rank correlation on networks left out of a regression that learned from ``n_networks``."""

    n_networks: int
    kendall_tau: float


@dataclass(frozen=True, kw_only=True)
class ToldNetwork:
    """A network that was asked for; accuracies in per cent."""

    predicted_latency_ms: float
    accuracy: float
    expected_accuracy: float


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """All that ``hwnas explain`` says of a run on a device."""

    run: str
    space: str
    data: str
    strategy: str
    device: str
    precision: str
    provenance: Provenance
    accuracy: Learned
    latency: Learned
    chance: float
    """Per cent that guessing gets right."""
    effects: tuple[Effect, ...]
    rank_agreement: float
    """Mean Kendall's tau between the effects' order and that of a resample."""
    choices: dict[str, str]
    latency_ms: float
    expected_accuracy: float
    expected_low: float
    expected_high: float
    """Bounds that hold 9 of 10 networks left out of the regression."""
    more_accurate: tuple[NextChange, ...]
    faster: tuple[NextChange, ...]
    curve: tuple[CurvePoint, ...]
    networks: tuple[ToldNetwork, ...]
    never_asked: tuple[str, ...]
    """Options that no network held, of which nothing is known."""
    float32: Learned | None = None
    """The regression of accuracy in float, where ``accuracy`` is of int8."""
    int8: Int8Loss | None = None
    """Where networks were asked in float and in int8."""
