"""A trained supernet as one file of a run folder, with all that scoring its networks takes."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import torch

from hwnas.data import DataSet
from hwnas.errors import RunError
from hwnas.pipeline.supernet import supernet_trainer
from hwnas.record import read_record
from hwnas.space import Space, space_from_json
from hwnas.train import SupernetSettings, SupernetTrainer, load_checkpoint

SUPERNET = "supernet.pt"
FORMAT = "hwnas-supernet/1"
AGAIN = "Train it again."


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a supernet was trained for, and on."""

    space: Space
    data: str
    data_fingerprint: str
    skip_bad: bool
    seed: int
    settings: SupernetSettings

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        plain = {**vars(self), "space": self.space.to_json(), "settings": asdict(self.settings)}
        return {"format": FORMAT, **plain}

    @classmethod
    def from_json(cls, document: Mapping[str, Any], source: str) -> Self:
        """What ``to_json`` gave.

        Raises:
            HwnasError: A value is missing or cannot be used.
        """
        values = {key: value for key, value in document.items() if key != "format"}
        values["space"] = space_from_json(document["space"], source)
        values["settings"] = read_record(SupernetSettings, document["settings"], source)
        return cls(**values)


def supernet_file(trainer: SupernetTrainer, origin: Origin) -> bytes:
    """The weights and where they come from; not what training alone would need."""
    content = io.BytesIO()
    weights = {name: value.cpu() for name, value in trainer.supernet.state_dict().items()}
    torch.save({"origin": json.dumps(origin.to_json()), "weights": weights}, content)
    return content.getvalue()


def kept_trainer(
    run: Path, images_of: Callable[[Origin], DataSet]
) -> tuple[Origin, SupernetTrainer]:
    """The supernet of a run folder, ready to score networks on the images it was trained on.

    Raises:
        RunError: The folder holds none, or something else.
    """
    origin, weights = read_supernet(run)
    data = images_of(origin)
    trainer = supernet_trainer(origin.space, data, origin.settings, origin.seed)
    try:
        trainer.supernet.load_state_dict(weights)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise _unread(run / SUPERNET, "its weights are those of another space") from error
    return origin, trainer


def read_supernet(run: Path) -> tuple[Origin, dict[str, torch.Tensor]]:
    """The supernet of a run folder, and its weights.

    Raises:
        RunError: The folder holds none, or something else.
    """
    path = run / SUPERNET
    kept = load_checkpoint(path, AGAIN)
    if kept is None:
        raise RunError(
            f"{run} holds no {SUPERNET}. Name a run of 'hwnas rank', or of "
            "'hwnas search --keep-supernet'."
        )
    try:
        document = json.loads(kept["origin"])
        if document["format"] != FORMAT:
            raise ValueError(document["format"])
        return Origin.from_json(document, str(path)), kept["weights"]
    except (KeyError, TypeError, ValueError) as error:
        raise _unread(path, repr(error)) from error


def _unread(path: Path, reason: str) -> RunError:
    return RunError(f"{path} is not a supernet that this version reads: {reason}. {AGAIN}")
