"""A network as text, with the space it belongs to."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hwnas.errors import InvalidInputError, UnknownNameError
from hwnas.space import (
    Space,
    architecture_from_json,
    architecture_to_json,
    blocks_of,
    random_architecture,
)
from hwnas.space.mobilenet import MobilenetSpace

Document = dict[str, Any]


@pytest.fixture
def document(small_space: Space) -> Document:
    architecture = random_architecture(small_space, np.random.default_rng(0))
    written: Document = json.loads(json.dumps(architecture_to_json(small_space, architecture)))
    return written


def test_no_setting_of_a_space_is_lost_in_the_text(small_space: Space) -> None:
    assert isinstance(small_space, MobilenetSpace)
    space = replace(
        small_space, input_sizes=(8, 9), activation="hard_swish", se_ratio=0.25, stem_stride=2
    )
    architecture = random_architecture(space, np.random.default_rng(1))
    text = json.dumps(architecture_to_json(space, architecture))
    read_space, read = architecture_from_json(json.loads(text), "a.json")
    assert (read_space, read) == (space, architecture)
    assert blocks_of(read_space, read) == blocks_of(space, architecture)


def test_the_order_of_the_choices_does_not_matter(document: Document) -> None:
    backwards = dict(reversed(document["choices"].items()))
    assert architecture_from_json({**document, "choices": backwards}, "a.json") == (
        architecture_from_json(document, "a.json")
    )


def _unknown_family(document: Document) -> None:
    document["space"]["family"] = "mobilnet"


def _unknown_space_key(document: Document) -> None:
    document["space"]["activaton"] = "relu"


def _unknown_stage_key(document: Document) -> None:
    document["space"]["stages"][0]["width"] = [8]


def _missing_space_key(document: Document) -> None:
    del document["space"]["stem_channels"]


def _missing_choice(document: Document) -> None:
    del document["choices"]["stage1.block2"]


def _wrong_choice(document: Document) -> None:
    document["choices"]["stage1.block2"] = "k3e5"


def _no_choices(document: Document) -> None:
    del document["choices"]


def _no_space(document: Document) -> None:
    del document["space"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_unknown_family, "No space family 'mobilnet'; did you mean 'mobilenet'"),
        (_unknown_space_key, "a.json: unknown key 'activaton'; did you mean 'activation'"),
        (_unknown_stage_key, "unknown key 'width'; did you mean 'widths'"),
        (_missing_space_key, "a.json: it has no stem_channels"),
        (_missing_choice, "a.json does not choose stage1.block2"),
        (_wrong_choice, "No option of stage1.block2 'k3e5'; did you mean"),
        (_no_choices, "a.json holds no choices"),
        (_no_space, "a.json holds no space"),
    ],
)
def test_a_spoilt_document_says_what_is_wrong(
    document: Document, spoil: Callable[[Document], None], message: str
) -> None:
    spoil(document)
    with pytest.raises((InvalidInputError, UnknownNameError), match=message):
        architecture_from_json(document, "a.json")
