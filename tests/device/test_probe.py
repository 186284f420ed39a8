from dataclasses import replace
from pathlib import Path

import pytest

from hwnas.device import DeviceSpec, Recipe, device_toml, load_device, probe
from hwnas.device.probe import recipe_for


def reread(device: DeviceSpec, folder: Path) -> DeviceSpec:
    path = folder / "x.toml"
    path.write_text(device_toml(device))
    return load_device(str(path))


def test_a_probed_device_reads_back(tmp_path: Path) -> None:
    assert reread(probe(), tmp_path) == probe()


def test_every_setting_survives_the_file(tmp_path: Path, simulated: DeviceSpec) -> None:
    recipe = Recipe(activations="int8", per_channel=False, calibration="percentile")
    device = replace(simulated, threads=3, precision="float32", batch=2, recipe=recipe)
    device = replace(device, connection="ssh pi@board 'python 3'", machines=("aarch64",))
    device = replace(device, provider_options={"device_id": "1"}, clock="emulated")
    assert reread(device, tmp_path) == device


def test_a_name_with_quotes_survives_the_file(tmp_path: Path, simulated: DeviceSpec) -> None:
    device = replace(simulated, description='Intel "Core" \\ 2\tµ')
    assert reread(device, tmp_path) == device


@pytest.mark.parametrize("flag", ["avx512_vnni", "avx_vnni", "asimddp", "i8mm"])
def test_an_integer_dot_product_takes_weights_per_channel(flag: str) -> None:
    assert recipe_for(frozenset({flag, "sse2"})).per_channel


@pytest.mark.parametrize("flags", [frozenset(), frozenset({"avx2"}), frozenset({"avx512f"})])
def test_without_one_weights_are_per_tensor(flags: frozenset[str]) -> None:
    assert not recipe_for(flags).per_channel
