"""Execution providers: ONNX Runtime's own, and those that come as a library of their own."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import onnxruntime

Settings = dict[str, Any]
"""Of a device: ``name``, ``threads``, ``optimization_level``, ``provider``, its options, and the
``fallback_providers`` that may run what it does not."""

PROCESSOR, QNN = "CPUExecutionProvider", "QNNExecutionProvider"
X86 = ("x86_64", "AMD64")
"""Machines on which QNN's chip, a Hexagon DSP, is simulated."""
PLUGINS = {QNN: "onnxruntime_qnn"}
"""Python packages that bring a provider as a library."""
ON_CUDA = ("CUDAExecutionProvider", "TensorrtExecutionProvider", "NvTensorRTRTXExecutionProvider")
"""Their input and output stay in the card's memory while a model is timed."""
GIVES_A_GRAPH = (PROCESSOR, "CUDAExecutionProvider", "XnnpackExecutionProvider")
"""The others compile what they run, which ONNX Runtime cannot write as a graph."""
NO_FALLBACK = "session.disable_cpu_ep_fallback"
FELL_BACK = "fallback to CPU EP has been explicitly disabled"
"""Of the message of an ONNX Runtime that keeps to ``NO_FALLBACK``."""


class RefusedError(Exception):
    """The engine refuses the model or the device; the message is a sentence for the user."""


def available() -> list[str]:
    """The providers that a device may name here."""
    own = [name for name in onnxruntime.get_available_providers() if name not in PLUGINS]
    return [*own, *filter(_is_installed, PLUGINS)]


def plugin_versions() -> dict[str, str]:
    """Of the packages that bring a provider, by provider."""
    return {name: _version(PLUGINS[name]) for name in filter(_is_installed, PLUGINS)}


def choose_providers(options: Any, settings: Settings) -> list[tuple[str, dict[str, str]]]:
    """Tell the session's options of a plugin; list the providers that are no plugin, in order.

    Where the processor is neither the provider nor a fallback, a model of which it would have to
    run a part is refused.

    Raises:
        RefusedError: One of them is not there.
    """
    wanted = [settings["provider"], *settings["fallback_providers"]]
    known = available()
    for name in wanted:
        if name not in known:  # ONNX Runtime would warn and take the processor
            raise RefusedError(
                f"ONNX Runtime has no provider {name!r}, which {settings['name']!r} asks for. "
                f"{_how_to_get(name)}This one has {', '.join(known)}."
            )
    if PROCESSOR not in wanted:
        options.add_session_config_entry(NO_FALLBACK, "1")
    given = settings["provider_options"]
    if wanted[0] in PLUGINS:
        if {*wanted[1:]} - {PROCESSOR}:
            raise RefusedError(
                f"Behind {wanted[0]} only {PROCESSOR} can run what it does not, and "
                f"{settings['name']!r} names {', '.join(wanted[1:])}. Correct fallback_providers."
            )
        _add_plugin(options, wanted[0], given)
        return []  # ONNX Runtime adds the processor itself
    return [(wanted[0], given), *((name, {}) for name in wanted[1:])]


@contextmanager
def apart_from_output(provider: str) -> Iterator[None]:
    """What a plugin's libraries print of themselves goes nowhere: programs read the output."""
    if provider not in PLUGINS:
        yield
        return
    sys.stdout.flush()
    output, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(output, 1)
        os.close(output)


def ran_on(profile: Path) -> dict[str, dict[str, int]]:
    """How many operators of each kind ran on each provider, from a session's profile."""
    events = json.loads(profile.read_text(encoding="utf-8"))
    found: dict[str, Counter[str]] = {}
    for event in events:
        told = event.get("args", {})
        if event.get("cat") == "Node" and "provider" in told:
            found.setdefault(told["provider"], Counter())[told["op_name"]] += 1
    return {name: dict(operators) for name, operators in found.items()}


def _is_installed(plugin: str) -> bool:
    try:
        importlib.import_module(PLUGINS[plugin])
    except Exception:  # noqa: BLE001 - whatever a broken installation raises
        return False
    return hasattr(onnxruntime, "register_execution_provider_library")


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "of unknown version"


def _how_to_get(name: str) -> str:
    if name not in PLUGINS:
        return (
            "It comes with another build of ONNX Runtime (onnxruntime-gpu for CUDA and TensorRT) "
            "and needs its hardware: reach a machine that has both with --connection, or "
            "estimate with --engine roofline. "
        )
    return f"Install it with: python3 -m pip install {PLUGINS[name].replace('_', '-')}. "


def _add_plugin(options: Any, name: str, given: dict[str, str]) -> None:
    package: Any = importlib.import_module(PLUGINS[name])
    if not _devices(name):
        onnxruntime.register_execution_provider_library(name, package.get_library_path())
    defaults = {"backend_path": package.get_qnn_htp_path()}
    options.add_provider_for_devices(_devices(name)[:1], {**defaults, **given})


def _devices(name: str) -> list[Any]:
    """What the plugin runs on, a neural processor first."""
    found = [device for device in onnxruntime.get_ep_devices() if device.ep_name == name]
    return sorted(found, key=lambda device: "NPU" not in str(device.device.type))
