"""Training state on disk, whole or not at all."""

import io
import pickle
import struct
from pathlib import Path
from typing import Any, cast

import torch

from hwnas.errors import RunError
from hwnas.whole_file import write_whole

DAMAGE = (
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    struct.error,
    pickle.UnpicklingError,
)
"""What torch's unpickler raises on arbitrary bytes, tried with random ones."""


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write tensors, numbers and strings; an interrupted write leaves the last checkpoint."""
    content = io.BytesIO()
    torch.save(state, content)
    write_whole(path, content.getvalue())


def load_checkpoint(path: Path, advice: str = "") -> dict[str, Any] | None:
    """What was saved, or nothing if nothing was.

    Raises:
        RunError: The file is damaged; ``advice`` says what to do, by default to delete its folder.
    """
    if not path.is_file():
        return None
    try:
        return cast(dict[str, Any], torch.load(path, map_location="cpu", weights_only=True))
    except DAMAGE as error:
        advice = advice or f"Delete {path.parent} and start again."
        raise RunError(f"The checkpoint {path} is damaged. {advice}") from error
