"""Files a person wrote or fetched: devices, models and architectures that cannot be used."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from hwnas.cli.app import run

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
CARD: dict[str, Any] = {
    "architecture": {},
    "preprocessing": {"mean": [0.5], "std": [0.25], "input_size": 8},
    "class_names": [str(digit) for digit in range(10)],
    "precision": "float32",
    "trained": True,
}

Refused = Callable[..., str]
Command = Callable[..., Any]
ModelWriter = Callable[..., Path]
"""``write([1, 3, 8, 8], metadata=…)``: an ONNX file with an input of each shape."""


@pytest.fixture
def write_model(tmp_path: Path) -> ModelWriter:
    def write(
        *shapes: list[int | str],
        metadata: str = "",
        operator: str = "Sum",
        element: int = TensorProto.FLOAT,
    ) -> Path:
        entries = [
            helper.make_tensor_value_info(f"x{i}", element, shape)
            for i, shape in enumerate(shapes)
        ]
        node = helper.make_node(operator, [entry.name for entry in entries], ["y"])
        answer = helper.make_tensor_value_info("y", element, shapes[0])
        graph = helper.make_graph([node], "made", entries, [answer])
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        if metadata:
            model.metadata_props.add(key="hwnas", value=metadata)
        path = tmp_path / "made.onnx"
        path.write_bytes(model.SerializeToString())
        return path

    return write


@pytest.fixture(scope="module")
def architecture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The document that an exported preset carries."""
    out = tmp_path_factory.mktemp("exported") / "preset.onnx"
    preset = ("export", "mobilenetv2@0.1", "--input-size", "8", "--precision", "float32")
    assert run([*preset, "--device", SIMULATED, "--out", str(out)]) == 0
    (entry,) = [entry for entry in onnx.load(out).metadata_props if entry.key == "hwnas"]
    yield json.loads(entry.value)["architecture"]


# Devices


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("bytes_per_s", "byte_per_s", "unknown key 'byte_per_s'; did you mean 'bytes_per_s'?"),
        ("[peak]", "threads = -2\n[peak]", "threads must be at least 1, got -2"),
        ("[peak]", 'precision = "int4"\n[peak]', 'precision is "int4", not one of'),
        ("[peak]", 'connection = ""\n[peak]', "connection of 'simulated' is empty"),
        ("[peak]", "timeout_s = 0\n[peak]", "timeout_s must be positive"),
        ("[peak]", 'clock = "sundial"\n[peak]', 'clock is "sundial", not one of'),
        ('engine = "simulated"', "", "it has no engine. Add it."),
        ('name = "simulated"', 'name = ""', "a device needs a name, got ''"),
        ("20e9", "true", 'int8_macs_per_s is "true", not a number'),
        ("20e9", "-1.0", "int8_macs_per_s=-1.0"),
        ("20e9", "nan", "int8_macs_per_s=nan"),
        ("20e9", "inf", "int8_macs_per_s=inf"),
        ("20e9", '"fast"', 'int8_macs_per_s is "fast", not a number'),
    ],
)
def test_a_device_file_names_what_is_wrong(
    refused: Refused, tmp_path: Path, old: str, new: str, said: str
) -> None:
    (tmp_path / "board.toml").write_text(Path(SIMULATED).read_text().replace(old, new, 1))
    message = refused("profile", "--device", "board.toml", "--input-size", "8")
    assert message.startswith("board.toml: ")
    assert said in message


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'name = "a"\nname = "b"\n'])
def test_a_device_file_that_cannot_be_read_is_named(
    refused: Refused, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "board.toml").write_bytes(content)
    assert "board.toml" in refused("devices", "show", "board.toml")


def test_a_folder_is_no_device_file(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "board.toml").mkdir()
    message = refused("devices", "show", "board.toml")
    assert "board.toml: Is a directory" in message
    assert message.endswith("Name an existing file.")


@pytest.mark.parametrize("alias", ['alias = "x86-cpu"', "[alias]\nx86_64 = 3"])
def test_an_alias_that_is_no_table_of_names_shows_one(
    refused: Refused, tmp_path: Path, alias: str
) -> None:
    (tmp_path / "mine.toml").write_text(alias)
    message = refused("devices", "show", "mine.toml")
    assert "The alias of device 'mine.toml' is " in message
    assert 'x86_64 = "x86-cpu"' in message


def test_an_alias_of_itself_does_not_go_in_circles(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    (tmp_path / "mine.toml").write_text('[alias]\nx86_64 = "mine.toml"\n')
    assert "mine.toml: unknown key 'alias'" in refused("devices", "show", "mine.toml")


def test_an_alias_of_no_device_names_the_known(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    (tmp_path / "mine.toml").write_text('[alias]\nx86_64 = "x68-cpu"\n')
    assert "'x68-cpu'; did you mean 'x86-cpu'?" in refused("devices", "show", "mine.toml")


def test_another_processor_is_told_how_to_make_a_device_file(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "vax")
    message = refused("devices", "show", "local")
    assert "knows no vax processor" in message
    assert message.endswith("hwnas devices probe > my-device.toml")


def test_a_provider_that_is_not_there_is_no_other(
    refused: Refused, tmp_path: Path, write_model: ModelWriter
) -> None:
    text = Path(SIMULATED).read_text()
    (tmp_path / "board.toml").write_text(f'provider = "AbacusProvider"\n{text}')
    message = refused("verify", write_model([1, 3]), "--device", "board.toml")
    assert (
        "no provider 'AbacusProvider', which 'simulated' asks for. It comes with another build"
        in message
    )


# Spaces


def test_a_preset_without_the_multiplier_it_announces_is_refused(refused: Refused) -> None:
    message = refused("profile", "--device", SIMULATED, "--space", "mobilenetv2@")
    assert message == "'' in 'mobilenetv2@' is no width multiplier. Write it as mobilenetv2@0.5."


@pytest.mark.parametrize("space", ["mobilenet@2", "nasbench-macro@2"])
def test_only_a_preset_has_a_multiplier(refused: Refused, space: str) -> None:
    assert f"No space {space!r}" in refused("profile", "--device", SIMULATED, "--space", space)


# Models


@pytest.mark.parametrize("device", [SIMULATED, "x86-cpu"])
def test_a_model_of_two_inputs_is_timed(
    command: Command, write_model: ModelWriter, device: str
) -> None:
    ending = command("verify", write_model([1, 3], [1, 3]), "--device", device, "--json")
    assert ending.code == 0 and json.loads(ending.output)["measured"]["median_ms"] > 0


def test_a_model_of_no_images_is_not_timed(refused: Refused, write_model: ModelWriter) -> None:
    message = refused("verify", write_model([0, 3]), "--device", "x86-cpu")
    assert "'x0' has the open shape [0, 3]. Export it with a fixed shape." in message


def test_a_model_of_whole_numbers_is_not_timed(refused: Refused, write_model: ModelWriter) -> None:
    model = write_model([1, 3], operator="Neg", element=TensorProto.INT64)
    message = refused("verify", model, "--device", "x86-cpu")
    assert message == (
        "The model's input 'x0' is tensor(int64). "
        "Give one of float, float16, uint8, int8 or uint16."
    )


def test_an_operator_nobody_knows_is_named(refused: Refused, write_model: ModelWriter) -> None:
    message = refused("verify", write_model([1, 3], operator="Guess"), "--device", SIMULATED)
    assert "ONNX Runtime refuses the model on 'simulated'" in message
    assert "Guess" in message


def test_half_a_model_is_none(refused: Refused, write_model: ModelWriter) -> None:
    model = write_model([1, 3])
    model.write_bytes(model.read_bytes()[:40])
    message = refused("verify", model, "--device", SIMULATED)
    assert message.startswith(f"{model} is no readable ONNX file")
    assert message.endswith("Name a model.*.onnx.")


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ("{", "The hwnas metadata of made.onnx is damaged"),
        ('{"colour": 1}', "the metadata of made.onnx: unknown key 'colour'"),
        ("{}", "the metadata of made.onnx: it has no architecture"),
    ],
)
def test_damaged_metadata_is_named(
    refused: Refused, write_model: ModelWriter, metadata: str, said: str
) -> None:
    write_model([1, 1, 8, 8], metadata=metadata)
    assert said in refused("verify", "made.onnx", "--device", SIMULATED, "--data", "digits")


@pytest.mark.parametrize("shape", [[1, 3], ["batch", 1, 8, 8]])
def test_images_do_not_go_into_another_shape(
    refused: Refused, write_model: ModelWriter, shape: list[int | str]
) -> None:
    model = write_model(shape, metadata=json.dumps(CARD))
    message = refused("verify", model, "--device", SIMULATED, "--data", "digits")
    assert message.startswith(f"The model's input has shape {tuple(shape)}, not a fixed")
    assert message.endswith("Export it with hwnas.")


def test_grey_images_do_not_go_into_a_colour_model(
    refused: Refused, write_model: ModelWriter
) -> None:
    model = write_model([1, 3, 8, 8], metadata=json.dumps(CARD))
    message = refused("verify", model, "--device", SIMULATED, "--data", "digits")
    assert "takes 8x8 images of 3 channels, the data are 8x8 of 1. Name the data" in message


def test_other_classes_than_the_model_knows_are_refused(
    refused: Refused, write_model: ModelWriter
) -> None:
    card = CARD | {"class_names": ["cat", "dog"]}
    model = write_model([1, 1, 8, 8], metadata=json.dumps(card))
    message = refused("verify", model, "--device", SIMULATED, "--data", "digits")
    assert "knows the classes cat, dog" in message
    assert message.endswith("Name the data it was made for.")


# Architectures


@pytest.mark.parametrize(
    ("part", "key", "value", "said"),
    [
        ("", "format", "hwnas-architecture/9", "mine.json is no hwnas architecture"),
        ("", "choices", ["k3e6"], "mine.json holds no choices"),
        ("choices", "stage1.block1", "k9e9", "No option of stage1.block1 'k9e9'"),
        ("space", "family", "mobilnet", "'mobilnet'; did you mean 'mobilenet'?"),
        ("space", "in_channels", 0, "in_channels must be positive in "),
        ("space", "stages", 3, "mine.json: "),
        ("space", "stem_stride", 0, "mine.json"),
        ("space", "colour", 1, "mine.json: unknown key 'colour'"),
    ],
)
def test_an_architecture_that_cannot_be_built_is_refused(  # noqa: PLR0917
    refused: Refused,
    tmp_path: Path,
    architecture: dict[str, Any],
    part: str,
    key: str,
    value: object,
    said: str,
) -> None:
    changed = json.loads(json.dumps(architecture))
    (changed[part] if part else changed)[key] = value
    (tmp_path / "mine.json").write_text(json.dumps(changed))
    message = refused("export", "mine.json", "--device", SIMULATED, "--out", "model.onnx")
    assert said in message


def test_a_missing_choice_is_named(
    refused: Refused, tmp_path: Path, architecture: dict[str, Any]
) -> None:
    changed = json.loads(json.dumps(architecture))
    del changed["choices"]["stage2.block1"]
    (tmp_path / "mine.json").write_text(json.dumps(changed))
    message = refused("export", "mine.json", "--device", SIMULATED, "--out", "model.onnx")
    assert message == "mine.json does not choose stage2.block1. Add that choice."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "Cannot read mine.json: it is no JSON from line 1, column 2 on."),
        (b"\xff", "Cannot read mine.json: it is no text."),
    ],
)
def test_an_architecture_that_cannot_be_read_is_told_without_python_s_words(
    refused: Refused, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "mine.json").write_bytes(content)
    message = refused("export", "mine.json", "--device", SIMULATED, "--out", "model.onnx")
    assert message == f"{said} Name the architecture.json of a run."


def test_a_folder_that_is_no_run_says_what_is_missing(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    message = refused("export", "run", "--device", SIMULATED, "--out", "model.onnx")
    assert message.startswith("run is no finished run: No such file or directory. Name a folder")


# Places


def test_a_model_does_not_replace_a_folder(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    message = refused(
        *("export", "mobilenetv2@0.1", "--input-size", "8", "--precision", "float32"),
        *("--device", SIMULATED, "--out", "models"),
    )
    assert message == "Cannot write models: it is there and no file. Name a file instead."
