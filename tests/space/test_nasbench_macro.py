"""The published benchmark's space, held against all of its published networks."""

import json
from pathlib import Path

import pytest

from hwnas.errors import InvalidInputError
from hwnas.space import blocks_of
from hwnas.space.nasbench_macro import NasbenchMacroSpace, architecture_from_digits, digits_of

PUBLISHED = Path(__file__).parents[2].parent / "shared/data/nas-bench-macro_cifar10.json"


def test_parameters_and_macs_of_all_6561_networks_are_the_published_ones() -> None:
    if not PUBLISHED.is_file():
        pytest.skip(f"needs shared/data/{PUBLISHED.name}")
    space = NasbenchMacroSpace()
    published = json.loads(PUBLISHED.read_text())
    assert len(published) == 6561
    for digits, entry in published.items():
        blocks = blocks_of(space, architecture_from_digits(digits))
        assert sum(block.n_parameters for block in blocks) == entry["params"]
        assert sum(block.n_macs for block in blocks) == entry["flops"]


def test_the_encoding_reads_back() -> None:
    assert digits_of(architecture_from_digits("22212220")) == "22212220"


@pytest.mark.parametrize("digits", ["2221222", "22212223", "", "abcdefgh"])
def test_anything_but_eight_digits_is_refused(digits: str) -> None:
    with pytest.raises(InvalidInputError, match="eight digits"):
        architecture_from_digits(digits)


def test_an_identity_costs_nothing_where_the_shape_stays() -> None:
    space = NasbenchMacroSpace()
    assert len(blocks_of(space, architecture_from_digits("00000000"))) == 2 + 3
