"""From an ONNX file to what TVM's virtual machine runs on a target."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hwnas.device import LOCAL, DeviceSpec
from hwnas.errors import HwnasError, MeasurementError
from hwnas.measure.engine.units import read_model
from hwnas.record import unknown_name

INSTALL = "Install it with: python3 -m pip install 'hwnas[tvm]'"


def tvm_module() -> Any:
    """TVM, which takes a second to import and is an extra.

    Raises:
        MeasurementError: It is not installed, or does not load.
    """
    os.environ.setdefault("TVM_BIND_THREADS", "0")  # it would keep this thread on one processor
    try:
        import tvm
        import tvm.relax.frontend.onnx
    except Exception as error:
        raise MeasurementError(f"TVM cannot be loaded: {error}. {INSTALL}.") from error
    return tvm


def target_of(device: DeviceSpec) -> Any:
    """TVM's ``Target``: the device file's, or this machine's processor."""
    tvm = tvm_module()
    settings = device.tvm
    fields: dict[str, Any] = {
        name: value
        for name, value in (
            ("mtriple", settings.mtriple),
            ("mcpu", settings.mcpu),
            ("mattr", list(settings.mattr)),
            ("arch", settings.arch),
        )
        if value
    }
    if settings.kind == "llvm":
        fields["num-cores"] = device.threads
        if device.connection == LOCAL and not settings.mcpu and not settings.mtriple:
            fields["mcpu"] = tvm.target.codegen.llvm_get_system_cpu()
    with refused("TVM does not know the device's target", "Correct [tvm] in the device file"):
        target = tvm.target.Target({"kind": settings.kind, **fields})
        if settings.kind == "llvm" and settings.mcpu:
            known = tvm.target.codegen.llvm_get_cpu_archlist(target)
            if settings.mcpu not in known:  # TVM would take a generic one
                raise unknown_name("[tvm] mcpu", settings.mcpu, list(map(str, known)))
        return target


def lowered(model: bytes, target: Any) -> Any:
    """The model as functions of loops, fused: what is tuned and compiled.

    Raises:
        MeasurementError: TVM cannot read it.
    """
    tvm = tvm_module()
    with refused("TVM cannot read the model", "Check that the file is a complete ONNX model"):
        module = tvm.relax.frontend.onnx.from_onnx(read_model(model), keep_params_in_input=False)
        passes = tvm.relax.transform
        steps = (
            passes.LegalizeOps(),
            passes.AnnotateTIROpPattern(),
            passes.FoldConstant(),
            passes.FuseOps(),
            passes.FuseTIR(),
        )
        with target:
            return tvm.transform.Sequential(steps)(module)


def compiled(module: Any, target: Any, database: Any | None) -> Any:
    """What a virtual machine loads; functions that the database knows take its schedules.

    Raises:
        MeasurementError: TVM cannot compile it.
    """
    tvm = tvm_module()
    with refused("TVM cannot compile the model", "Try another device or --engine onnxruntime"):
        if database is not None:
            with target, database:
                module = tvm.relax.transform.MetaScheduleApplyDatabase()(module)
        return tvm.compile(module, target=target)


def exported(executable: Any, folder: Path, device: DeviceSpec) -> Path:
    """The executable as a shared library for the target, linked by the device's cross compiler.

    Raises:
        MeasurementError: There is no such compiler, or it fails.
    """
    path = folder / "model.so"
    compiler = device.tvm.cross_compiler
    with refused(
        f"The library for {device.name!r} cannot be linked by {compiler or 'cc'}",
        "Install that compiler, as with: apt-get install g++-aarch64-linux-gnu",
    ):
        if compiler:
            executable.export_library(str(path), cc=compiler)
        else:
            executable.export_library(str(path))
    return path


@contextmanager
def refused(what: str, advice: str) -> Iterator[None]:
    """Whatever TVM raises, as ours; its exceptions have no base class but ``Exception``.

    Raises:
        MeasurementError: Always in place of another error.
    """
    try:
        yield
    except HwnasError:
        raise
    except Exception as error:
        lines = [line for line in str(error).strip().splitlines() if line.strip()]
        said = lines[-1].strip().rstrip(".") if lines else type(error).__name__
        raise MeasurementError(f"{what}: {said}. {advice}.") from error
