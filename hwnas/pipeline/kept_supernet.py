"""A trained supernet as one file of a run folder, with all that scoring its networks takes."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import torch

from hwnas.data import DataSet
from hwnas.errors import RunError, reason
from hwnas.pipeline.origin import Origin
from hwnas.pipeline.supernet import supernet_trainer
from hwnas.train import SupernetTrainer, load_checkpoint

SUPERNET = "supernet.pt"
FORMAT = "hwnas-supernet/1"
AGAIN = "Train it again."


def supernet_file(trainer: SupernetTrainer, origin: Origin) -> bytes:
    """The weights and where they come from; not what training alone would need."""
    content = io.BytesIO()
    weights = {name: value.cpu() for name, value in trainer.supernet.state_dict().items()}
    torch.save(
        {"origin": json.dumps({"format": FORMAT, **origin.to_json()}), "weights": weights}, content
    )
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
        if (format_ := document.pop("format")) != FORMAT:
            raise ValueError(f"its format is {format_!r}")
        return Origin.from_json(document, str(path)), kept["weights"]
    except (KeyError, TypeError, ValueError) as error:
        raise _unread(path, reason(error)) from error


def _unread(path: Path, why: str) -> RunError:
    return RunError(f"{path} is not a supernet that this version reads: {why}. {AGAIN}")
