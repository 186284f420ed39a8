"""What is read off architectures."""

import numpy as np
import pytest

from hwnas.space import (
    SPACES,
    Attribute,
    Decision,
    OptionsAsAttributes,
    attributes_from,
    attributes_of,
    space_named,
)
from hwnas.space.nasbench_macro import NasbenchMacroSpace
from hwnas.space.resnet import ResnetSpace


def told(space_name: str, **chosen: str) -> dict[str, float]:
    """The attributes of the network of first options, but for those chosen."""
    space = space_named(space_name, input_size=64, in_channels=3, n_classes=10)
    names = {name.replace("_", ".") if "stage" in name else name: o for name, o in chosen.items()}
    row = [d.options.index(names.get(d.name, d.options[0])) for d in space.decisions]
    attributes = attributes_of(space)
    sums = attributes.sums(np.array([row]))[0]
    return dict(zip(map(str, attributes.names), sums, strict=True))


def test_blocks_after_the_first_add_up() -> None:
    found = told(
        "foxnas-cpu",
        stage2_block1="k5e4",
        stage2_block2="k3e2",
        stage2_block3="k7e6",
        stage2_block4="skip",
    )
    assert found["stage2 first kernel"] == 5 and found["stage2 first expansion"] == 4
    assert found["stage2 later blocks"] == 2
    assert found["stage2 later kernels"] == 10 and found["stage2 later expansions"] == 8
    assert found["stage2 later kernels x expansions"] == 3 * 2 + 7 * 6


def test_widths_and_resolution_are_numbers() -> None:
    assert told("foxnas-cpu", input_size="32")["resolution"] == 32
    assert told("mobilenet", stage3_width="40")["stage3 width"] == 40


def test_what_cannot_differ_is_left_out() -> None:
    names = told("foxnas-cpu")
    assert not any("kernel" in name for name in names if name.startswith("stage1"))
    assert not any("pixels" in name for name in told("nasbench-macro"))
    assert "stage2 first block" not in names


def test_maps_shrink_with_the_resolution() -> None:
    large, small = told("foxnas-cpu", input_size="64"), told("foxnas-cpu", input_size="32")
    assert large["stage2 pixels after"] == 4 * small["stage2 pixels after"] > 0
    assert large["stage2 pixels before"] > large["stage2 pixels after"]


def test_expansions_are_kinds_too() -> None:
    found = told("foxnas-cpu", stage2_block2="k5e3", stage2_block3="k7e3", stage2_block4="skip")
    assert found["stage2 later blocks, e3"] == 2 and found["stage2 later kernels, e3"] == 12
    assert found["stage2 later blocks, e6"] == 0


def test_stages_of_nasbench_macro_begin_with_a_stride() -> None:
    space = NasbenchMacroSpace()
    attributes = attributes_of(space)
    sums = attributes.sums(np.array([[2, 2, 2, 1, 2, 2, 2, 0]]))[0]
    found = dict(zip(map(str, attributes.names), sums, strict=True))
    assert found["stage1 later blocks"] == 1 and found["stage2 later blocks"] == 2
    assert found["stage3 later blocks"] == 1 and found["stage2 first kernel"] == 5


def test_a_resnet_tells_ratios_and_depths() -> None:
    attributes = attributes_of(ResnetSpace(input_size=32, n_classes=10))
    assert Attribute("stage3", "later blocks") in attributes.names
    assert Attribute("stage1", "width") in attributes.names


def test_a_space_that_says_nothing_tells_which_option_was_taken() -> None:
    decisions = (Decision("a", ("x", "y", "z")), Decision("b", ("only",)))
    attributes = attributes_from(decisions, OptionsAsAttributes())
    assert list(map(str, attributes.names)) == ["a y", "a z"]
    assert attributes.sums(np.array([[0, 0], [2, 0]])).tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize("name", SPACES)
def test_every_network_of_every_space_has_finite_attributes(name: str) -> None:
    space = space_named(name, input_size=32, in_channels=3, n_classes=10)
    attributes = attributes_of(space)
    rng = np.random.default_rng(0)
    rows = np.stack([rng.integers(len(d.options), size=20) for d in space.decisions], axis=1)
    assert np.isfinite(attributes.sums(rows)).all() and len(attributes.names) > 0
