"""What a table misses, and the resumable rounds that time it."""

from hwnas.profile.profile import fill_table
from hwnas.profile.ready import BlockMaker, ready_blocks
from hwnas.profile.wanted import Wanted, wanted_by

__all__ = ["BlockMaker", "Wanted", "fill_table", "ready_blocks", "wanted_by"]
