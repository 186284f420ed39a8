"""What a target is, how it is reached, what it says of itself."""

from hwnas.agent.machine import allowed_cpus, cpu_flags, measuring_cpus
from hwnas.device.catalog import device_names, load_device
from hwnas.device.fingerprint import Fingerprint, check_machine, fingerprint, others_load
from hwnas.device.probe import device_toml, probe
from hwnas.device.recipe import CALIBRATIONS, Recipe
from hwnas.device.shipped import shipped_folder
from hwnas.device.spec import (
    FLOAT_BYTES,
    LOCAL,
    RAY,
    TRACKER,
    DeviceSpec,
    Peak,
    Precision,
    TvmSettings,
)

__all__ = [
    "CALIBRATIONS",
    "FLOAT_BYTES",
    "LOCAL",
    "RAY",
    "TRACKER",
    "DeviceSpec",
    "Fingerprint",
    "Peak",
    "Precision",
    "Recipe",
    "TvmSettings",
    "allowed_cpus",
    "check_machine",
    "cpu_flags",
    "device_names",
    "device_toml",
    "fingerprint",
    "load_device",
    "measuring_cpus",
    "others_load",
    "probe",
    "shipped_folder",
]
