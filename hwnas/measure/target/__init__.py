"""Where models run: in this process, or at the end of a command."""

from hwnas.measure.target.catalog import HERE, further_targets, target_for
from hwnas.measure.target.protocol import Opened, Placement, Target

__all__ = ["HERE", "Opened", "Placement", "Target", "further_targets", "target_for"]
