"""The main job: profile, search, choose, fine-tune, quantize, verify, write the run folder."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from hwnas.accuracy.teacher import check_teacher
from hwnas.errors import InvalidInputError, NoNetworkFitsError
from hwnas.measure.engine import engine_for
from hwnas.pipeline.baselines import baseline_blocks, run_baselines
from hwnas.pipeline.choose import Chooser
from hwnas.pipeline.distilled import workers_at
from hwnas.pipeline.donna import DonnaSettings
from hwnas.pipeline.explore import Explored, check_start, explore
from hwnas.pipeline.finish import Finished, Workshop
from hwnas.pipeline.images import images_and_space, load_images
from hwnas.pipeline.outcome import Outcome, front_of
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.propose import check_annealed, predictor_fit, proposer_of
from hwnas.pipeline.refusal import refuse_hopeless
from hwnas.pipeline.request import SearchRequest
from hwnas.pipeline.timed_device import profiled
from hwnas.pipeline.work_folder import WorkFolder, check_new_run
from hwnas.progress import OnProgress, silent
from hwnas.record import unknown_name
from hwnas.report import SearchResult
from hwnas.search import ANNEALED, DISTILLED, STRATEGIES
from hwnas.space import (
    Architecture,
    architecture_to_json,
    generated_space,
)

MAX_FINISHED = 3
"""Networks trained to the end before a budget that none keeps is given up."""


def run_search(request: SearchRequest, on_progress: OnProgress = silent) -> SearchResult:
    """Find, train, quantize, time and write the most accurate network within the budget.

    Args:
        request: What is asked for; ``request.out`` must not exist.
        on_progress: Told of every step of the long phases.

    Raises:
        NoNetworkFitsError: No network of the space keeps the budget.
        HwnasError: Something about the request, the images or the device cannot be used.
    """
    _check(request)
    data, space = images_and_space(request, on_progress)
    generated_space(space, request.cells)
    for name in request.baselines:
        baseline_blocks(name, data)
    machines = [engine_for(timed.device).fingerprint(timed.device) for timed in request.devices]
    work = WorkFolder(request.out, request.key(data.fingerprint, space, machines), on_progress)
    with work.locked():
        with work.phase("profile"):
            devices = tuple(
                profiled(wanted, space, on_progress, interpolate=request.interpolate)
                for wanted in request.devices
            )
        problem = Problem(request, data, space, devices)
        with work.discarded_if_hopeless():
            refuse_hopeless(problem)
        outcome = _outcome(problem, work)
        with work.phase("verify"):
            result = outcome.result(work)
        result = replace(result, seconds=work.seconds())
        work.publish(outcome.files(result))
    return result


def _check(request: SearchRequest) -> None:
    if request.strategy not in (*STRATEGIES, *DISTILLED):
        raise unknown_name("strategy", request.strategy, (*STRATEGIES, *DISTILLED))
    if request.supernet.has_teacher:
        check_teacher(request.supernet.teacher)
    if request.strategy in ANNEALED:
        check_annealed(request)
    asks_for_blocks = request.donna != DonnaSettings() or request.ray is not None
    if request.strategy not in DISTILLED and asks_for_blocks:
        raise InvalidInputError(
            f"--strategy {request.strategy} distils no blocks. Leave --cuts, --finetuned, "
            "--distil-images, --ray and a --teacher of your own out, or give --strategy donna."
        )
    if request.objectives and request.strategy not in DISTILLED:
        raise InvalidInputError(
            f"--strategy {request.strategy} has no front of {' and '.join(request.objectives)}. "
            "Leave --objective out, or give --strategy donna."
        )
    workers_at(request.ray)  # a cluster that is not there is told before anything is timed
    check_start(request.start, keep_supernet=request.keep_supernet)
    check_new_run(request.out)


def _outcome(problem: Problem, work: WorkFolder) -> Outcome:
    request = problem.request
    with work.phase("search"):
        explored = explore(problem, work)
    generator = proposer_of(problem, explored.exploration)
    chooser = Chooser(problem, generator, explored.scores, work, explored.exploration.best)
    while True:
        with work.phase("choose"):
            chosen = chooser.best()
        workshop = _workshop(problem, chosen.architecture, explored.teacher)
        with work.phase("finetune"):
            finished = _finished(problem, workshop, explored, chosen.architecture, work)
        if _keeps(problem, finished):
            break
        measured = [one.measurement for one in finished]
        work.log(
            "over budget",
            measured_ms=[one.median_ms for one in measured],
            memory_bytes=finished[0].memory_bytes,
            model_bytes=len(finished[0].deployed.content),
        )
        chooser.reject(chosen, measured)
        if chooser.n_rejected == MAX_FINISHED:
            chooser.forget()
            raise _budget_not_kept(problem, finished)
    evolved = [one.architecture for one in generator.front()] if generator.hypervolumes else []
    with work.phase("front"):
        front = front_of(problem, generator, explored.scores, chooser.ratios)
    with work.phase("baselines"):
        baselines = run_baselines(request.baselines, workshop, work)
    return Outcome(
        problem=problem,
        workshop=workshop,
        chooser=chooser,
        chosen=chosen,
        finished=finished,
        front=front,
        baselines=tuple(baselines),
        hypervolumes=tuple(generator.hypervolumes),
        predictor=predictor_fit(problem, explored.exploration),
        kept=explored.files(
            keep_supernet=request.keep_supernet,
            evolved=evolved,
        ),
    )


def _workshop(problem: Problem, architecture: Architecture, teacher: nn.Module | None) -> Workshop:
    """The workshop at the resolution of the network."""
    request, data = problem.request, problem.data
    input_size = problem.blocks(architecture)[0].input_size
    if input_size != data.input_size:
        data = load_images(request.data, input_size, silent, skip_bad=request.skip_bad)
    return Workshop(
        data=data,
        device=request.device,
        engine=problem.engine,
        settings=request.finetune,
        seed=request.seed,
        budget_ms=request.budget.latency_ms,
        max_int8_drop=request.max_int8_drop,
        teacher=teacher,
    )


def _finished(
    problem: Problem,
    workshop: Workshop,
    explored: Explored,
    architecture: Architecture,
    work: WorkFolder,
) -> tuple[Finished, ...]:
    """Trained once, and deployed to each device."""
    digest = hashlib.sha256(str(architecture).encode()).hexdigest()[:8]
    network = workshop.train(
        explored.network(problem, architecture),
        work.path / f"finetune-{digest}.pt",
        lambda done, total, accuracy: work.progress(
            "finetune", done, total, f"accuracy {accuracy:.3f}"
        ),
    )
    found = []
    for place, timed in enumerate(problem.devices):
        there = workshop.at(timed.device, timed.engine, timed.budget_ms)
        rounded = work.path / f"rounded-{digest}-{place}.pt"
        finished = there.deploy(network, problem.blocks(architecture), rounded)
        there.label(finished, architecture_to_json(problem.space, architecture))
        found.append(finished)
    return tuple(found)


def _keeps(problem: Problem, finished: Sequence[Finished]) -> bool:
    """Whether the trained network is within every budget."""
    pairs = zip(problem.devices, finished, strict=True)
    first = finished[0]
    return all(
        timed.keeps(one.measurement.median_ms) for timed, one in pairs
    ) and problem.keeps_bytes(first.memory_bytes, len(first.deployed.content))


def _budget_not_kept(problem: Problem, finished: Sequence[Finished]) -> NoNetworkFitsError:
    for timed, one in zip(problem.devices, finished, strict=True):
        measurement = one.measurement
        if not timed.keeps(measurement.median_ms):
            return NoNetworkFitsError(
                f"{MAX_FINISHED} trained networks were timed over the budget of "
                f"{timed.budget_ms:g} ms, the last at {measurement.median_ms:.4g} ms "
                f"({measurement.provenance}) on {timed.device.name}. Stop other work on it or "
                "raise the budget, and run the same command again."
            )
    first = finished[0]
    return NoNetworkFitsError(
        f"{MAX_FINISHED} trained networks were over --max-memory or --max-size, the last with "
        f"a working set of {first.memory_bytes or 0:,} bytes in a file of "
        f"{len(first.deployed.content):,} bytes. Raise the limit."
    )
