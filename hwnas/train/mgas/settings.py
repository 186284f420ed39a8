"""How a network is pruned while it trains."""

from dataclasses import dataclass
from math import inf

from hwnas.network.granular import GRANULARITIES, Granularity
from hwnas.record import unknown_name

RANGES = {
    "n_stages": (1, inf),
    "stage_share": (0.01, 0.99),
    "warmup_epochs": (0, inf),
    "most_epochs": (1, inf),
    "commit_epochs": (1, inf),
    "regrow_share": (0, 1),
    "epoch_images": (1, inf),
    "batch_size": (2, inf),
    "learning_rate": (1e-9, inf),
    "weight_decay": (0, inf),
    "largest_gradient": (1e-9, inf),
    "momentum": (0, 1),
    "gate_rate": (0, inf),
    "threshold_rate": (0, inf),
    "first_strength": (1e-9, inf),
    "growth": (1, inf),
    "largest_strength": (0, inf),
    "count_share": (0, inf),
    "cost_share": (0, inf),
    "validation_images": (1, inf),
}


@dataclass(frozen=True, kw_only=True)
class MgasSettings:
    """Rates, stages and the controller of MGAS; rates are those of its published code.

    A search epoch is ``epoch_images`` images. After ``warmup_epochs`` of weights alone, masks are
    committed every ``commit_epochs``; a stage, and the global phase, take ``most_epochs`` of
    these at most. A stage ends at ``stage_share`` of the cost that it began with. Where no
    ``granularities`` are named, whoever knows what is limited names them.

    Raises:
        UnknownNameError: No such granularity.
        ValueError: A granularity is named twice, or a number is out of range.
    """

    granularities: tuple[Granularity, ...] = ()
    n_stages: int = 3
    stage_share: float = 0.3
    warmup_epochs: int = 1
    most_epochs: int = 8
    commit_epochs: int = 1
    regrow_share: float = 0.2
    epoch_images: int = 4096
    batch_size: int = 128
    learning_rate: float = 0.05
    weight_decay: float = 5e-5
    largest_gradient: float = 5.0
    momentum: float = 0.9
    gate_rate: float = 1.0
    """Of the logits of operations and filters."""
    threshold_rate: float = 0.2
    """The published 0.1 (0.001 for raw weights) is for a thousand batches between two commits."""
    first_strength: float = 1e-3
    """The published 1e-5 is for many more batches between two commits."""
    growth: float = 2.0
    largest_strength: float = 100.0
    count_share: float = 1.0
    """Of what an operation costs in the regularization, its being there ..."""
    cost_share: float = 1.0
    """... and its cost, 1 on average over those alive."""
    validation_images: int = 1500

    def __post_init__(self) -> None:
        for one in self.granularities:
            if one not in GRANULARITIES:
                raise unknown_name("granularity", one, GRANULARITIES)
        if len(set(self.granularities)) < len(self.granularities):
            raise ValueError(f"granularities must be distinct, got {self.granularities}")
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(f"{name} must be from {least} to {most}, got {value}")
        if self.most_epochs < self.commit_epochs:
            raise ValueError(
                f"most_epochs must be commit_epochs ({self.commit_epochs}) at least, so that a "
                f"phase prunes, got {self.most_epochs}"
            )
