"""Numbers that no network can have are refused in a sentence, from TOML and from JSON."""

from pathlib import Path
from typing import Any

import pytest

from hwnas.errors import HwnasError, InvalidInputError
from hwnas.space import architecture_from_json, space_named

SMALL = (Path(__file__).parents[1] / "spaces" / "small.toml").read_text()


@pytest.mark.parametrize(
    ("line", "wrong", "message"),
    [
        ("widths = [16]", "widths = [16, 16]", "widths must be distinct"),
        ("kernel_sizes = [3, 5]", "kernel_sizes = [3, 3]", "kernel_sizes must be distinct"),
        ("kernel_sizes = [3, 5]", "kernel_size = [3]", "did you mean 'kernel_sizes'"),
        ("stem_channels = 8", "stem_channels = -8", "stem_channels must be positive"),
        ("head_channels = 32", "head_channels = 0", "head_channels must be positive"),
        ("stem_stride = 1", "stem_stride = 0", "stem_stride must be positive"),
        ("stem_stride = 1", "se_ratio = 3", "se_ratio must be between 0 and 1, got 3"),
        ("stem_stride = 1", "se_ratio = true", "se_ratio"),
        ("stem_stride = 1", "input_sizes = [0]", "input sizes must be positive"),
        ("stem_stride = 1", "input_sizes = [8, 8]", "input_sizes must be distinct"),
    ],
)
def test_a_space_file_with_an_impossible_number_is_refused(
    tmp_path: Path, line: str, wrong: str, message: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SMALL.replace(line, wrong, 1))
    with pytest.raises(InvalidInputError, match=message):
        space_named(str(path), input_size=8, in_channels=1, n_classes=10)


@pytest.mark.parametrize(
    "space",
    ["abc", [1], None, {"family": "other"}, {"family": "nasbench-macro", "input_size": 0}],
)
def test_an_architecture_in_an_impossible_space_is_refused(space: Any) -> None:  # noqa: ANN401
    choices = {f"block{i}": "k3e3" for i in range(1, 9)}
    document = {"format": "hwnas-architecture/1", "space": space, "choices": choices}
    with pytest.raises(HwnasError):
        architecture_from_json(document, "a.json")
