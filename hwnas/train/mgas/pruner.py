"""Trains a relaxed network stage by stage and prunes it until it costs what it may."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hwnas.data import DataSet, shuffled_batches
from hwnas.network.granular import Relaxed, relaxed
from hwnas.space.prunable import Prunable
from hwnas.train.checkpoint import load_checkpoint, save_checkpoint
from hwnas.train.hardware import training_hardware
from hwnas.train.images import Batch, TrainingImages
from hwnas.train.loss import share_right
from hwnas.train.mgas.costs import Costs
from hwnas.train.mgas.history import History, Moment, StageMemory
from hwnas.train.mgas.memory import step_bytes
from hwnas.train.mgas.phase import PhaseTraining, Stretch, Trains
from hwnas.train.mgas.regrow import Regrower
from hwnas.train.mgas.settings import MgasSettings
from hwnas.train.mgas.shares import shares_left
from hwnas.train.streams import Purpose, stream

OnEpoch = Callable[[str, int, int, str], None]
"""Told the phase, its epochs done, the most that it takes, and a note."""
GLOBAL = "global"


class Pruner:
    """A relaxed network and how far it has come; goes on from what every epoch writes."""

    def __init__(
        self,
        origin: Prunable,
        data: DataSet,
        settings: MgasSettings,
        *,
        seed: int,
        checkpoint: Path,
        on_epoch: OnEpoch,
    ) -> None:
        if not settings.granularities:
            raise ValueError("nothing is pruned without a granularity")
        hardware = training_hardware()
        self.ends = origin.stage_ends(settings.n_stages)
        self.relaxed = relaxed(origin, settings.granularities, seed).to(hardware)
        self._settings, self._seed = settings, seed
        self._checkpoint, self._on_epoch = checkpoint, on_epoch
        self._train = TrainingImages(data.train, data, hardware)
        self._validation = TrainingImages(data.validation, data, hardware)
        order = stream(seed, Purpose.VALIDATION).permutation(len(self._validation))
        self._scored = order[: settings.validation_images]
        self._n_phases_done = self._n_epochs_done = 0
        self._begun: dict[str, Any] | None = None
        self._moments: list[Moment] = []
        self._memory: list[StageMemory] = []
        self._all_at_once_bytes = 0
        self._accuracies: dict[str, float] = {}
        self._restore()

    @property
    def history(self) -> History:
        """What it went through so far."""
        return History(
            moments=tuple(self._moments),
            memory=tuple(self._memory),
            all_at_once_bytes=self._all_at_once_bytes,
            accuracies=dict(self._accuracies),
        )

    def run(self, costs: Costs, n_global: int = 1) -> Relaxed:
        """All stages, and the global phase for the ``n_global``-th time.

        What was done by an earlier call, or before an interruption, is not done again.
        """
        stretches = [Stretch(f"stage {n}", end) for n, end in enumerate(self.ends, start=1)]
        stretches += [
            Stretch(GLOBAL if n == 1 else f"{GLOBAL} {n}") for n in range(1, n_global + 1)
        ]
        for stretch in stretches[self._n_phases_done :]:
            self._run_phase(self._phase(stretch, costs), costs)
        return self.relaxed

    def _phase(self, stretch: Stretch, costs: Costs) -> PhaseTraining:
        return PhaseTraining(self.relaxed, stretch, self._settings, costs, seed=self._seed)

    def accuracy(self, phase: PhaseTraining) -> float:
        """Share of validation images that the head at the phase's end gets right."""
        phase.train(mode=False)
        return share_right(phase.logits, self._validation, self._scored)

    def _run_phase(self, phase: PhaseTraining, costs: Costs) -> None:
        if self._begun is None:
            phase.lower_thresholds()  # what an earlier phase kept is judged again
            self._measure_memory(phase, costs)
        else:
            phase.load_state(self._begun)
            self._begun = None
        while not phase.finished:
            prunes = phase.epoch >= self._settings.warmup_epochs
            self._train_epoch(phase, "everything" if prunes else "weights")
            n_pruning = phase.epoch - self._settings.warmup_epochs
            if prunes and n_pruning % self._settings.commit_epochs == 0:
                phase.commit()
            self._note(phase, costs)
            self._save(phase)
        self._end(phase, costs)

    def _end(self, phase: PhaseTraining, costs: Costs) -> None:
        """Train what is left for an epoch, regrow after a stage, and build it."""
        n_nodes = phase.stretch.n_nodes
        phase.lower_thresholds()
        self._train_epoch(phase, "gates")  # its momentum tells where to regrow
        self._accuracies[phase.stretch.name] = self.accuracy(phase)
        if n_nodes is not None and self._settings.regrow_share:
            rng = stream(self._seed, Purpose.REGROWN, self._n_phases_done)
            Regrower(
                relaxed=self.relaxed,
                n_nodes=n_nodes,
                momentum=phase.momentum,
                share=self._settings.regrow_share,
                begun=phase.begun,
                rng=rng,
            ).regrow()
        self.relaxed.rebuild(n_nodes)
        self._note(phase, costs)
        self._n_phases_done += 1
        self._save(None)

    def _train_epoch(self, phase: PhaseTraining, trains: Trains) -> None:
        phase.train()
        rng = stream(self._seed, Purpose.PRUNING_BATCHES, self._n_epochs_done)
        found = [phase.step(batch, trains) for batch in self._batches(rng)]
        phase.cross_entropy = float(np.mean(found))
        phase.epoch += 1
        self._n_epochs_done += 1

    def _batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        """Those of a search epoch, which of few images are several passes."""
        n, size = len(self._train), min(self._settings.batch_size, len(self._train))
        n_batches = max(1, self._settings.epoch_images // size)
        passes = (shuffled_batches(n, size, rng) for _ in range(n_batches))
        for indices in islice(chain.from_iterable(passes), n_batches):
            yield self._train.augmented(indices, rng)

    def _measure_memory(self, phase: PhaseTraining, costs: Costs) -> None:
        """Of a step of the phase, and once of one of everything."""
        if not self._memory:
            everything = self._phase(Stretch(GLOBAL), costs)
            self._all_at_once_bytes = self._bytes_of(everything)
        n_bytes = self._bytes_of(phase)
        self._memory.append(StageMemory(phase=phase.stretch.name, n_bytes=n_bytes))

    def _bytes_of(self, phase: PhaseTraining) -> int:
        phase.train()

        def loss_of(n: int) -> torch.Tensor:
            indices: NDArray[np.int64] = np.arange(n)
            return phase.loss(self._train.batch(indices), prunes=True)[0]

        kept = {name: value.clone() for name, value in self.relaxed.state_dict().items()}
        found = step_bytes(self.relaxed, loss_of, min(self._settings.batch_size, len(self._train)))
        self.relaxed.load_state_dict(kept)  # a few images' statistics are nobody's
        return found

    def _note(self, phase: PhaseTraining, costs: Costs) -> None:
        moment = Moment(
            phase=phase.stretch.name,
            epoch=self._n_epochs_done,
            cross_entropy=phase.cross_entropy,
            strength=phase.strength.value,
            cost=costs.of_network(self.relaxed.network(), self.relaxed.n_zeros()),
            left=shares_left(self.relaxed, self.ends),
        )
        self._moments.append(moment)
        note = f"{moment.cost:.3g} × the limit, loss {moment.cross_entropy:.3f}"
        self._on_epoch(phase.stretch.name, phase.epoch, phase.n_epochs, note)

    def _save(self, phase: PhaseTraining | None) -> None:
        save_checkpoint(
            self._checkpoint,
            {
                "shape": self.relaxed.shape,
                "weights": self.relaxed.state_dict(),
                "phase": None if phase is None else phase.state(),
                "n_phases_done": self._n_phases_done,
                "n_epochs_done": self._n_epochs_done,
                "history": asdict(self.history),
            },
        )

    def _restore(self) -> None:
        state = load_checkpoint(self._checkpoint)
        if state is None:
            return
        searched = self._settings.granularities
        network = relaxed(self.relaxed.origin, searched, self._seed, state["shape"])
        network.load_state_dict(state["weights"])
        self.relaxed = network.to(next(self.relaxed.parameters()).device)
        self._begun = state["phase"]
        self._n_phases_done = state["n_phases_done"]
        self._n_epochs_done = state["n_epochs_done"]
        history = state["history"]
        self._moments = [Moment(**moment) for moment in history["moments"]]
        self._memory = [StageMemory(**memory) for memory in history["memory"]]
        self._all_at_once_bytes = history["all_at_once_bytes"]
        self._accuracies = history["accuracies"]
