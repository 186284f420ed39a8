"""Images, tables, models and architectures that cannot be used, each named and left alone."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")
PROFILE = ("profile", "--device", SIMULATED, "--space", SMALL_SPACE, "--data", "digits", "-q")

Refused = Callable[..., str]
Command = Callable[..., Any]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of four tiny pictures."""
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        folder = tmp_path / "photos" / "train" / name
        folder.mkdir(parents=True)
        for i in range(4):
            pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")
    return tmp_path / "photos"


@pytest.fixture
def foreign(tmp_path: Path) -> Callable[..., Path]:
    """A sound ONNX file that hwnas did not make, with input ``x`` of the given shape."""

    def write(*shape: int | str) -> Path:
        entry = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        exit_ = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
        graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [entry], [exit_])
        opset = [helper.make_opsetid("", 17)]
        path = tmp_path / "foreign.onnx"
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
        return path

    return write


# Images


def test_a_missing_folder_is_named(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--data", "./photos")
    assert message == "No such folder or .npz file: ./photos; name an existing one."


def test_an_empty_folder_is_refused(search_refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    message = search_refused("--latency", "1ms", "--data", tmp_path / "photos")
    assert "photos has no class folders; put the images into one folder per class" in message


def test_a_blank_name_is_no_data(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--data", " ")
    assert message == "' ' names no data set. Give --data digits or a folder."


def test_a_name_that_no_system_takes_is_no_data(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--data", "x" * 300)
    assert "xxx: File name too long. Name another with --data." in message


def test_one_class_is_too_few(search_refused: Refused, photos: Path) -> None:
    shutil.rmtree(photos / "train" / "dog")
    message = search_refused("--latency", "1ms", "--data", photos)
    assert "one class only (cat); add images of at least one other class" in message


def test_a_corrupt_image_is_named(search_refused: Refused, photos: Path) -> None:
    (photos / "train/cat/1.png").write_bytes(b"no picture")
    message = search_refused("--latency", "1ms", "--data", photos)
    assert "Cannot use 1 of the 8 files of 'photos': train/cat/1.png is no JPEG" in message
    assert message.endswith("Remove them or pass --skip-bad.")


def test_a_mislabelled_image_is_named(search_refused: Refused, photos: Path) -> None:
    shutil.copy(photos / "train/cat/0.png", photos / "train/dog/9.png")
    message = search_refused("--latency", "1ms", "--data", photos)
    assert "train/dog/9.png is mislabelled: it has the same bytes as train/cat/0.png" in message


def test_an_archive_with_wrong_keys_is_refused(search_refused: Refused, tmp_path: Path) -> None:
    np.savez(tmp_path / "made.npz", pictures=np.zeros(3))
    message = search_refused("--latency", "1ms", "--data", "made.npz")
    assert "made.npz has an array 'pictures' that hwnas does not know; it reads" in message


def test_an_archive_that_is_none_is_refused(search_refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "made.npz").write_text("PK, as it were")
    message = search_refused("--latency", "1ms", "--data", "made.npz")
    assert "made.npz cannot be read as an .npz" in message


# Tables


def test_an_unknown_table_names_the_known(refused: Refused, table: Path) -> None:
    message = refused("table", "show", table.stem[:-2])
    assert f"No latency table {table.stem[:-2]!r}; did you mean {table.stem!r}?" in message


def test_a_missing_table_file_is_named(refused: Refused) -> None:
    message = refused("table", "show", "lost.jsonl")
    assert "lost.jsonl" in message
    assert message.endswith("Name one that 'hwnas table' lists.")


@pytest.mark.parametrize(
    "arguments",
    [
        (
            "search",
            "--latency=1ms",
            "--device",
            SIMULATED,
            "--space",
            SMALL_SPACE,
            "--out=run",
            "-q",
        ),
        PROFILE,
        ("table", "show"),
        ("table", "score", "--device", SIMULATED, "--space", SMALL_SPACE, "-q"),
    ],
    ids=["search", "profile", "show", "score"],
)
def test_a_table_line_cut_short_is_numbered_and_kept(
    refused: Refused, table: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    lines = table.read_text().splitlines()
    lines[4] = lines[4][:30]
    table.write_text("\n".join(lines) + "\n")
    before = table.read_bytes()
    named = (table.stem,) if arguments == ("table", "show") else ()
    message = refused(*arguments, *named)
    assert f"{table} line 5 is truncated or damaged" in message
    assert message.endswith("Delete that line and profile again.")
    assert table.read_bytes() == before


def test_a_table_of_another_format_is_refused(refused: Refused, table: Path) -> None:
    table.write_text(table.read_text().replace("hwnas-latency-table/3", "excel"))
    message = refused("table", "show", table.stem)
    assert "line 1 is not the header of a hwnas-latency-table/3 file." in message


# ONNX files


def test_garbage_is_no_onnx(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_text("ONNX")
    message = refused("verify", "model.onnx", "--device", SIMULATED)
    assert message.startswith("model.onnx is no readable ONNX file")
    assert message.endswith("Name a model.*.onnx.")


@pytest.mark.parametrize("name", ["model.json", "model.textproto", "model.onnxtxt"])
def test_text_is_no_onnx(refused: Refused, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{")
    assert f"{name} is no readable ONNX" in refused("verify", name, "--device", SIMULATED)


def test_an_empty_file_is_no_onnx(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").touch()
    message = refused("verify", "model.onnx", "--device", SIMULATED)
    assert message == "model.onnx is no ONNX model: its graph is empty. Name a model.*.onnx."


def test_a_missing_onnx_is_named(refused: Refused) -> None:
    message = refused("verify", "lost.onnx", "--device", SIMULATED)
    assert message.startswith("lost.onnx is no readable ONNX file: No such file or directory.")


def test_a_folder_is_no_onnx(refused: Refused) -> None:
    message = refused("verify", ".", "--device", SIMULATED)
    assert message == ". is a folder. Name the model.*.onnx in it."


def test_an_open_shape_is_refused(refused: Refused, foreign: Callable[..., Path]) -> None:
    message = refused("verify", foreign("batch", 3, 8, 8), "--device", "x86-cpu")
    assert "'x' has the open shape ['batch', 3, 8, 8]. Export it with a fixed shape." in message


def test_accuracy_is_not_asked_of_a_foreign_onnx(
    refused: Refused, foreign: Callable[..., Path]
) -> None:
    message = refused(
        "verify", foreign(1, 1, 8, 8), "--device", SIMULATED, "--data", "digits", "-q"
    )
    assert "foreign.onnx carries no hwnas metadata" in message
    assert "leave --data out" in message


def test_an_accuracy_needs_images(refused: Refused) -> None:
    message = refused("verify", "model.onnx", "--min-accuracy", "0.9")
    assert message == "--min-accuracy needs images. Name them with --data."


@pytest.mark.parametrize("accuracy", ["2.0", "-0.1", "nan"])
def test_an_accuracy_that_is_no_share_is_refused(refused: Refused, accuracy: str) -> None:
    message = refused("verify", "m.onnx", "--data", "digits", "--min-accuracy", accuracy)
    assert message == f"--min-accuracy {accuracy} is no share. Give one from 0 to 1, as in 0.9."


# What is exported


def test_a_folder_that_is_no_run_is_not_exported(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    message = refused("export", "photos", "--device", SIMULATED, "--out", "model.onnx")
    assert message.startswith("photos is no finished run")
    assert message.endswith("Name a folder that hwnas search wrote.")


def test_a_run_with_a_damaged_model_is_not_exported(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/model.float32.onnx").write_text("ONNX")
    message = refused("export", "run", "--device", SIMULATED, "--out", "model.onnx")
    assert message.startswith("run is no finished run")


@pytest.mark.parametrize(
    "document",
    ['{"format": "other/1"}', "[]", "{", '{"format": "hwnas-architecture/1", "space": 3}'],
)
def test_another_json_is_no_architecture(refused: Refused, tmp_path: Path, document: str) -> None:
    (tmp_path / "other.json").write_text(document)
    message = refused("export", "other.json", "--device", SIMULATED, "--out", "model.onnx")
    assert "other.json" in message
    assert message.endswith("Name the architecture.json of a run.")


def test_a_space_of_many_networks_is_not_exported(refused: Refused) -> None:
    message = refused("export", "mobilenet", "--device", SIMULATED, "--out", "model.onnx")
    assert "'mobilenet' holds many networks. Name one" in message
