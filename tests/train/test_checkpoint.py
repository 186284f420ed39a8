"""A checkpoint reads back, or is refused by one kind of error whatever its bytes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hwnas.errors import RunError
from hwnas.train import load_checkpoint, save_checkpoint

# torch warns of the protocol it reads out of noise, before it finds the damage.
pytestmark = pytest.mark.filterwarnings("ignore:Detected pickle protocol:UserWarning")

STATE = {"epochs_done": 2, "network": {"weight": torch.arange(6.0).reshape(2, 3)}, "name": "x"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "state.pt"
    save_checkpoint(path, STATE)
    return path


def refuse(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(RunError, match=r"is damaged\. Delete"):
        load_checkpoint(path)


def test_what_was_saved_is_read(path: Path) -> None:
    found = load_checkpoint(path)
    assert found is not None
    torch.testing.assert_close(found.pop("network"), STATE["network"], rtol=0, atol=0)
    assert found == {"epochs_done": 2, "name": "x"}


def test_saving_again_replaces_the_last_state(path: Path) -> None:
    save_checkpoint(path, {"epochs_done": 3})
    assert load_checkpoint(path) == {"epochs_done": 3}


def test_nothing_is_left_beside_a_checkpoint(path: Path) -> None:
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_torn_checkpoint_is_refused(path: Path, share: float) -> None:
    whole = path.read_bytes()
    refuse(path, whole[: int(share * len(whole))])


@pytest.mark.parametrize("content", [b"hello", b'{"a": 1}\n', b"x" * 100, b"(dp0\nS'", b"0\n."])
def test_another_file_is_refused(path: Path, content: bytes) -> None:
    refuse(path, content)


def test_any_first_byte_is_refused(path: Path) -> None:
    for first in range(256):
        refuse(path, bytes([first]) + b"\0abc\n.")


def test_noise_is_refused(path: Path) -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        refuse(path, rng.bytes(int(rng.integers(1, 60))))


def test_a_flipped_byte_is_refused_or_read_but_never_crashes(path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = path.read_bytes()
    for _ in range(100):
        content = bytearray(whole)
        content[rng.integers(len(content))] ^= rng.integers(1, 256)
        path.write_bytes(content)
        try:
            load_checkpoint(path)
        except RunError:
            continue
