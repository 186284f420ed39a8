"""Where weights are trained: a CUDA card if there is one, else this processor."""

import torch


def training_hardware() -> torch.device:
    """The fastest hardware torch can train on here."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
