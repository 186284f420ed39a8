import json
from collections.abc import Mapping
from typing import Any

import pytest

from hwnas.block import (
    BLOCKS,
    BlockSpec,
    DispatchSpec,
    HeadSpec,
    MBConvSpec,
    block_from_json,
    block_to_json,
)
from hwnas.errors import InvalidInputError, UnknownNameError

ROW = {
    "kind": "mbconv",
    "input_size": 8,
    "in_channels": 8,
    "out_channels": 8,
    "kernel_size": 3,
    "expansion": 3,
    "stride": 1,
    "activation": "relu6",
    "se_ratio": 0.25,
}


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in ROW.items() if key not in keys}


def refusal(row: Mapping[str, Any]) -> str:
    with pytest.raises(InvalidInputError) as caught:
        block_from_json(row, "line 3")
    return str(caught.value)


def test_a_block_survives_the_round_trip(block: BlockSpec) -> None:
    assert block_from_json(json.loads(json.dumps(block_to_json(block))), "here") == block


def test_a_row_tells_its_kind_first(block: BlockSpec) -> None:
    assert next(iter(block_to_json(block).items())) == ("kind", block.kind)


def test_every_kind_is_listed_under_its_own_name() -> None:
    assert all(spec.kind == kind for kind, spec in BLOCKS.items())


def test_equal_blocks_of_two_kinds_are_two_keys() -> None:
    shape = {"input_size": 8, "in_channels": 3, "out_channels": 8, "kernel_size": 3, "stride": 1}
    stem, conv = (
        block_from_json({"kind": kind, "activation": "relu", **shape}, "here")
        for kind in ("stem", "conv")
    )
    assert stem != conv and len({stem, conv}) == 2


def test_a_row_may_leave_out_squeeze_excitation() -> None:
    block = block_from_json(without("se_ratio"), "here")
    assert isinstance(block, MBConvSpec) and block.se_ratio == 0.0


def test_a_whole_number_will_do_for_a_ratio() -> None:
    assert block_from_json({**ROW, "se_ratio": 1}, "here") == block_from_json(
        {**ROW, "se_ratio": 1.0}, "here"
    )


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'mbconf'; did you mean 'mbconv'"):
        block_from_json({**ROW, "kind": "mbconf"}, "here")


def test_a_row_without_a_kind_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="No kind of block"):
        block_from_json(without("kind"), "here")


def test_an_unknown_key_names_the_source_and_the_nearest() -> None:
    message = refusal({**ROW, "kernel": 3})
    assert "line 3: unknown key 'kernel'; did you mean 'kernel_size'?" in message


@pytest.mark.parametrize("key", sorted(set(ROW) - {"kind", "se_ratio"}))
def test_a_missing_key_is_named(key: str) -> None:
    assert refusal(without(key)) == f"line 3: it has no {key}. Add it."


@pytest.mark.parametrize("value", ["8", 8.5, True, None, [8]])
def test_a_size_of_another_type_names_its_key(value: object) -> None:
    assert "input_size" in refusal({**ROW, "input_size": value})


@pytest.mark.parametrize("value", ["0.25", True, None])
def test_a_ratio_of_another_type_names_its_key(value: object) -> None:
    assert "se_ratio" in refusal({**ROW, "se_ratio": value})


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize(
    "key", ["input_size", "in_channels", "out_channels", "kernel_size", "expansion", "stride"]
)
def test_a_size_is_positive(key: str, value: int) -> None:
    assert f"line 3: {key} must be positive in mbconv, got {value}" in refusal({**ROW, key: value})


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan")])
def test_a_ratio_is_between_none_and_all(value: float) -> None:
    assert f"se_ratio must be between 0 and 1, got {value}" in refusal({**ROW, "se_ratio": value})


def test_an_unknown_activation_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'hardswish'; did you mean 'hard_swish'"):
        block_from_json({**ROW, "activation": "hardswish"}, "here")


def test_a_head_has_a_class_and_a_width() -> None:
    with pytest.raises(ValueError, match="n_classes must be positive in head, got 0"):
        HeadSpec(input_size=4, in_channels=8, hidden_channels=8, n_classes=0, activation="relu")


def test_a_dispatch_has_a_size() -> None:
    with pytest.raises(ValueError, match="input_size must be positive in dispatch, got 0"):
        DispatchSpec(input_size=0)
