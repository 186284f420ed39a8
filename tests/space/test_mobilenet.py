"""The mobilenet family: presets as published, plans that suit the image, TOML files."""

import itertools
from pathlib import Path

import pytest

from hwnas.errors import InvalidInputError, UnknownNameError
from hwnas.space import (
    Architecture,
    Space,
    all_blocks,
    architecture_from_json,
    architecture_to_json,
    blocks_of,
    only_architecture,
    space_named,
)
from hwnas.space.catalog import FAMILIES
from hwnas.space.mobilenet import MobilenetSpace

SMALL = Path(__file__).parents[1] / "spaces" / "small.toml"


def named(name: str, input_size: int = 224, in_channels: int = 3, n_classes: int = 1000) -> Space:
    return space_named(name, input_size=input_size, in_channels=in_channels, n_classes=n_classes)


@pytest.mark.parametrize(
    ("name", "n_parameters", "n_macs"),
    [("mobilenetv2", 3_504_872, 300_774_272), ("efficientnet-lite0", 4_652_008, 385_187_552)],
)
def test_a_preset_has_the_published_size(name: str, n_parameters: int, n_macs: int) -> None:
    space = named(name)
    blocks = blocks_of(space, only_architecture(space))
    assert sum(block.n_parameters for block in blocks) == n_parameters
    assert sum(block.n_macs for block in blocks) == n_macs


def as_point_of(space: Space, preset: Space) -> Architecture:
    """The preset's choices, with the blocks it lacks skipped."""
    chosen = dict(
        zip((d.name for d in preset.decisions), only_architecture(preset).choices, strict=True)
    )
    return Architecture(tuple(chosen.get(d.name, "skip") for d in space.decisions))


@pytest.mark.parametrize("name", ["mobilenetv2", "efficientnet-lite0"])
def test_a_preset_is_a_point_of_the_default_space(name: str) -> None:
    space, preset = named("mobilenet"), named(name)
    expected = blocks_of(preset, only_architecture(preset))
    assert blocks_of(space, as_point_of(space, preset)) == expected


def test_a_width_multiplier_scales_stages_and_never_shrinks_the_head() -> None:
    half, double = (named(f"mobilenetv2@{m}") for m in (0.5, 2))
    assert isinstance(half, MobilenetSpace)
    assert isinstance(double, MobilenetSpace)
    assert [stage.widths[0] for stage in half.stages] == [8, 16, 16, 32, 48, 80, 160]
    assert (half.stem_channels, half.head_channels) == (16, 1280)
    assert (double.stem_channels, double.head_channels) == (64, 2560)


def test_efficientnet_lite_leaves_stem_and_head_when_scaled() -> None:
    space = named("efficientnet-lite0@0.5")
    assert isinstance(space, MobilenetSpace)
    assert (space.stem_channels, space.head_channels) == (32, 1280)


@pytest.mark.parametrize("name", ["mobilenetv2@x", "mobilenetv2@0", "mobilenetv2@nan"])
def test_an_impossible_multiplier_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="multiplier"):
        named(name)


@pytest.mark.parametrize("input_size", [224, 96, 32, 28, 8])
@pytest.mark.parametrize("in_channels", [1, 3])
def test_no_feature_map_gets_smaller_than_three_pixels(input_size: int, in_channels: int) -> None:
    for name in ("mobilenet", "mobilenetv2"):
        blocks = all_blocks(named(name, input_size, in_channels))
        assert min(block.input_size for block in blocks) >= 3
        assert blocks[0].in_channels == in_channels


def test_early_strides_are_dropped_first() -> None:
    large, small = named("mobilenetv2", 224), named("mobilenetv2", 32)
    assert isinstance(large, MobilenetSpace)
    assert isinstance(small, MobilenetSpace)
    assert large.strides == (2, 1, 2, 2, 2, 1, 2, 1)
    assert small.strides == (1, 1, 1, 2, 2, 1, 2, 1)


def test_only_blocks_beyond_the_least_depth_may_be_skipped() -> None:
    skippable = {d.name for d in named("mobilenet").decisions if "skip" in d.options}
    assert "stage3.block2" in skippable
    assert not any(name.endswith("block1") for name in skippable)


def test_all_blocks_are_those_of_all_architectures(tmp_path: Path) -> None:
    space = named(str(SMALL), 8, 1, 10)
    options = (decision.options for decision in space.decisions)
    everything = {
        block
        for choices in itertools.product(*options)
        for block in blocks_of(space, Architecture(choices))
    }
    assert set(all_blocks(space)) == everything


@pytest.mark.parametrize("name", ["mobilenet", "nasbench-macro", "mobilenetv2@0.5", str(SMALL)])
def test_an_architecture_survives_a_json_round_trip_with_its_space(name: str) -> None:
    space = named(name, 32, 3, 10)
    architecture = Architecture(tuple(decision.options[-1] for decision in space.decisions))
    document = architecture_to_json(space, architecture)
    assert architecture_from_json(document, "a.json") == (space, architecture)
    assert document["space"]["family"] in FAMILIES


@pytest.mark.parametrize("document", [[], {}, {"format": "other/1"}])
def test_another_json_is_no_architecture(document: object) -> None:
    with pytest.raises(InvalidInputError, match="is no hwnas architecture"):
        architecture_from_json(document, "a.json")


def test_a_missing_choice_is_named() -> None:
    space = named("nasbench-macro", 32, 3, 10)
    document = architecture_to_json(space, Architecture(("k3e3",) * 8))
    del document["choices"]["block5"]
    with pytest.raises(InvalidInputError, match="does not choose block5"):
        architecture_from_json(document, "a.json")


def test_an_option_that_is_not_offered_is_named() -> None:
    space = named("nasbench-macro", 32, 3, 10)
    with pytest.raises(UnknownNameError, match="option of block1 'k9e9'"):
        blocks_of(space, Architecture(("k9e9",) * 8))


def test_a_space_of_many_networks_is_no_single_architecture() -> None:
    with pytest.raises(InvalidInputError, match="holds many networks"):
        only_architecture(named("mobilenet"))


def written(tmp_path: Path, change: tuple[str, str]) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(SMALL.read_text().replace(*change))
    return str(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("stem_channels", "stem_chanels"), "did you mean 'stem_channels'"),
        (("kernel_sizes = [3, 5]", "kernel_sizes = [3, 4]"), "must be odd"),
        (("widths = [16]", "widths = []"), "needs positive widths"),
        (("max_depth = 2", "max_depth = 0"), "min_depth 1 is not within"),
        (("head_channels = 32", 'head_channels = "wide"'), "head_channels"),
        (("head_channels = 32", 'head_channels = 32\nactivation = "gelu"'), "activation 'gelu'"),
        (("head_channels = 32", "head_channels = "), "no TOML"),
    ],
)
def test_a_wrong_space_file_says_what_is_wrong(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    with pytest.raises((InvalidInputError, UnknownNameError), match=message):
        named(written(tmp_path, change), 8, 1, 10)


def test_attention_activation_and_resolution_are_switched_in_the_file(tmp_path: Path) -> None:
    extra = 'head_channels = 32\nactivation = "hard_swish"\nse_ratio = 0.25\ninput_sizes = [8, 16]'
    space = named(written(tmp_path, ("head_channels = 32", extra)), 8, 1, 10)
    assert space.decisions[0].options == ("8", "16")
    blocks = all_blocks(space)
    assert {getattr(block, "se_ratio", 0.25) for block in blocks} == {0.25}
    assert {getattr(block, "activation", "hard_swish") for block in blocks} == {"hard_swish"}


def test_images_too_small_for_a_plan_are_refused(tmp_path: Path) -> None:
    name = written(tmp_path, ("head_channels = 32", "head_channels = 32\nsmallest_input = 16"))
    with pytest.raises(InvalidInputError, match="16 pixels and more, not 8"):
        named(name, 8, 1, 10)


def test_an_unknown_space_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mobilenet'"):
        named("mobilnet")
