"""torch becomes ONNX; one graph rewrite a file."""

from hwnas.export.metadata import ModelCard, Preprocessing, properties_of, read_card, write_card
from hwnas.export.remove_identity import remove_identity
from hwnas.export.to_onnx import OPSET, to_onnx

__all__ = [
    "OPSET",
    "ModelCard",
    "Preprocessing",
    "properties_of",
    "read_card",
    "remove_identity",
    "to_onnx",
    "write_card",
]
