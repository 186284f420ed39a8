"""Apache TVM: compiles for a device's target, here or across, and may tune what it compiles."""

from hwnas.measure.engine.tvm.engine import TvmEngine

__all__ = ["TvmEngine"]
