import platform
from pathlib import Path

import pytest

from hwnas.device import DeviceSpec, device_names, load_device
from hwnas.errors import InvalidInputError, UnknownNameError

GOOD = {
    "name": '"mine"',
    "engine": '"onnxruntime"',
}
PEAK = "[peak]\nfloat32_macs_per_s = 1e9\nint8_macs_per_s = 2e9\nbytes_per_s = 3e9\n"


def written(tmp_path: Path, top: str = "", recipe: str = "") -> str:
    lines = "\n".join(f"{key} = {value}" for key, value in GOOD.items())
    path = tmp_path / "mine.toml"
    path.write_text(f"{lines}\n{top}\n[recipe]\n{recipe}\n{PEAK}")
    return str(path)


def refusal(name: str) -> str:
    with pytest.raises(InvalidInputError) as caught:
        load_device(name)
    return str(caught.value)


@pytest.mark.parametrize("name", device_names())
def test_every_shipped_device_loads(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert isinstance(load_device(name), DeviceSpec)


def test_local_is_what_the_processor_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    for machine in ("x86_64", "AMD64"):
        monkeypatch.setattr(platform, "machine", lambda machine=machine: machine)
        assert load_device("local") == load_device("x86-cpu")


def test_local_on_a_processor_without_a_file_says_how_to_write_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    message = refusal("local")
    assert "knows no riscv64 processor" in message and "hwnas devices probe >" in message


def test_an_unknown_device_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'x86-cpu'"):
        load_device("x86cpu")


def test_a_file_leaves_out_what_has_a_default(tmp_path: Path) -> None:
    device = load_device(written(tmp_path))
    assert (device.precision, device.threads, device.recipe.calibration) == ("int8", 1, "minmax")


def test_a_file_sets_what_it_names(tmp_path: Path) -> None:
    device = load_device(written(tmp_path, "threads = 4", 'calibration = "entropy"'))
    assert (device.threads, device.recipe.calibration) == (4, "entropy")


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, top="thread = 2"))
    assert "mine.toml: unknown key 'thread'; did you mean 'threads'?" in message


def test_an_unknown_key_of_the_recipe_names_the_nearest(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, recipe="per_chanel = true"))
    assert "unknown key 'per_chanel'; did you mean 'per_channel'?" in message


@pytest.mark.parametrize(
    ("top", "recipe", "named"),
    [
        ('threads = "2"', "", "threads"),
        ("threads = 1.5", "", "threads"),
        ('precision = "int4"', "", "precision"),
        ("", "per_channel = 1", "per_channel"),
        ("", 'activations = "uint4"', "activations"),
        ("", 'percentile = "high"', "percentile"),
    ],
)
def test_a_wrong_type_names_its_key(tmp_path: Path, top: str, recipe: str, named: str) -> None:
    assert named in refusal(written(tmp_path, top, recipe))


def test_a_missing_key_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(GOOD, "engine")
    assert "it has no engine. Add it." in refusal(written(tmp_path))


def test_a_refused_value_names_the_file(tmp_path: Path) -> None:
    assert "mine.toml: threads must be at least 1, got 0" in refusal(
        written(tmp_path, "threads = 0")
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "nowhere.toml" in refusal(str(tmp_path / "nowhere.toml"))


def test_what_is_no_toml_is_named(tmp_path: Path) -> None:
    assert "is no TOML" in refusal(written(tmp_path, top="threads 2"))
