"""Ctrl-C while libraries are imported; importing this module takes a millisecond."""

import os
import signal
from types import FrameType
from typing import NoReturn

INTERRUPTED = "Interrupted. Run the same command again to go on."
INTERRUPTED_CODE = 130
IMPORTING = "<frozen importlib._bootstrap>"
"""The file of a frame that imports a module."""


def heed_interrupts() -> None:
    """End the process at once where it imports, and raise ``KeyboardInterrupt`` elsewhere.

    An exception within an import may be swallowed, or come out as another: what a library does
    while it is loaded was not written to be interrupted. Where SIGINT is ignored, it stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupted)


def leave(message: str) -> NoReturn:
    """Say so and end without unwinding; what is half done resumes as after ``kill -9``."""
    os.write(2, f"{message}\n".encode())
    os._exit(INTERRUPTED_CODE)


def _interrupted(_: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code.co_filename == IMPORTING:
            leave(INTERRUPTED)
        frame = frame.f_back
    raise KeyboardInterrupt
