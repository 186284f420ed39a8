"""Tasks on a Ray cluster: of this machine, or of many (``hwnas[ray]``)."""

from collections.abc import Sequence
from typing import Any

from hwnas.cluster import cluster_at
from hwnas.errors import HwnasError, RunError
from hwnas.pipeline.tasks import OnDone, Task
from hwnas.whole_file import write_whole

RETRIES = 4
"""How often a task is done again whose machine was lost."""
POLL_S = 1.0


class OnRay:
    """As many tasks at once as the cluster has CPUs and devices for.

    Results travel to this process, which alone writes files. A machine that is lost loses only the
    tasks that it was at, and those are given to others.
    """

    def __init__(self, address: str) -> None:
        """Connect to ``local`` (a cluster of this machine), ``auto`` or the address of a head.

        Raises:
            InvalidInputError: Ray is not installed, or nothing answers there.
        """
        self._ray = cluster_at(address)

    def run(self, tasks: Sequence[Task], on_done: OnDone) -> None:
        """See ``Workers``."""
        waiting: dict[Any, Task] = {}
        shared: dict[int, Any] = {}
        for task in tasks:
            if task.file.is_file():
                on_done(task)
            else:
                waiting[self._submit(task, shared)] = task
        try:
            while waiting:
                ready, _ = self._ray.wait(list(waiting), num_returns=1, timeout=POLL_S)
                for reference in ready:
                    task = waiting.pop(reference)
                    write_whole(task.file, self._content(reference, task))
                    on_done(task)
        finally:
            for reference in waiting:
                self._ray.cancel(reference, force=True)

    def _submit(self, task: Task, shared: dict[int, Any]) -> Any:  # noqa: ANN401
        """What is given to several tasks is sent once."""
        for value in task.given:
            if id(value) not in shared:
                shared[id(value)] = self._ray.put(value)
        n_cpus = 0 if task.needs else 1
        remote = self._ray.remote(task.work).options(
            name=task.name,
            num_cpus=n_cpus,
            resources=dict(task.needs),
            max_retries=RETRIES,
        )
        return remote.remote(*(shared[id(value)] for value in task.given))

    def _content(self, reference: Any, task: Task) -> bytes:  # noqa: ANN401
        try:
            content: bytes = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, HwnasError):
                raise error.cause from error
            raise
        except self._ray.exceptions.RayError as error:
            raise RunError(
                f"{task.name} was lost {RETRIES + 1} times: {error}. Look at the machines of the "
                "cluster, and run the same command again."
            ) from error
        return content
