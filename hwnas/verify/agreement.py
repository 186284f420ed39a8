"""That ONNX Runtime computes what torch computed."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hwnas.errors import ExportError
from hwnas.measure.engine import Runner

TOLERANCE = 1e-4


def check_agreement(network: nn.Module, runner: Runner, images: NDArray[np.float32]) -> float:
    """Compare float outputs on ``(batch, channels, height, width)`` images.

    Returns:
        The largest difference, relative to the largest logit (or 1 if that is smaller).

    Raises:
        ExportError: It is above 1e-4.
    """
    with torch.no_grad():
        expected = network.eval()(torch.from_numpy(images)).numpy()
    difference = float(np.abs(runner(images) - expected).max())
    relative = difference / max(1.0, float(np.abs(expected).max()))
    if not relative <= TOLERANCE:
        raise ExportError(
            f"The exported network differs from the trained one by {relative:.2g} "
            f"(allowed {TOLERANCE:g}). Report the space and the architecture.json."
        )
    return relative
