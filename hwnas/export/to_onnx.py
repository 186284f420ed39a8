"""torch becomes ONNX: BatchNorm folded, checked, no ``Identity`` left."""

import io
import warnings
from collections.abc import Sequence

import onnx
import torch
from torch import nn

from hwnas.errors import ExportError
from hwnas.export.remove_identity import remove_identity

OPSET = 17
"""Old enough for every engine hwnas names, new enough for per-channel QDQ (13)."""
NO_MEMORY = "can't allocate memory"
"""In the words of torch's allocator, which has no error of its own."""
INPUT, OUTPUT = "input", "output"
"""Further inputs of a block that joins several are ``input1``, ``input2`` …"""


def to_onnx(network: nn.Module, *shapes: Sequence[int]) -> onnx.ModelProto:
    """Export a network for inputs of a fixed shape.

    The TorchScript exporter is used on purpose: ten milliseconds a block where the dynamo
    exporter takes six hundred.

    Args:
        network: Any module with float inputs and one output; it is put into eval mode.
        shapes: ``(batch, channels, height, width)`` of each input.

    Raises:
        ExportError: torch cannot export it, or the ONNX checker refuses the result.
    """
    network.eval()
    file = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the exporter's, of itself
            torch.onnx.export(
                network,
                tuple(torch.zeros(*shape) for shape in shapes),
                file,  # type: ignore[arg-type]
                dynamo=False,
                opset_version=OPSET,
                input_names=[INPUT, *(f"{INPUT}{number}" for number in range(1, len(shapes)))],
                output_names=[OUTPUT],
            )
        model = onnx.load_model_from_string(file.getvalue())
        remove_identity(model)
        onnx.checker.check_model(model, full_check=True)
    except (RuntimeError, torch.onnx.errors.OnnxExporterError, onnx.checker.ValidationError) as e:
        if NO_MEMORY in str(e):
            raise ExportError(
                f"A network for inputs of {tuple(shapes[0])} does not fit into memory. "
                "Give a smaller --input-size or --batch."
            ) from e
        raise ExportError(
            f"The network did not become ONNX: {e}. Report the block it names."
        ) from e
    return model
