"""Where weights are trained: a CUDA card if there is one, else this processor."""

import ctypes
import platform
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Of ``mallopt(3)``."""
MOST_KEPT = 2**31 - 1
"""Bytes of freed memory, the largest number that ``mallopt`` takes."""


def training_hardware() -> torch.device:
    """The fastest hardware torch can train on here."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    _keep_freed_memory()
    return torch.device("cpu")


@cache
def _keep_freed_memory() -> None:
    """Let feature maps of the next batch take the memory of the last one's.

    The C library gives large pieces back to the kernel when they are freed, which fills them with
    zeros before it hands them out again: a fifth to a half of the time of a batch of 128.
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_MAX, 0)
        library.mallopt(M_TRIM_THRESHOLD, MOST_KEPT)


@contextmanager
def on_one_thread() -> Iterator[None]:
    """So that sums are made in the same order on any machine."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)


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
