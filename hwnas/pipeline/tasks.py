"""Independent pieces of work whose results are files: in this process, or spread over machines.

A result's file is named by all it depends on, so what is there is never made again: a driver that
was killed goes on where it stopped, whoever made the files.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from hwnas.whole_file import write_whole

OnDone = Callable[["Task"], None]


@dataclass(frozen=True)
class Task:
    """``work(*given)`` gives the content of ``file``; large things may be given to many tasks.

    ``needs`` are resources of the machine that does it, such as ``{"device:arm-cpu": 1}``; they
    are spoken for while it runs.
    """

    name: str
    file: Path
    work: Callable[..., bytes]
    given: tuple[Any, ...] = ()
    needs: Mapping[str, float] = field(default_factory=dict)


class Workers(Protocol):
    """Who does tasks."""

    def run(self, tasks: Sequence[Task], on_done: OnDone) -> None:
        """Do those whose files are missing; ``on_done`` is told of each as its file is there.

        Raises:
            HwnasError: What a task raised; the others that were done are kept.
        """
        ...


class InThisProcess:
    """One task after the other."""

    def run(self, tasks: Sequence[Task], on_done: OnDone) -> None:
        """See ``Workers``."""
        for task in tasks:
            if not task.file.is_file():
                write_whole(task.file, task.work(*task.given))
            on_done(task)
