"""The main job: profile, search, choose, fine-tune, quantize, verify, write the run folder."""

from dataclasses import replace

from hwnas.accuracy.teacher import check_teacher
from hwnas.data import DataSet
from hwnas.errors import InvalidInputError
from hwnas.measure.engine import engine_for
from hwnas.pipeline.baselines import baseline_blocks, run_baselines
from hwnas.pipeline.choose import Chooser
from hwnas.pipeline.distilled import workers_at
from hwnas.pipeline.donna import DonnaSettings
from hwnas.pipeline.explore import check_start, explore
from hwnas.pipeline.images import images_and_space
from hwnas.pipeline.outcome import Outcome, front_of, measured_network
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.propose import (
    check_annealed,
    check_asks,
    check_learnable,
    predictor_fit,
    proposer_of,
)
from hwnas.pipeline.pruned import prune
from hwnas.pipeline.pruning_request import check_pruned
from hwnas.pipeline.refusal import refuse_hopeless
from hwnas.pipeline.request import SearchRequest
from hwnas.pipeline.timed_device import profiled
from hwnas.pipeline.trained import (
    MAX_FINISHED,
    budget_not_kept,
    finished_of,
    keeps_budget,
    workshop_of,
)
from hwnas.pipeline.work_folder import WorkFolder, check_new_run
from hwnas.progress import OnProgress, silent
from hwnas.record import unknown_name
from hwnas.report import SearchResult
from hwnas.search import ANNEALED, DISTILLED, PRUNED, STRATEGIES
from hwnas.space import Space, generated_space
from hwnas.space.prunable import prunable


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
    if request.strategy in PRUNED:
        prunable(space)
    if request.strategy in ANNEALED:
        check_learnable(space)
    for name in request.baselines:
        baseline_blocks(name, data)
    machines = [engine_for(timed.device).fingerprint(timed.device) for timed in request.devices]
    work = WorkFolder(request.out, request.key(data.fingerprint, space, machines), on_progress)
    with work.locked():
        way = prune if request.strategy in PRUNED else _search
        outcome = way(request, data, space, work)
        with work.phase("verify"):
            result = outcome.result(work)
        result = replace(result, seconds=work.seconds())
        work.publish(outcome.files(result))
    return result


def _check(request: SearchRequest) -> None:
    known = (*STRATEGIES, *DISTILLED, *PRUNED)
    if request.strategy not in known:
        raise unknown_name("strategy", request.strategy, known)
    check_pruned(request)
    check_asks(request)
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


def _search(request: SearchRequest, data: DataSet, space: Space, work: WorkFolder) -> Outcome:
    """Learn what the options of a space are worth, and choose among its networks."""
    with work.phase("profile"):
        devices = tuple(
            profiled(wanted, space, work.on_progress, interpolate=request.interpolate)
            for wanted in request.devices
        )
    problem = Problem(request, data, space, devices)
    with work.discarded_if_hopeless():
        refuse_hopeless(problem)
    with work.phase("search"):
        explored = explore(problem, work)
    generator = proposer_of(problem, explored.exploration)
    chooser = Chooser(problem, generator, explored.scores, work, explored.exploration.best)
    while True:
        with work.phase("choose"):
            chosen = chooser.best()
        workshop = workshop_of(problem, chosen.architecture, explored.teacher)
        with work.phase("finetune"):
            network = explored.network(problem, chosen.architecture)
            finished = finished_of(problem, workshop, network, chosen.architecture, work)
        if keeps_budget(problem, finished, work):
            break
        chooser.reject(chosen, [one.measurement for one in finished])
        if chooser.n_rejected == MAX_FINISHED:
            chooser.forget()
            raise budget_not_kept(problem, finished)
    evolved = [one.architecture for one in generator.front()] if generator.hypervolumes else []
    with work.phase("front"):
        front = front_of(problem, generator, explored.scores, chooser.ratios)
    with work.phase("baselines"):
        baselines = run_baselines(request.baselines, workshop, work, explored.teacher_name)
    return Outcome(
        problem=problem,
        workshop=workshop,
        architecture=chosen.architecture,
        timings=chosen.timings,
        ratios=chooser.ratios,
        measured=tuple(map(measured_network, chooser.timed)),
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
