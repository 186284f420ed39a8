"""Everything that updates weights."""

from hwnas.train.checkpoint import load_checkpoint, save_checkpoint
from hwnas.train.finetune import Finetuner, FinetuneSettings
from hwnas.train.supernet import SupernetSettings, SupernetTrainer

__all__ = [
    "FinetuneSettings",
    "Finetuner",
    "SupernetSettings",
    "SupernetTrainer",
    "load_checkpoint",
    "save_checkpoint",
]
