"""From blocks to bytes: the peak working set and the size of the file."""

from hwnas.footprint.file_size import EMPTY_FILE_BYTES, block_file_bytes
from hwnas.footprint.working_set import network_working_set_bytes, working_set_bytes

__all__ = [
    "EMPTY_FILE_BYTES",
    "block_file_bytes",
    "network_working_set_bytes",
    "working_set_bytes",
]
