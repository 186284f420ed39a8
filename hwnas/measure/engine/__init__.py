"""One engine a file."""

from hwnas.measure.engine.catalog import ENGINES, engine_for, engine_named
from hwnas.measure.engine.protocol import Engine, Layout, Runner

__all__ = ["ENGINES", "Engine", "Layout", "Runner", "engine_for", "engine_named"]
