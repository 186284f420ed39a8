"""What a deployed model says of itself survives the file."""

import numpy as np
import onnx
import pytest

from hwnas.errors import InvalidInputError
from hwnas.export import ModelCard, Preprocessing, properties_of, read_card, write_card

PREPROCESSING = Preprocessing(mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.5), input_size=2)
CARD = ModelCard(
    architecture={"format": "x"},
    preprocessing=PREPROCESSING,
    class_names=("cat", "dog"),
    precision="int8",
    trained=True,
    device="x86-cpu",
    latency_budget_ms=2.0,
    measured_latency_ms=1.5,
)


def test_a_card_reads_back_as_it_was_written() -> None:
    model = onnx.ModelProto()
    write_card(model, CARD)
    assert read_card(properties_of(model), "m.onnx") == CARD


def test_writing_again_replaces_the_card_and_keeps_foreign_entries() -> None:
    model = onnx.ModelProto()
    model.metadata_props.add(key="author", value="me")
    write_card(model, CARD)
    write_card(model, CARD)
    assert sorted(entry.key for entry in model.metadata_props) == ["author", "hwnas"]


def test_a_foreign_model_has_no_card() -> None:
    with pytest.raises(InvalidInputError, match="carries no hwnas metadata"):
        read_card({}, "m.onnx")


@pytest.mark.parametrize("text", ["{", '{"trained": true}', "[]"])
def test_a_damaged_card_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="metadata of m"):
        read_card({"hwnas": text}, "m.onnx")


def test_preprocessing_is_scale_then_mean_then_deviation() -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 2, 2, 3), dtype=np.uint8)
    expected = (images / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.25, 0.5]
    found = PREPROCESSING(images)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.transpose(0, 3, 1, 2), rtol=1e-5, atol=1e-5)
