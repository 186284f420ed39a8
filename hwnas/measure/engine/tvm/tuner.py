"""TVM's MetaSchedule in a process of its own, so that its crash takes nothing with it.

``python -m hwnas.measure.engine.tvm.tuner JOB.json`` tunes the functions of one model, those with
the fewest trials first, until its time is over; each trial is in the database as soon as it is
made. Candidates are built and timed in this process, and on a tracker's server where one is named.
"""

import json
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import tvm
from tvm.ir.utils import derived_object
from tvm.s_tir import meta_schedule
from tvm.s_tir.meta_schedule import builder, runner

from hwnas.device import DeviceSpec
from hwnas.measure.engine.tvm.compile import lowered, target_of
from hwnas.measure.engine.tvm.place import Place, place_for
from hwnas.measure.engine.tvm.tuned import TUNING
from hwnas.record import read_record

TRIALS_A_TURN = 16
ENOUGH_TRIALS = 64
"""Of one function; more find little."""
INTRINSICS = "tvm.s_tir.tensor_intrin"
"""A module that takes 15 s to import, and of which no schedule for ``llvm`` makes use."""
HEAVY = ("conv2d", "matmul")


@derived_object
class _Builder(builder.PyBuilder):  # type: ignore[misc]
    """Builds candidates and keeps them in memory, by a number."""

    def __init__(self, kept: dict[str, Any]) -> None:
        super().__init__()
        self._kept = kept

    def build(self, build_inputs: list[Any]) -> list[Any]:
        """One result a candidate."""
        return [self._one(given) for given in build_inputs]

    def _one(self, given: Any) -> Any:
        try:
            executable = tvm.compile(given.mod, target=given.target)
        except Exception as error:  # noqa: BLE001 - a candidate that cannot be built is skipped
            return builder.BuilderResult(None, repr(error))
        name = str(id(executable))
        self._kept[name] = executable
        return builder.BuilderResult(name, None)


@derived_object
class _Done(runner.PyRunnerFuture):  # type: ignore[misc]
    """A result that is there at once."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self._result = result

    def done(self) -> bool:
        """Always."""
        return True

    def result(self) -> Any:
        """Seconds, or why there are none."""
        return self._result


@derived_object
class _Runner(runner.PyRunner):  # type: ignore[misc]
    """Times candidates where the device is, one after another."""

    def __init__(self, kept: dict[str, Any], place: Place, device: DeviceSpec) -> None:
        super().__init__()
        self._kept = kept
        self._place = place
        self._device = device

    def run(self, runner_inputs: list[Any]) -> list[Any]:
        """One future a candidate."""
        return [_Done(self._one(given)) for given in runner_inputs]

    def _one(self, given: Any) -> Any:
        try:
            executable = self._kept.pop(given.artifact_path)
            function = self._place.load(executable, self._device)
            clock = function.time_evaluator(
                "main", self._place.chip(self._device), number=1, repeat=3, min_repeat_ms=10
            )
            arguments = [self._random(info) for info in given.args_info]
            return runner.RunnerResult([float(s) for s in clock(*arguments).results], None)
        except Exception as error:  # noqa: BLE001 - a candidate that does not run is skipped
            return runner.RunnerResult(None, repr(error))

    def _random(self, info: Any) -> Any:
        sizes = [int(size) for size in info.shape]
        values = np.random.default_rng(0).random(sizes).astype(str(info.dtype))
        return self._place.tensor(values, self._device)


class _Tuner:
    """Tunes function after function of one model into one database."""

    def __init__(self, device: DeviceSpec, database: Path) -> None:
        self._folder = database
        self._target = target_of(device)
        self._database = meta_schedule.database.JSONDatabase(work_dir=str(database))
        kept: dict[str, Any] = {}
        place = place_for(device)
        self._builder, self._runner = _Builder(kept), _Runner(kept, place, device)
        kind = device.tvm.kind
        self._space = meta_schedule.space_generator.PostOrderApply(
            sch_rules=meta_schedule.ScheduleRule.create(kind),
            postprocs=meta_schedule.Postproc.create(kind),
            mutator_probs=meta_schedule.Mutator.create(kind),
        )

    def tune(self, model: bytes, deadline: float, given_up: list[str]) -> None:
        """Give the function with the fewest trials the next turn, until all have enough."""
        module = lowered(model, self._target)
        tasks = meta_schedule.relax_integration.extract_tasks(module, self._target, {})
        open_tasks = [task for task in tasks if task.task_name not in given_up]
        while open_tasks and time.time() < deadline:
            task = min(open_tasks, key=self._order)
            before = self._n_trials(task)
            (self._folder / TUNING).write_text(task.task_name)  # whom a crash is blamed on
            self._turn(task)
            after = self._n_trials(task)
            if after == before or after >= ENOUGH_TRIALS:
                open_tasks.remove(task)
        (self._folder / TUNING).unlink(missing_ok=True)

    def _order(self, task: Any) -> tuple[int, bool, int]:
        turns = self._n_trials(task) // TRIALS_A_TURN
        return turns, not any(name in task.task_name for name in HEAVY), -int(task.weight)

    def _n_trials(self, task: Any) -> int:
        if not self._database.has_workload(task.dispatched[0]):
            return 0
        workload = self._database.commit_workload(task.dispatched[0])
        return len(self._database.get_top_k(workload, ENOUGH_TRIALS))

    def _turn(self, task: Any) -> None:
        context = meta_schedule.TuneContext(
            mod=task.dispatched[0],
            target=self._target,
            space_generator=self._space,
            search_strategy=meta_schedule.search_strategy.EvolutionarySearch(
                population_size=64, init_min_unmeasured=TRIALS_A_TURN, genetic_num_iters=3
            ),
            task_name=task.task_name,
            num_threads=1,
        )
        meta_schedule.tune.tune_tasks(
            tasks=[context],
            task_weights=[1.0],
            work_dir=str(self._folder),
            max_trials_global=TRIALS_A_TURN,
            num_trials_per_iter=TRIALS_A_TURN,
            builder=self._builder,
            runner=self._runner,
            database=self._database,
            cost_model="random",
            measure_callbacks=[meta_schedule.measure_callback.AddToDatabase()],
        )


def main() -> None:
    """Read the job and tune."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    device = read_record(DeviceSpec, job["device"], sys.argv[1])
    if device.tvm.kind == "llvm":
        sys.modules[INTRINSICS] = ModuleType(INTRINSICS)
    tuner = _Tuner(device, Path(job["database"]))
    tuner.tune(Path(job["model"]).read_bytes(), job["deadline"], job["given_up"])


if __name__ == "__main__":
    main()
