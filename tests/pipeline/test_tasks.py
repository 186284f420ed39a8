"""Tasks and their files, in this process and on Ray."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from hwnas.errors import InvalidInputError, RunError
from hwnas.pipeline.ray_workers import OnRay
from hwnas.pipeline.tasks import InThisProcess, Task, Workers


def squared(number: int) -> bytes:
    return str(number**2).encode()


def refused(number: int) -> bytes:
    raise RunError(f"{number} cannot be. Give another.")


def tasks_in(folder: Path, n: int = 5) -> list[Task]:
    return [Task(f"square {n}", folder / f"{n}.txt", squared, (n,)) for n in range(n)]


@pytest.fixture(scope="module")
def ray() -> Iterator[ModuleType]:
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    yield ray
    ray.shutdown()


@pytest.fixture(params=["in this process", "on ray"])
def workers(request: pytest.FixtureRequest) -> Workers:
    if request.param == "in this process":
        return InThisProcess()
    request.getfixturevalue("ray")
    return OnRay("local")


def test_every_task_leaves_its_file(workers: Workers, tmp_path: Path) -> None:
    done: list[str] = []
    workers.run(tasks_in(tmp_path), lambda task: done.append(task.name))
    assert sorted(done) == [f"square {n}" for n in range(5)]
    assert [(tmp_path / f"{n}.txt").read_text() for n in range(5)] == ["0", "1", "4", "9", "16"]


def test_what_is_there_is_not_made_again(workers: Workers, tmp_path: Path) -> None:
    (tmp_path / "3.txt").write_text("kept")
    told: list[str] = []
    workers.run(tasks_in(tmp_path), lambda task: told.append(task.name))
    assert (tmp_path / "3.txt").read_text() == "kept" and len(told) == 5


def test_an_error_of_a_task_is_its_own_and_the_rest_is_kept(
    workers: Workers, tmp_path: Path
) -> None:
    bad = Task("bad", tmp_path / "bad.txt", refused, (7,))
    done: list[str] = []
    with pytest.raises(RunError, match="7 cannot be"):
        workers.run([*tasks_in(tmp_path), bad], lambda task: done.append(task.name))
    assert all((tmp_path / f"{name.split()[-1]}.txt").is_file() for name in done)
    assert not (tmp_path / "bad.txt").exists()


def slow(number: int, folder: str) -> bytes:
    """Notes every attempt."""
    with (Path(folder) / "attempts.txt").open("a") as file:
        file.write(f"{number}\n")
    time.sleep(3)
    return squared(number)


@pytest.mark.slow
def test_a_lost_node_loses_only_its_running_tasks(ray: ModuleType, tmp_path: Path) -> None:
    """Two nodes of one CPU; one is killed while both are at work."""
    ray.shutdown()
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        second = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        workers = OnRay(cluster.address)
        tasks = [
            Task(f"slow {n}", tmp_path / f"{n}.txt", slow, (n, str(tmp_path))) for n in range(6)
        ]
        killed: list[bool] = []

        def on_done(task: Task) -> None:
            del task
            if not killed:
                killed.append(True)
                cluster.remove_node(second, allow_graceful=False)

        workers.run(tasks, on_done)
        assert all(task.file.is_file() for task in tasks)
        attempts = (tmp_path / "attempts.txt").read_text().split()
        assert 6 <= len(attempts) <= 8  # those that ran on the lost node ran again
    finally:
        ray.shutdown()
        cluster.shutdown()


def test_a_cluster_that_is_not_there_is_told(ray: ModuleType) -> None:
    ray.shutdown()
    with pytest.raises(InvalidInputError, match="No Ray cluster answers at"):
        OnRay("127.0.0.1:1")
