"""A search by pruning: from a network of everything to one that was seen to keep its budget."""

import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from hwnas.data import DataSet
from hwnas.errors import NoNetworkFitsError
from hwnas.latency import interpolating, latency_model
from hwnas.measure import Measurement
from hwnas.measure.engine import engine_for
from hwnas.pipeline.baselines import run_baselines
from hwnas.pipeline.finish import Finished
from hwnas.pipeline.outcome import Outcome
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.pruning_costs import pruning_costs, size_shares
from hwnas.pipeline.pruning_refusal import problem_of, refuse_hopeless, refuse_too_large
from hwnas.pipeline.pruning_request import granularities_of
from hwnas.pipeline.request import SearchRequest
from hwnas.pipeline.timed_device import TimedDevice
from hwnas.pipeline.timed_table import timed_table
from hwnas.pipeline.trained import (
    MAX_FINISHED,
    budget_not_kept,
    finished_of,
    keeps_budget,
    size_not_kept,
    workshop_of,
)
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.profile import Wanted
from hwnas.report import MeasuredNetwork, Pruning
from hwnas.space import Network, Space
from hwnas.space.fixed import ONLY, FixedSpace
from hwnas.space.prunable import Prunable, prunable
from hwnas.table import key_of
from hwnas.train.mgas import Pruner, shares_left

N_NETWORKS = 16
"""Timed beside the blocks, to calibrate their latencies on."""
SEED = 20_990_102
"""Of these networks."""
MAX_ROUNDS = 5
"""Global phases, each after the latency model was corrected by a network that was too slow."""
SPARE = 1.02
"""How much slower than seen a network is assumed after one that was too slow."""
MOST_CORRECTION = 1.2
"""Of what is assumed, by one network that was too slow."""
KEPT_AS, CHECKPOINT = "pruned", "pruning.pt"


def prune(request: SearchRequest, data: DataSet, space: Space, work: WorkFolder) -> Outcome:
    """Prune, time, prune further where it is too slow; train what is left to the end.

    Raises:
        NoNetworkFitsError: The smallest that can be left is over a limit, or every network that
            was trained was.
    """
    origin = prunable(space)
    device, blocks = request.device, origin.measured()
    engine = engine_for(device)
    unpriced = Problem(request, data, FixedSpace.of(origin.name, origin.whole()), devices=())
    with work.discarded_if_hopeless():
        refuse_too_large(unpriced, origin)
    with work.phase("profile"):
        table = timed_table(
            wanted_by_pruning(origin),
            blocks,
            device,
            engine,
            work.on_progress,
            interpolate=request.interpolate,
        )
    timed = TimedDevice(
        device=device,
        engine=engine,
        model=latency_model(interpolating(table), blocks),
        budget_ms=request.budget.latency_ms,
    )
    problem = replace(unpriced, devices=(timed,))
    with work.discarded_if_hopeless():
        refuse_hopeless(problem, origin)
    return _Pruning(_pruner(request, data, origin, work), problem, work).outcome()


def wanted_by_pruning(origin: Prunable) -> Wanted:
    """Blocks of a few widths, and networks of them drawn at random, the same each time."""
    rng = np.random.default_rng(SEED)
    networks = {network.blocks: network for network in _drawn(origin, rng)}
    label = f"{origin.name} pruned ({key_of(origin.measured())[:6]})"
    return Wanted(label, origin.measured(), tuple(networks.values()))


def _drawn(origin: Prunable, rng: np.random.Generator) -> Iterator[Network]:
    return (origin.drawn(rng) for _ in range(N_NETWORKS))


def _pruner(request: SearchRequest, data: DataSet, origin: Prunable, work: WorkFolder) -> Pruner:
    return Pruner(
        origin,
        data,
        replace(
            request.mgas,
            granularities=granularities_of(request),
            epoch_images=request.supernet.epoch_images,
        ),
        seed=request.seed,
        checkpoint=work.path / CHECKPOINT,
        on_epoch=work.progress,
    )


@dataclass
class _Pruning:
    """One search; what was timed, and how often it was too slow, is kept for a later sitting."""

    pruner: Pruner
    base: Problem
    """Of the whole network; others are of what is left."""
    work: WorkFolder
    ratios: list[float] = field(default_factory=lambda: [1.0])
    """Of latencies to what blocks say, as each global phase assumed."""
    measured: list[MeasuredNetwork] = field(default_factory=list)
    n_finished: int = 0
    n_accepted: int = 0
    """Global phases after which the network was last seen to keep the latency."""

    def outcome(self) -> Outcome:
        """Prune and train until what ships keeps the budget."""
        self._restore()
        while True:
            with self.work.phase("search"):
                problem = self._pruned()
            module = self.pruner.relaxed.pruned()
            workshop = workshop_of(problem, ONLY)
            with self.work.phase("finetune"):
                finished = finished_of(problem, workshop, module, ONLY, self.work)
            if keeps_budget(problem, finished, self.work):
                break
            self.n_finished += 1
            if problem.devices[0].keeps(finished[0].measurement.median_ms):
                raise size_not_kept(finished[0])  # which another latency does not change
            self._correct(problem, finished[0].measurement)
            if self.n_finished == MAX_FINISHED:
                self.n_finished = 0  # a later sitting prunes on from here
                self._keep()
                raise budget_not_kept(problem, finished)
        with self.work.phase("baselines"):
            baselines = run_baselines(problem.request.baselines, workshop, self.work)
        return Outcome(
            problem=problem,
            workshop=workshop,
            architecture=ONLY,
            timings=(),
            ratios=(self.ratios[-1],),
            measured=tuple(self.measured),
            finished=finished,
            front=(),
            baselines=tuple(baselines),
            kept={},
            pruning=self._told(finished[0]),
        )

    def _pruned(self) -> Problem:
        """Prune until the whole network, built and timed, keeps the budget."""
        before = None
        for _ in range(MAX_ROUNDS):
            costs = pruning_costs(self.base, self.ratios[-1])
            left = self.pruner.run(costs, len(self.ratios))
            problem = problem_of(self.base, left.network())
            if self.n_accepted == len(self.ratios):
                return problem  # by an earlier sitting, which may have trained it in part
            self._check_reached(problem, left.n_zeros())
            measurement = problem.devices[0].measure(problem.blocks(ONLY))
            self._note(problem, measurement)
            if problem.devices[0].fits(measurement):
                self.n_accepted = len(self.ratios)
                self._keep()
                return problem
            network = left.network()
            if network == before and costs.of_network(network, left.n_zeros()) > 1:
                raise self._nothing_left_to_prune(measurement)
            before = network
            self._correct(problem, measurement)
        raise NoNetworkFitsError(
            f"{MAX_ROUNDS} pruned networks were timed over the budget of "
            f"{self.base.request.budget.latency_ms:g} ms, the last at "
            f"{measurement.median_ms:.4g} ms ({measurement.provenance}). Stop other work on the "
            "device or raise --latency, and run the same command again."
        )

    def _nothing_left_to_prune(self, measurement: Measurement) -> NoNetworkFitsError:
        return NoNetworkFitsError(
            f"Pruning {', '.join(granularities_of(self.base.request))} can leave nothing smaller "
            f"than a network that was timed at {measurement.median_ms:.4g} ms "
            f"({measurement.provenance}), over the budget of "
            f"{self.base.request.budget.latency_ms:g} ms. Prune at more granularities or raise "
            "--latency."
        )

    def _check_reached(self, problem: Problem, n_zeros: int) -> None:
        """Milliseconds are measured; whatever else is limited is known.

        Raises:
            NoNetworkFitsError: The epochs of pruning ended above a limit.
        """
        shares = size_shares(problem, problem.blocks(ONLY), n_zeros)
        over = [f"{share:.3g} times {name}" for name, share in shares if share > 1]
        if over:
            raise NoNetworkFitsError(
                f"Pruning {', '.join(granularities_of(problem.request))} ended at "
                f"{' and '.join(over)}. Give more --prune-epochs, prune at more granularities or "
                "raise the limit."
            )

    def _correct(self, problem: Problem, measurement: Measurement) -> None:
        """Assume from now on what this one took, and a little more.

        One that took much longer than was assumed was timed beside other work.
        """
        seen = (measurement.median_ms + measurement.mad_ms) / problem.predict_ms(ONLY)
        assumed = self.ratios[-1]
        self.ratios.append(SPARE * min(max(seen, assumed), MOST_CORRECTION * assumed))
        self._keep()

    def _note(self, problem: Problem, measurement: Measurement) -> None:
        one = MeasuredNetwork(
            choices=f"global phase {len(self.ratios)}",
            predicted_latency_ms=problem.predict_ms(ONLY),
            measured_latency_ms=measurement.median_ms,
            supernet_accuracy=None,
        )
        self.measured = [*self.measured[: len(self.ratios) - 1], one]
        self.work.log("pruned", ratio=self.ratios[-1], **asdict(one))
        self._keep()

    def _told(self, finished: Finished) -> Pruning:
        left, history = self.pruner.relaxed, self.pruner.history
        n_zeros = left.n_zeros()
        return Pruning(
            granularities=granularities_of(self.base.request),
            left={name: share for name, (share,) in shares_left(left, (left.n_all,)).items()},
            kept_parameters=sum(block.n_parameters for block in left.network()) - n_zeros,
            n_zeros=n_zeros,
            compressed_bytes=_compressed(finished.deployed.content),
            compressed_float32_bytes=_compressed(finished.float32.SerializeToString()),
            moments=history.moments,
            memory=history.memory,
            all_at_once_bytes=history.all_at_once_bytes,
            accuracies=history.accuracies,
        )

    def _keep(self) -> None:
        state = {
            "ratios": self.ratios,
            "n_finished": self.n_finished,
            "n_accepted": self.n_accepted,
            "measured": list(map(asdict, self.measured)),
        }
        self.work.remember(KEPT_AS, state)

    def _restore(self) -> None:
        known = self.work.recall(KEPT_AS)
        if known is not None:
            self.ratios, self.n_finished = known["ratios"], known["n_finished"]
            self.n_accepted = known["n_accepted"]
            self.measured = [MeasuredNetwork(**one) for one in known["measured"]]


def _compressed(content: bytes) -> int:
    return len(zlib.compress(content, level=9))
