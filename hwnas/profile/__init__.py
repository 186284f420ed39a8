"""Which blocks a table misses, and the resumable loop that times them."""

from hwnas.profile.profile import fill_table, needed_blocks
from hwnas.profile.ready import ready_blocks

__all__ = ["fill_table", "needed_blocks", "ready_blocks"]
