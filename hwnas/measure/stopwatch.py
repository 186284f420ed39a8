"""Seconds that a phase of the work took, for the record and never for a latency."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """Holds the seconds of the phase it was started for."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count while the block runs, also when it raises."""
        started = perf_counter()
        try:
            yield
        finally:
            self.seconds += perf_counter() - started
