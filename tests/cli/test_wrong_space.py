"""What a space file may get wrong is named with the next step; nothing is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")

Refused = Callable[..., str]


@pytest.fixture
def space_file(tmp_path: Path) -> Callable[[str], Path]:
    """The small space with lines before it; an older line of the same key goes."""

    def write(line: str) -> Path:
        path = tmp_path / "plan.toml"
        key = line.partition("=")[0]
        kept = [
            old for old in Path(SMALL_SPACE).read_text().splitlines() if old[: len(key)] != key
        ]
        path.write_text("\n".join([line, *kept]))
        return path

    return write


def test_an_unknown_key_of_a_space_names_the_nearest(
    refused: Refused, space_file: Callable[[str], Path]
) -> None:
    space = space_file("stem_chanels = 4")
    message = refused("search", "--latency", "1ms", "--device", SIMULATED, "--space", space)
    assert "plan.toml: unknown key 'stem_chanels'; did you mean 'stem_channels'?" in message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('input_sizes = "8"', 'input_sizes is "8", not a list of whole numbers.'),
        ("input_sizes = 8", "input_sizes is 8, not a list of whole numbers."),
        ("stem_channels = 1.5", "stem_channels is 1.5, not a whole number."),
        ("activation = 6", "activation is 6, not text."),
    ],
)
def test_a_wrong_type_in_a_space_is_told_in_plain_words(
    refused: Refused, space_file: Callable[[str], Path], line: str, said: str
) -> None:
    message = refused("profile", "--device", SIMULATED, "--space", space_file(line), "--quiet")
    assert message == f"plan.toml: {said} Correct that line and try again."


def test_one_stage_in_place_of_a_list_of_stages_is_told(refused: Refused, tmp_path: Path) -> None:
    text = Path(SMALL_SPACE).read_text().replace("[[stages]]", "[stages]", 1)
    (tmp_path / "plan.toml").write_text(text.partition("[[stages]]")[0])
    message = refused("profile", "--device", SIMULATED, "--space", "plan.toml", "--quiet")
    assert "stages is {" in message and "not a list of tables." in message


@pytest.mark.parametrize(
    "line",
    [
        "stem_channels = 0",
        "input_sizes = [0]",
        "input_sizes = [8, 8]",
        "se_ratio = -1.0",
        "stem_stride = 0",
        "head_channels = -1",
    ],
)
def test_a_space_without_networks_is_refused(
    refused: Refused, space_file: Callable[[str], Path], line: str
) -> None:
    message = refused("profile", "--device", SIMULATED, "--space", space_file(line), "--quiet")
    assert message.startswith("Space 'plan': ")
    assert line.split()[-1].strip("[]") in message
    assert message.endswith("Correct that line.")


def test_an_unknown_activation_names_the_known(
    refused: Refused, space_file: Callable[[str], Path]
) -> None:
    space = space_file('activation = "gelu"')
    message = refused("profile", "--device", SIMULATED, "--space", space)
    assert "No activation 'gelu'" in message


def test_images_smaller_than_a_space_serves_are_refused(
    refused: Refused, space_file: Callable[[str], Path]
) -> None:
    space = space_file("smallest_input = 64")
    message = refused("search", "--latency", "1ms", "--device", SIMULATED, "--space", space)
    assert "for images of 64 pixels and more, not 8. Give a larger --input-size" in message
