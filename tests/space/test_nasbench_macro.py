"""The published benchmark's space, held against all of its published networks."""

import json
from pathlib import Path

import pytest

from hwnas.errors import InvalidInputError
from hwnas.space import blocks_of, space_named
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


def test_a_file_may_make_every_block_narrower(tmp_path: Path) -> None:
    file = tmp_path / "narrow.toml"
    file.write_text(
        "family = 'nasbench-macro'\nstem_channels = 8\nhead_channels = 320\n"
        "widths = [16, 16, 32, 32, 32, 64, 64, 64]\n"
    )
    space = space_named(str(file), input_size=16, in_channels=3, n_classes=10)
    published = blocks_of(NasbenchMacroSpace(), architecture_from_digits("22212220"))
    narrow = blocks_of(space, architecture_from_digits("22212220"))
    assert [block.out_channels * 4 for block in narrow[:-1]] == [
        block.out_channels for block in published[:-1]
    ]


@pytest.mark.parametrize("widths", [(64, 64), (64, 64, 128, 128, 128, 256, 256, 0)])
def test_other_than_eight_widths_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="widths must be"):
        NasbenchMacroSpace(widths=widths)
