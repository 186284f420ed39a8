"""Messages over a pipe: a JSON header and raw bytes, each with its length before it."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

MAGIC = b"HWNA"
LENGTHS = struct.Struct(">4sIQ")
"""The magic, bytes of the header, bytes that follow it."""
MOST_HEADER_BYTES = 2**24
MOST_PAYLOAD_BYTES = 2**33


class BrokenFrameError(Exception):
    """What came is no message, or half of one."""


def frame(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """One whole message."""
    text = json.dumps(header).encode()
    return LENGTHS.pack(MAGIC, len(text), len(payload)) + text + payload


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next message, or ``None`` where the other end has closed.

    Raises:
        BrokenFrameError: Something else came.
    """
    start = stream.read(LENGTHS.size)
    if not start:
        return None
    if len(start) < LENGTHS.size:
        raise BrokenFrameError("the message breaks off in its length")
    n_header, n_payload = lengths_in(start)
    header = parsed(_exactly(stream, n_header))
    return header, _exactly(stream, n_payload)


def lengths_in(start: bytes) -> tuple[int, int]:
    """How many bytes of header, and of what follows it, a message begins with.

    Raises:
        BrokenFrameError: It begins no message.
    """
    magic, n_header, n_payload = LENGTHS.unpack(start)
    if magic != MAGIC or n_header > MOST_HEADER_BYTES or n_payload > MOST_PAYLOAD_BYTES:
        raise BrokenFrameError(f"{start!r} begins no message")
    return n_header, n_payload


def parsed(text: bytes) -> dict[str, Any]:
    """A header as plain values.

    Raises:
        BrokenFrameError: It is no JSON object.
    """
    try:
        header = json.loads(text)
    except ValueError as error:
        raise BrokenFrameError("the header is no JSON") from error
    if not isinstance(header, dict):
        raise BrokenFrameError("the header is no JSON object")
    return header


def _exactly(stream: BinaryIO, n_bytes: int) -> bytes:
    content = stream.read(n_bytes)
    if len(content) < n_bytes:
        raise BrokenFrameError(f"the message breaks off after {len(content)} of {n_bytes} bytes")
    return content
