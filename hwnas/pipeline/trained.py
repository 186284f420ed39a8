"""A chosen network trained to the end, deployed and timed; what to say where none fits."""

import hashlib
from collections.abc import Sequence

from torch import nn

from hwnas.errors import NoNetworkFitsError
from hwnas.network import input_shape
from hwnas.pipeline.finish import Finished, Workshop
from hwnas.pipeline.images import load_images
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.progress import silent
from hwnas.space import Architecture, architecture_to_json

MAX_FINISHED = 3
"""Networks trained to the end before a budget that none keeps is given up."""


def workshop_of(
    problem: Problem, architecture: Architecture, teacher: nn.Module | None = None
) -> Workshop:
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


def finished_of(
    problem: Problem,
    workshop: Workshop,
    network: nn.Module,
    architecture: Architecture,
    work: WorkFolder,
) -> tuple[Finished, ...]:
    """The network trained from the weights that it has, deployed to each device and timed."""
    blocks = problem.blocks(architecture)
    digest = hashlib.sha256(f"{architecture} {blocks}".encode()).hexdigest()[:8]
    trained = workshop.train(
        network,
        work.path / f"finetune-{digest}.pt",
        lambda done, total, accuracy: work.progress(
            "finetune", done, total, f"accuracy {accuracy:.3f}"
        ),
    )
    found = []
    for place, timed in enumerate(problem.devices):
        there = workshop.at(timed.device, timed.engine, timed.budget_ms)
        shape = input_shape(blocks, timed.device.batch)
        finished = there.deploy(trained, shape, work.path / f"rounded-{digest}-{place}.pt")
        there.label(finished, architecture_to_json(problem.space, architecture))
        found.append(finished)
    return tuple(found)


def keeps_budget(problem: Problem, finished: Sequence[Finished], work: WorkFolder) -> bool:
    """Whether what ships does, on every device; it is logged where not."""
    first, model_bytes = finished[0], len(finished[0].deployed.content)
    measured_ms = [one.measurement.median_ms for one in finished]
    pairs = zip(problem.devices, measured_ms, strict=True)
    if all(timed.keeps(ms) for timed, ms in pairs) and problem.keeps_bytes(
        first.memory_bytes, model_bytes
    ):
        return True
    work.log(
        "over budget",
        measured_ms=measured_ms,
        memory_bytes=first.memory_bytes,
        model_bytes=model_bytes,
    )
    return False


def budget_not_kept(problem: Problem, finished: Sequence[Finished]) -> NoNetworkFitsError:
    """The error after ``MAX_FINISHED`` networks that were trained and are over a limit."""
    for timed, one in zip(problem.devices, finished, strict=True):
        measurement = one.measurement
        if not timed.keeps(measurement.median_ms):
            return NoNetworkFitsError(
                f"{MAX_FINISHED} trained networks were timed over the budget of "
                f"{timed.budget_ms:g} ms, the last at {measurement.median_ms:.4g} ms "
                f"({measurement.provenance}) on {timed.device.name}. Stop other work on it or "
                "raise the budget, and run the same command again."
            )
    return size_not_kept(finished[0])


def size_not_kept(last: Finished) -> NoNetworkFitsError:
    """The error after a network that was trained and is too large in the end."""
    return NoNetworkFitsError(
        "What was trained is over --max-memory or --max-size: it has a working set of "
        f"{last.memory_bytes or 0:,} bytes in a file of {len(last.deployed.content):,} bytes. "
        "Raise the limit."
    )
