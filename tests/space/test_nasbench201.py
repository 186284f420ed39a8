"""The published encoding, read and written."""

import csv
import gzip
from pathlib import Path

import pytest

from hwnas.errors import InvalidInputError
from hwnas.space import Architecture
from hwnas.space.nasbench201 import (
    DECISIONS,
    OPTION_CLASSES,
    OPTIONS,
    architecture_from_string,
    string_of,
)

PUBLISHED = Path(__file__).parents[2].parent / "shared/data/nasbench201_cifar10.csv.gz"
TEXT = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|none~0|nor_conv_3x3~1|none~2|"


def test_edges_are_in_the_published_order() -> None:
    assert architecture_from_string(TEXT) == Architecture(
        ("avg_pool_3x3", "nor_conv_1x1", "skip_connect", "none", "nor_conv_3x3", "none")
    )
    names = [decision.name for decision in DECISIONS]
    assert names == ["edge1<-0", "edge2<-0", "edge2<-1", "edge3<-0", "edge3<-1", "edge3<-2"]


def test_every_option_is_of_one_class() -> None:
    assert sorted(option for members in OPTION_CLASSES for option in members) == sorted(OPTIONS)


def test_all_published_cells_survive_a_round_trip() -> None:
    if not PUBLISHED.exists():
        pytest.skip(f"needs {PUBLISHED.name}")
    with gzip.open(PUBLISHED, "rt") as file:
        texts = [row["arch_str"] for row in csv.DictReader(file)]
    assert [string_of(architecture_from_string(text)) for text in texts] == texts
    assert len({architecture_from_string(text) for text in texts}) == 5**6


@pytest.mark.parametrize(
    "text",
    [
        "",
        "22212220",
        TEXT[:-1],
        TEXT + "|",
        TEXT.replace("none", "nothing"),
        TEXT.replace("~2", "~1"),
        TEXT.replace("+", ""),
    ],
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is no NAS-Bench-201 cell"):
        architecture_from_string(text)
