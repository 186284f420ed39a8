"""Where weights are trained: a CUDA card if there is one, else this processor."""

import shutil
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn


def training_hardware() -> torch.device:
    """The fastest hardware torch can train on here."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def half_precision(hardware: torch.device) -> AbstractContextManager[Any]:
    """Convolutions and products in bfloat16 on a CUDA card that has it; weights stay float32.

    Its range is that of float32, so losses need no scaling, as they would in float16. On a
    processor everything stays float32, so that the same seed gives the same weights as ever.
    """
    if hardware.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()


def compiled(network: nn.Module, hardware: torch.device) -> nn.Module:
    """The same network with the same weights, its kernels fused on a CUDA card.

    For one network that is trained long; a supernet would compile every path anew. Left as it is
    where the compiler's own needs, Triton and a C compiler, are missing.
    """
    has_compilers = find_spec("triton") is not None and any(map(shutil.which, ("cc", "gcc")))
    if hardware.type != "cuda" or not has_compilers:
        return network
    fused: nn.Module = torch.compile(network)  # type: ignore[assignment]
    return fused
