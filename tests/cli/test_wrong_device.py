"""What a device file may get wrong is named with the next step; nothing is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")

Refused = Callable[..., str]


@pytest.fixture
def device_file(tmp_path: Path) -> Callable[[str], Path]:
    """The simulated device with a line before it."""

    def write(line: str) -> Path:
        path = tmp_path / "board.toml"
        path.write_text(f"{line}\n{Path(SIMULATED).read_text()}")
        return path

    return write


@pytest.mark.parametrize("verb", ["search", "profile", "verify"])
def test_an_unknown_device_names_the_nearest(refused: Refused, verb: str) -> None:
    arguments = {"verify": ["model.onnx"], "search": ["--latency", "1ms"]}.get(verb, [])
    message = refused(verb, *arguments, "--device", "x68-cpu")
    assert message.startswith("No device 'x68-cpu'; did you mean 'x86-cpu'?")


def test_devices_show_names_the_nearest(refused: Refused) -> None:
    assert "'x86'; did you mean 'x86-cpu'?" in refused("devices", "show", "x86")


def test_an_unknown_key_of_a_device_names_the_nearest(
    refused: Refused, device_file: Callable[[str], Path]
) -> None:
    message = refused("search", "--latency", "1ms", "--device", device_file("thread = 2"))
    assert "board.toml: unknown key 'thread'; did you mean 'threads'?" in message


def test_a_wrong_type_in_a_device_is_named(
    refused: Refused, device_file: Callable[[str], Path]
) -> None:
    message = refused("profile", "--device", device_file('threads = "two"'))
    assert 'board.toml: threads is "two", not a whole number.' in message
    assert message.endswith("Correct that line and try again.")


def test_a_precision_that_does_not_exist_lists_those_that_do(
    refused: Refused, tmp_path: Path
) -> None:
    text = 'precision = "int4"\n' + Path(SIMULATED).read_text()
    (tmp_path / "board.toml").write_text(text)
    message = refused("profile", "--device", "board.toml")
    assert "precision is \"int4\", not one of 'int8', 'float16', 'float32'." in message


def test_an_unknown_key_of_a_section_lists_the_keys_of_that_section(
    refused: Refused, tmp_path: Path
) -> None:
    text = Path(SIMULATED).read_text() + "\n[recipe]\nper_chanel = true\n"
    (tmp_path / "board.toml").write_text(text)
    message = refused("profile", "--device", "board.toml")
    assert "did you mean 'per_channel'?" in message and "threads" not in message


def test_a_device_that_is_no_toml_is_refused(
    refused: Refused, device_file: Callable[[str], Path]
) -> None:
    message = refused("profile", "--device", device_file("fast please"))
    assert "board.toml is no TOML" in message
    assert message.endswith("Correct that line.")


def test_a_missing_device_file_is_named(refused: Refused) -> None:
    message = refused("profile", "--device", "nowhere.toml")
    assert "nowhere.toml" in message
    assert message.endswith("Name an existing file.")


def test_an_unknown_engine_stops_before_anything_is_written(
    refused: Refused, tmp_path: Path
) -> None:
    text = Path(SIMULATED).read_text().replace('engine = "simulated"', 'engine = "tensorflow"')
    (tmp_path / "board.toml").write_text(text)
    message = refused("search", "--latency", "1ms", "--device", "board.toml", "--quiet")
    assert (
        message
        == "No engine 'tensorflow'; Known: onnxruntime, onnxruntime-qnn, roofline, simulated, tvm."
    )
    assert not (tmp_path / "runs").exists()
