"""What a search by DONNA is asked for beside the rest."""

from dataclasses import dataclass, field
from pathlib import Path

from hwnas.train.blockwise import BlockwiseSettings


@dataclass(frozen=True, kw_only=True)
class ReferenceRequest:
    """A user's own reference: ``package.module:factory`` makes it, ``weights`` are its own.

    ``cuts`` name the modules with which blocks begin, and last that of the head; none proposes.
    """

    factory: str
    weights: Path | None = None
    cuts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class KeptLibrary:
    """By what a run's blocks, and a reference that was trained here, are found again."""

    taught_by: str
    blockwise: BlockwiseSettings
    seed: int
    reference: str = ""
    """A file beside the blocks; none of a user's own reference."""


@dataclass(frozen=True, kw_only=True)
class DonnaSettings:
    """How a library is made and how many networks teach the predictor.

    ``finetuned`` networks are trained for ``finetune_epochs`` from their blocks' weights.
    """

    reference: ReferenceRequest | None = None
    blockwise: BlockwiseSettings = field(default_factory=BlockwiseSettings)
    finetuned: int = 24
    finetune_epochs: int = 1

    def __post_init__(self) -> None:
        if self.finetuned < 1 or self.finetune_epochs < 1:
            raise ValueError(f"a predictor needs networks that were fine-tuned, got {self}")
