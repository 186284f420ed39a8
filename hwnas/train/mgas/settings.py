"""How a network is pruned while it trains."""

from dataclasses import dataclass

from hwnas.network.granular import GRANULARITIES, Granularity
from hwnas.record import unknown_name


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
    weight_threshold_rate: float = 0.04
    """Published are 0.1 and 0.001 for a thousand batches between two commits."""
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
        for name in self.granularities:
            if name not in GRANULARITIES:
                raise unknown_name("granularity", name, GRANULARITIES)
        if len(set(self.granularities)) < len(self.granularities):
            raise ValueError(f"granularities must be distinct, got {self}")
        counts = (self.n_stages, self.most_epochs, self.commit_epochs, self.epoch_images)
        if min(counts) < 1 or self.warmup_epochs < 0 or self.batch_size < 2:
            raise ValueError(f"stages, epochs and images must be positive, got {self}")
        if self.most_epochs < self.commit_epochs:
            raise ValueError(f"a phase must last for a commit at least, got {self}")
        if not (0 < self.stage_share < 1 and 0 <= self.regrow_share <= 1):
            raise ValueError(f"shares must be between 0 and 1, got {self}")
