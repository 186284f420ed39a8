"""Blocks that were exported and quantized once, kept between commands."""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import onnx
import platformdirs
import torch

from hwnas.block import BlockSpec, block_to_json
from hwnas.device import DeviceSpec
from hwnas.errors import RunError
from hwnas.version import VERSION
from hwnas.whole_file import write_whole

KEPT_S = 30 * 24 * 3600
"""A file that nobody asked for so long is removed."""

FORM = 3
"""Raised when a block of the same fields becomes another file."""


def cache_folder() -> Path:
    """The user's, or ``$HWNAS_CACHE``."""
    default = platformdirs.user_cache_dir("hwnas", appauthor=False)
    return Path(os.environ.get("HWNAS_CACHE", default))


class BlockCache:
    """ONNX files in the user's cache folder (or ``$HWNAS_CACHE``), named by all they depend on.

    A table of another thread count, or of a space that shares blocks, builds none of them again.
    """

    def __init__(self, device: DeviceSpec, engine_version: str) -> None:
        self._folder = cache_folder() / "blocks"
        self._made_by = {
            "form": FORM,
            "precision": device.precision,
            "batch": device.batch,
            "recipe": asdict(device.recipe) if device.precision == "int8" else None,
            "audited_by": [engine_version, device.provider, device.optimization_level],
            "software": [VERSION, torch.__version__, onnx.__version__],
        }
        self._remove_old()

    def get(self, block: BlockSpec) -> bytes | None:
        """The block's file, if it was ever made."""
        path = self._path(block)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        with suppress(OSError):  # another user's folder may be read
            path.touch()
        return content

    def put(self, block: BlockSpec, content: bytes) -> None:
        """Keep a block's file, unless the disk refuses: it is then built again next time."""
        with suppress(RunError):
            write_whole(self._path(block), content)

    def _path(self, block: BlockSpec) -> Path:
        facts = json.dumps({**self._made_by, "block": block_to_json(block)}, sort_keys=True)
        return self._folder / f"{hashlib.sha256(facts.encode()).hexdigest()[:24]}.onnx"

    def _remove_old(self) -> None:
        now_s = datetime.now(UTC).timestamp()
        for path in self._folder.glob("*.onnx"):
            with suppress(OSError):  # another process removes it, or it is not ours
                if now_s - path.stat().st_mtime > KEPT_S:
                    path.unlink()
