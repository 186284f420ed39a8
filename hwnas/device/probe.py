"""This machine, as a device file: its recipe from the instruction set, its peaks nominal."""

import json
import platform
from collections.abc import Mapping

import psutil

from hwnas.agent.machine import cpu_flags, cpu_model
from hwnas.device.recipe import Recipe
from hwnas.device.spec import DeviceSpec, Peak

SECTIONS = ("provider_options", "recipe", "peak")
"""Of a device file, at its end; TVM's own defaults are those of this machine."""
INTEGER_DOT_PRODUCT = {"avx512_vnni", "avx_vnni", "asimddp", "i8mm"}
DEFAULT_HZ = 2.5e9
DDR_BYTES_PER_S = 20e9
"""One core streaming from memory, about: no portable way to ask."""


def probe() -> DeviceSpec:
    """Describe the machine at hand.

    Peaks are nominal: vector width times clock, one core.
    """
    flags = cpu_flags()
    return DeviceSpec(
        name=f"this-{platform.machine().lower().replace('_', '-')}",
        description=cpu_model(),
        engine="onnxruntime",
        recipe=recipe_for(flags),
        peak=_nominal_peak(flags),
    )


def recipe_for(flags: frozenset[str]) -> Recipe:
    """Unsigned activations with signed weights everywhere; without VNNI or Arm dot product ONNX
    Runtime's older kernels saturate on full-range weights per channel, so per tensor there.
    """  # noqa: D205
    return Recipe(per_channel=bool(flags & INTEGER_DOT_PRODUCT))


def device_toml(device: DeviceSpec) -> str:
    """The device as the text of a device file."""
    lines = [
        f"{key} = {_toml_value(value)}"
        for key, value in vars(device).items()
        if key not in (*SECTIONS, "tvm")
    ]
    for section in SECTIONS:
        settings = getattr(device, section)
        rows = settings if isinstance(settings, Mapping) else vars(settings)
        if rows:
            lines += ["", f"[{section}]"]
            told = {key: value for key, value in rows.items() if value is not None}
            lines += [f"{key} = {_toml_value(value)}" for key, value in told.items()]
    return "\n".join(lines) + "\n"


def _toml_value(value: object) -> str:
    """TOML writes booleans, numbers and strings as JSON does."""
    return json.dumps(value, ensure_ascii=False)


def _nominal_peak(flags: frozenset[str]) -> Peak:
    frequency = psutil.cpu_freq()
    hz = frequency.max * 1e6 if frequency and frequency.max else DEFAULT_HZ
    vector_bits = 512 if "avx512f" in flags else 256 if "avx2" in flags else 128
    float_macs = hz * 2 * vector_bits / 32
    widening = 4 if flags & INTEGER_DOT_PRODUCT else 2
    return Peak(
        float32_macs_per_s=float_macs,
        int8_macs_per_s=float_macs * widening / 2,
        bytes_per_s=DDR_BYTES_PER_S,
    )
