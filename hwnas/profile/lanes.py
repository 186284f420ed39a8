"""Work shared out among equal devices; what one that fails has begun, another takes."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from threading import Event
from typing import Generic, TypeVar

from hwnas.errors import MeasurementError

Part = TypeVar("Part")
Lane = TypeVar("Lane")


class StoppedError(Exception):
    """The other lanes are to end because the work is given up."""


class SharedWork(Generic[Part, Lane]):
    """Parts of work for lanes that run side by side.

    ``do(lane, part)`` may raise MeasurementError: the lane is then out and the part waits for
    another; once the others have nothing to do, ``lost`` is told. It calls ``go_on`` now and then.
    """

    def __init__(
        self,
        parts: Iterable[Part],
        do: Callable[[Lane, Part], None],
        lost: Callable[[MeasurementError, int], None],
    ) -> None:
        self._parts = deque(parts)
        self._do = do
        self._lost = lost
        self._stopped = Event()

    def go_on(self) -> None:
        """End here if the work was given up.

        Raises:
            StoppedError: It was.
        """
        if self._stopped.is_set():
            raise StoppedError

    def run(self, lanes: Sequence[Lane]) -> None:
        """Until nothing is left; a single lane works in this thread.

        Raises:
            MeasurementError: The last lane is out.
        """
        if len(lanes) == 1:
            self._work(lanes[0])
            return
        left = list(lanes)
        while self._parts:
            failures = self._side_by_side(left)
            left = [lane for lane, failure in zip(left, failures, strict=True) if failure is None]
            for failure in filter(None, failures):
                if not left:
                    raise failure
                self._lost(failure, len(left))

    def _side_by_side(self, lanes: Sequence[Lane]) -> list[MeasurementError | None]:
        with ThreadPoolExecutor(len(lanes)) as pool:
            running = [pool.submit(self._work, lane) for lane in lanes]
            try:
                for lane in as_completed(running):
                    _failure(lane)  # one of another kind ends all lanes at once
                return [_failure(lane) for lane in running]
            except BaseException:
                self._stopped.set()
                raise

    def _work(self, lane: Lane) -> None:
        while True:
            try:
                part = self._parts.popleft()
            except IndexError:
                return
            try:
                self._do(lane, part)
            except MeasurementError:
                self._parts.append(part)
                raise


def _failure(lane: Future[None]) -> MeasurementError | None:
    try:
        lane.result()
    except MeasurementError as error:
        return error
    return None
