"""Everything that updates weights."""

from hwnas.train.checkpoint import load_checkpoint, save_checkpoint
from hwnas.train.finetune import Finetuner, FinetuneSettings
from hwnas.train.rank_weight import RANK_WEIGHTS
from hwnas.train.rules import DEFAULT_RULE, RULES
from hwnas.train.supernet import SupernetSettings, SupernetTrainer
from hwnas.train.teacher import Teacher, no_teacher

__all__ = [
    "DEFAULT_RULE",
    "RANK_WEIGHTS",
    "RULES",
    "FinetuneSettings",
    "Finetuner",
    "SupernetSettings",
    "SupernetTrainer",
    "Teacher",
    "load_checkpoint",
    "no_teacher",
    "save_checkpoint",
]
