"""Where models run: in this process, or at the end of a command."""

from hwnas.measure.target.catalog import HERE, target_for
from hwnas.measure.target.protocol import Opened, Placement, Target

__all__ = ["HERE", "Opened", "Placement", "Target", "target_for"]
