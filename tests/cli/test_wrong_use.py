"""Bad input gets one clear sentence with the value and the next step; nothing is lost."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from hwnas.device import DeviceSpec
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.table import read_table, table_path

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")
PROFILE = ("profile", "--device", SIMULATED, "--space", SMALL_SPACE, "--data", "digits", "-q")
N_BLOCKS = 15
LITTLE = ("--epoch-images", "64", "--warmup-epochs", "1", "--epochs", "1")

Refused = Callable[..., str]
Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def only_named_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwnas.pipeline.baselines.PRESETS", ())


@pytest.fixture
def device_file(tmp_path: Path) -> Callable[[str], Path]:
    """The simulated device with a line before it."""

    def write(line: str) -> Path:
        path = tmp_path / "board.toml"
        path.write_text(f"{line}\n{Path(SIMULATED).read_text()}")
        return path

    return write


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


@pytest.fixture
def table(tmp_path: Path, command: Command, own_tables: Path) -> Path:
    """A full latency table of the small space for digits."""
    command(*PROFILE)
    (path,) = own_tables.glob("*.jsonl")
    return path


# Commands and options


def test_an_unknown_command_names_the_nearest(refused: Refused) -> None:
    assert "No such command 'serch'. Did you mean 'search'?" in refused("serch")


def test_an_unknown_option_names_the_nearest(refused: Refused) -> None:
    message = refused("search", "--latncy", "1ms")
    assert "--latncy" in message
    assert "--latency" in message
    assert message.endswith("See: hwnas search --help")


def test_an_option_without_its_value_is_refused(refused: Refused) -> None:
    assert "'--latency' requires an argument. See: hwnas" in refused("search", "--latency")


def test_a_missing_argument_is_named(refused: Refused) -> None:
    assert refused("verify") == "Missing argument 'model'. See: hwnas verify --help"


def test_a_missing_out_of_export_is_named(refused: Refused) -> None:
    assert refused("export", "mobilenetv2").startswith("Missing option '--out'. See: hwnas export")


def test_a_word_too_many_is_named(refused: Refused) -> None:
    assert "unexpected extra argument(s) (twice)" in refused("search", "twice")


def test_a_number_that_is_none_is_quoted(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--threads", "two")
    assert "'--threads'" in message
    assert "'two'" in message


# Devices


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
    assert 'board.toml: wrong value type for field "threads"' in message
    assert message.endswith("Correct that line and try again.")


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
    assert message == "No engine 'tensorflow'; Known: onnxruntime, simulated."
    assert not (tmp_path / "runs").exists()


# Budgets


@pytest.mark.parametrize(
    ("latency", "said"),
    [
        ("20", "The latency '20' has no unit. Write 20ms or 20us."),
        ("-1ms", "'-1ms' is not a positive number. Write one as in 20ms."),
        ("0ms", "'0ms' is not a positive number. Write one as in 20ms."),
        ("nan", "'nan' is not a positive number. Write one as in 20ms."),
        ("nanms", "'nanms' is not a positive number. Write one as in 20ms."),
        ("infms", "'infms' is not a positive number. Write one as in 20ms."),
        ("1e400ms", "'1e400ms' is not a positive number. Write one as in 20ms."),
        ("1e308s", "'1e308s' is not a positive number. Write one as in 20ms."),
        ("fast", "'fast' is no latency. Write a number with a unit, as in 20ms."),
        ("", "'' is no latency. Write a number with a unit, as in 20ms."),
        ("20parsec", "has the unknown unit 'parsec'. Use us, ms or s, as in 20ms."),
    ],
)
def test_a_latency_that_is_none_is_refused(
    search_refused: Refused, latency: str, said: str
) -> None:
    assert said in search_refused("--latency", latency)


def test_verify_refuses_a_latency_without_unit(refused: Refused) -> None:
    assert "Write 20ms" in refused("verify", "model.onnx", "--latency", "20")


def test_a_search_needs_a_budget(search_refused: Refused) -> None:
    message = search_refused()
    assert message == "A search needs a budget. Give one with --latency 20ms."


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--max-params", "-1"),
        ("--max-params", "few"),
        ("--max-params", "0.5"),
        ("--max-macs", "3T"),
        ("--max-macs", "1e300G"),
        ("--max-macs", "0"),
    ],
)
def test_a_count_that_is_none_is_refused(search_refused: Refused, option: str, value: str) -> None:
    message = search_refused(option, value)
    assert option in message
    assert repr(value) in message
    assert message.endswith("as in 3M.")


# Names and numbers


@pytest.mark.parametrize(
    ("option", "value", "nearest"),
    [
        ("--strategy", "dpnas", "ddpnas"),
        ("--data", "digit", "digits"),
        ("--precision", "int4", "int8"),
        ("--calibration", "min-max", "minmax"),
        ("--baseline", "mobilnetv2", "mobilenetv2"),
    ],
)
def test_an_unknown_name_names_the_nearest(
    search_refused: Refused, option: str, value: str, nearest: str
) -> None:
    message = search_refused("--latency", "1ms", option, value)
    assert f"{value!r}; did you mean {nearest!r}? Known: " in message


@pytest.mark.parametrize("verb", ["search", "profile", "export"])
def test_an_unknown_space_names_the_nearest(refused: Refused, verb: str) -> None:
    arguments = {
        "search": ["--latency", "1ms", "--space", "mobilnet"],
        "profile": ["--space", "mobilnet"],
        "export": ["mobilnet", "--out", "model.onnx"],
    }
    message = refused(verb, *arguments[verb], "--device", SIMULATED)
    assert "No space 'mobilnet'; did you mean 'mobilenet'?" in message


def test_a_baseline_of_many_networks_is_refused(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--baseline", "mobilenet")
    assert "'mobilenet' holds many networks. Name one: a preset (mobilenetv2" in message


@pytest.mark.parametrize("multiplier", ["wide", "0", "nan", "-1", "9"])
def test_a_width_multiplier_out_of_reach_is_refused(
    search_refused: Refused, multiplier: str
) -> None:
    message = search_refused("--latency", "1ms", "--space", f"mobilenetv2@{multiplier}")
    assert multiplier in message
    assert "mobilenetv2" in message


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--threads", "0"),
        ("--batch", "0"),
        ("--batch", "-3"),
        ("--input-size", "0"),
        ("--seed", "-1"),
        ("--seed", str(2**63)),
        ("--epochs", "-1"),
        ("--epoch-images", "0"),
        ("--warmup-epochs", "-2"),
    ],
)
def test_a_number_out_of_range_is_quoted(search_refused: Refused, option: str, value: str) -> None:
    message = search_refused("--latency", "1ms", option, value)
    assert option.removeprefix("--") in message
    assert value in message


@pytest.mark.parametrize("option", ["--input-size", "--channels", "--classes"])
@pytest.mark.parametrize(
    "verb", [("profile",), ("table", "score"), ("export", "mobilenetv2", "--out", "a.onnx")]
)
def test_a_size_of_zero_is_refused(refused: Refused, verb: tuple[str, ...], option: str) -> None:
    message = refused(*verb, "--device", SIMULATED, option, "0")
    assert message == f"{option} is 0. Give 1 or more."


def test_one_sample_scores_no_table(refused: Refused) -> None:
    message = refused("table", "score", "--device", SIMULATED, "--samples", "1")
    assert message == "1 samples tell nothing. Give --samples 2 or more."


# Space files


def test_an_unknown_key_of_a_space_names_the_nearest(
    refused: Refused, space_file: Callable[[str], Path]
) -> None:
    space = space_file("stem_chanels = 4")
    message = refused("search", "--latency", "1ms", "--device", SIMULATED, "--space", space)
    assert "plan.toml: unknown key 'stem_chanels'; did you mean 'stem_channels'?" in message


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
    assert "plan.toml holds no networks: " in message
    assert message.endswith("Correct that value.")


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


# Images


def test_a_missing_folder_is_named(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--data", "./photos")
    assert message == "No such folder or .npz file: ./photos; name an existing one."


def test_an_empty_folder_is_refused(search_refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    message = search_refused("--latency", "1ms", "--data", tmp_path / "photos")
    assert "photos has no class folders; put the images into one folder per class" in message


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_no_data(search_refused: Refused, name: str) -> None:
    message = search_refused("--latency", "1ms", "--data", name)
    assert message == f"{name!r} names no data set. Give --data digits or a folder."


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
        ("table", "list"),
        ("table", "show"),
        ("table", "score", "--device", SIMULATED, "--space", SMALL_SPACE, "-q"),
    ],
    ids=["search", "profile", "list", "show", "score"],
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
    table.write_text(table.read_text().replace("hwnas-latency-table/1", "excel"))
    message = refused("table", "show", table.stem)
    assert "line 1 is not the header of a hwnas-latency-table/1 file. Profile again." in message


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


@pytest.mark.parametrize("name", ["lost.onnx", "."])
def test_a_missing_onnx_is_named(refused: Refused, name: str) -> None:
    message = refused("verify", name, "--device", SIMULATED)
    assert message.startswith(f"{name} is no readable ONNX file")


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


# Places to write to


def test_an_existing_run_folder_is_left_alone(search_refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/precious").write_text("mine")
    message = search_refused("--latency", "1ms")
    assert message == "The run folder run exists already. Name another with --out, or remove it."


@pytest.mark.parametrize("out", ["file/run", "file/deeper/run", "/proc/run", "x" * 300, "y" * 245])
def test_a_run_folder_that_cannot_be_made_is_refused(
    refused: Refused, tmp_path: Path, out: str
) -> None:
    (tmp_path / "file").touch()
    message = refused(
        "search", "--latency", "1ms", "--device", SIMULATED, "--space", SMALL_SPACE, "--out", out
    )
    assert message.startswith(f"Cannot write {out}: ")
    assert message.endswith("Free the disk or name another place with --out.")


@pytest.mark.parametrize("out", ["file/model.onnx", "/proc/model.onnx"])
def test_a_model_that_cannot_be_written_is_refused(
    refused: Refused, tmp_path: Path, out: str
) -> None:
    (tmp_path / "file").touch()
    message = refused("export", "mobilenetv2", "--device", SIMULATED, "--out", out)
    assert message.startswith(f"Cannot write {Path(out).parent}")


def test_a_table_folder_that_cannot_be_made_is_refused(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HWNAS_TABLES", str(tmp_path / "file" / "tables"))
    message = refused("profile", "--device", SIMULATED, "--space", SMALL_SPACE, "-q")
    assert f"Cannot write {tmp_path / 'file' / 'tables'}" in message
    assert message.endswith("name another folder in HWNAS_TABLES.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_run_folder_is_refused(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    message = refused("search", "--latency", "1ms", "--device", SIMULATED, "--out", "locked/run")
    assert message.startswith("Cannot write locked/run: Permission denied")


# A full disk


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from hwnas.cli.app import run
sys.exit(run(sys.argv[2:]))
"""
"""No file grows beyond a size: writing fails as on a disk over its quota."""


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of one megabyte, for the tests that need a full one."""
    folder = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no small file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def full_disk(small_disk: Path) -> Iterator[Path]:
    """A file system with one page of 4096 bytes left."""
    system = os.statvfs(small_disk)
    (small_disk / "ballast").write_bytes(b"0" * (system.f_bavail * system.f_bsize - 4096))
    yield small_disk
    for path in small_disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def over_quota(n_bytes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", FULL, str(n_bytes), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_search_on_a_full_disk_leaves_no_run(refused: Refused, full_disk: Path) -> None:
    message = refused(
        *("search", "--latency", "1ms", "--device", SIMULATED, "--space", SMALL_SPACE),
        *("--out", full_disk / "run", *LITTLE, "--quiet"),
    )
    assert "No space left on device. Free the disk" in message
    assert not (full_disk / "run").exists()


def test_a_search_goes_on_where_the_disk_was_full(
    command: Command, full_disk: Path, tmp_path: Path
) -> None:
    arguments = (
        *("search", "--latency", "1ms", "--device", SIMULATED, "--space", SMALL_SPACE),
        *("--out", full_disk / "run", *LITTLE, "--quiet"),
    )
    assert command(*arguments).code == 2
    (full_disk / "ballast").unlink()
    assert command(*arguments).code == 0
    assert json.loads((full_disk / "run/result.json").read_text())["accuracy_int8"] > 0


def test_a_profile_on_a_full_disk_keeps_what_was_timed(
    refused: Refused, full_disk: Path, monkeypatch: pytest.MonkeyPatch, simulated: DeviceSpec
) -> None:
    monkeypatch.setenv("HWNAS_TABLES", str(full_disk))
    message = refused(*PROFILE)
    assert f"Cannot write {table_path(simulated)}: No space left on device. Free" in message
    (full_disk / "ballast").unlink()
    assert 0 < len(read_table(table_path(simulated)).rows) < N_BLOCKS


def test_a_profile_goes_on_where_the_disk_was_full(
    command: Command, full_disk: Path, monkeypatch: pytest.MonkeyPatch, simulated: DeviceSpec
) -> None:
    monkeypatch.setenv("HWNAS_TABLES", str(full_disk))
    assert command(*PROFILE).code == 2
    (full_disk / "ballast").unlink()
    assert command(*PROFILE).code == 0
    assert len(read_table(table_path(simulated)).rows) == N_BLOCKS


def test_an_export_on_a_full_disk_leaves_no_file(refused: Refused, full_disk: Path) -> None:
    before = sorted(full_disk.iterdir())
    message = refused(
        *("export", "mobilenetv2@0.1", "--device", SIMULATED, "--input-size", "8"),
        *("--out", full_disk / "model.onnx", "--quiet"),
    )
    assert message.startswith(f"Cannot write {full_disk / 'model.onnx'}: No space left on device")
    assert sorted(full_disk.iterdir()) == before


def test_an_export_over_its_quota_leaves_the_old_file(tmp_path: Path) -> None:
    out = tmp_path / "model.onnx"
    out.write_text("the old model")
    ending = over_quota(
        20_000,
        *("export", "mobilenetv2@0.1", "--device", SIMULATED, "--precision", "float32"),
        *("--input-size", "8", "--out", str(out), "--quiet"),
    )
    assert ending.returncode == 2
    assert len(ending.stderr.splitlines()) == 1
    assert out.read_text() == "the old model"
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


# Nothing fits


def test_a_budget_below_the_fastest_says_how_fast_that_is(
    search_refused: Refused, tmp_path: Path
) -> None:
    message = search_refused("--latency", "1us", code=3)
    assert "No network of space 'small' fits 0.001 ms: the fastest takes 0.02567 ms" in message
    assert "Raise --latency" in message
    assert not list(tmp_path.glob(".run*"))


def test_a_size_below_the_smallest_says_how_small_that_is(search_refused: Refused) -> None:
    message = search_refused("--max-params", "10", code=3)
    assert "keeps 10 parameters: the least of each alone is 2,626 parameters" in message
    assert "Raise a limit" in message


def test_limits_that_exclude_each_other_are_all_named(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--max-macs", "100", code=3)
    assert "keeps 1 ms and 100 MACs: " in message


# A search that was begun


def test_a_damaged_checkpoint_is_named(
    search_refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WorkFolder, "publish", _stop)
    with pytest.raises(RuntimeError, match="stopped"):
        search_refused("--latency", "1ms", *LITTLE)
    (checkpoint,) = tmp_path.glob(".run*.partial/supernet.pt")
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    message = search_refused("--latency", "1ms", *LITTLE)
    assert f"{checkpoint.relative_to(tmp_path)} is damaged. Delete " in message
    assert not (tmp_path / "run").exists()


def _stop(*_: object) -> None:
    raise RuntimeError("stopped")
