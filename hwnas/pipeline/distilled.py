"""A search by DONNA up to its predictor: reference, block library, fine-tuned networks."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from hwnas.data import DataSet
from hwnas.network import build
from hwnas.pipeline.block_library import HEAD, BlockLibrary, digest_of_facts, log_noise
from hwnas.pipeline.donna import DonnaSettings, KeptLibrary
from hwnas.pipeline.ray_workers import OnRay
from hwnas.pipeline.reference import digest_of_reference, user_reference
from hwnas.pipeline.tasks import InThisProcess, OnDone, Task, Workers
from hwnas.profile.cache import cache_folder
from hwnas.regression.qualities import Measures
from hwnas.search.pool import Pool
from hwnas.search.spanning import spanning
from hwnas.space import Architecture, Network, Space, blocks_of
from hwnas.space.donna import DonnaSpace
from hwnas.train import Finetuner, FinetuneSettings, load_checkpoint
from hwnas.train.blockwise import BlockwiseSettings, Quality
from hwnas.train.features import write_features
from hwnas.train.hardware import on_one_thread, training_hardware
from hwnas.train.images import TrainingImages
from hwnas.train.loss import share_right
from hwnas.train.reference import Reference, cuts_named
from hwnas.train.streams import Purpose, stream
from hwnas.whole_file import write_whole

NEAR_CHANCE = 0.1
"""Of the way from what guessing gets right to all: below, a reference has nothing to teach."""
OnStep = Callable[[str, int, int, str], None]
"""Told the phase, how many are done of how many, and a note."""


def library_folder() -> Path:
    """Where libraries lie: beside the built blocks."""
    return cache_folder() / "library"


def workers_at(ray: str | None) -> Workers:
    """This process, or a Ray cluster: ``local``, ``auto`` or an address.

    Raises:
        InvalidInputError: Ray is not installed, or nothing answers.
    """
    return InThisProcess() if ray is None else OnRay(ray)


@dataclass(frozen=True, kw_only=True)
class Distillation:
    """What the steps of a search by blockwise distillation share."""

    data: DataSet
    space: DonnaSpace
    settings: DonnaSettings
    finetune: FinetuneSettings
    seed: int
    work: Path
    workers: Workers
    on_step: OnStep

    def reference(self) -> Reference:
        """The user's, or the largest network of the space, trained here once for all runs."""
        found = self._reference()
        cuts = ", ".join(f"{c.module} ({c.channels} x {c.size} x {c.size})" for c in found.cuts)
        accuracy = accuracy_of(found.network, self.data)
        told = f"{100 * accuracy:.1f} % of validation images right; blocks begin at {cuts}"
        if is_near_chance(accuracy, self.data.n_classes):
            told += ". That is near chance: " + (
                "give it --epochs"
                if self.settings.reference is None
                else "check its weights, its classes and how its images were scaled"
            )
        self.on_step("reference", 1, 1, told)
        return found

    @property
    def reference_name(self) -> str:
        """As the result names it."""
        asked = self.settings.reference
        return name_of_own(self.space) if asked is None else asked.factory

    def _reference(self) -> Reference:
        if self.settings.reference is not None:
            return user_reference(self.settings.reference, self.data)
        name, blocks = self._reference_file, reference_blocks(self.space)
        network = kept_reference(self.space, name, self.seed)
        if network is None:
            fresh = build(blocks, self.seed)
            finetuner = Finetuner(fresh, self.data, self.finetune, seed=self.seed)
            network = finetuner.run(self.work / "reference-training.pt", self._on_epoch)
            write_whole(library_folder() / name, _saved(network))
        begins = [*(decision.name for decision in self.space.decisions), HEAD]
        cuts = [str(blocks.positions.index(position)) for position in begins]
        image = torch.zeros(1, self.data.in_channels, self.data.input_size, self.data.input_size)
        return Reference(network, cuts_named(network, cuts, image))

    def library(
        self, reference: Reference, networks: Sequence[Architecture] | None = None
    ) -> BlockLibrary:
        """Every option of every block, trained alone; with ``networks`` what they are made of."""
        library = BlockLibrary(
            folder=library_folder(),
            space=self.space,
            settings=self._blockwise,
            taught_by=f"{digest_of_reference(reference)}-{self.data.fingerprint}",
            seed=self.seed,
        )
        entries = library.all_entries() if networks is None else library.entries_of(networks)
        for file in library.discard_damaged(entries):
            self.on_step("distil", 0, len(entries), f"{file} was damaged and is made again")
        if not all(library.file(*entry).is_file() for entry in entries):
            known_by = {"taught_by": library.taught_by, "settings": asdict(library.settings)}
            features = write_features(
                reference,
                self.data,
                self._blockwise,
                self.work / f"features-{digest_of_facts(known_by)}",
                seed=self.seed,
                on_images=lambda done, total: self.on_step("features", done, total, "images"),
            )
            tasks = library.tasks(
                entries, lambda place: features.between(library.places.index(place))
            )
            self.workers.run(tasks, self._counted("distil", len(tasks)))
        return library

    def finetuned(
        self, library: BlockLibrary, reference: Reference
    ) -> list[tuple[Architecture, float]]:
        """Networks that span the library's qualities, and their accuracies after fine-tuning."""
        merits = merits_of(self.space, library.qualities)
        rng = stream(self.seed, Purpose.FINETUNED_NETWORKS)
        pool = Pool(self.space.decisions)
        chosen = [pool.architecture(row) for row in spanning(merits, self.settings.finetuned, rng)]
        return list(zip(chosen, self.accuracies(library, reference, chosen), strict=True))

    def accuracies(
        self, library: BlockLibrary, reference: Reference, networks: Sequence[Architecture]
    ) -> list[float]:
        """Of these networks after fine-tuning from the library with the reference as teacher."""
        settings = replace(self.finetune, epochs=self.settings.finetune_epochs)
        tasks = []
        for architecture in networks:
            facts = {
                "network": str(blocks_of(self.space, architecture)),
                "taught_by": library.taught_by,
                "blockwise": asdict(library.settings),
                "finetune": asdict(settings),
                "seed": self.seed,
            }
            file = library_folder() / f"finetuned-{digest_of_facts(facts)}.json"
            given: tuple[Any, ...] = ()
            if not file.is_file():  # whoever trains it need not see the library's files
                begun = library.network(architecture)
                given = (begun, reference.network, self.data, settings, self.seed)
            tasks.append(Task(str(architecture), file, finetuned_accuracy, given))
        self.workers.run(tasks, self._counted("fine-tune", len(tasks)))
        return [float(json.loads(task.file.read_text())["accuracy"]) for task in tasks]

    @property
    def _blockwise(self) -> BlockwiseSettings:
        """No more images than there are."""
        settings = self.settings.blockwise
        return replace(
            settings,
            images=min(settings.images, len(self.data.train)),
            held_out=min(settings.held_out, len(self.data.validation)),
        )

    def kept(self, library: BlockLibrary) -> KeptLibrary:
        """By what all of it is found again."""
        is_own = self.settings.reference is None
        return KeptLibrary(
            taught_by=library.taught_by,
            blockwise=library.settings,
            seed=self.seed,
            reference=self._reference_file if is_own else "",
        )

    @property
    def _reference_file(self) -> str:
        facts = {
            "network": str(reference_blocks(self.space)),
            "data": self.data.fingerprint,
            "finetune": asdict(self.finetune),
            "seed": self.seed,
        }
        return f"reference-{digest_of_facts(facts)}.pt"

    def _on_epoch(self, done: int, total: int, accuracy: float) -> None:
        self.on_step("reference", done, total, f"accuracy {accuracy:.3f}")

    def _counted(self, phase: str, total: int) -> OnDone:
        done = 0

        def on_done(task: Task) -> None:
            nonlocal done
            done += 1
            self.on_step(phase, done, total, task.name)

        return on_done


def name_of_own(space: DonnaSpace) -> str:
    """Of a reference that is made of the space."""
    return f"largest of {space.name}"


def is_near_chance(accuracy: float, n_classes: int) -> bool:
    """Whether a share of right answers is hardly more than guessing gives."""
    chance = 1 / n_classes
    return accuracy - chance < NEAR_CHANCE * (1 - chance)


def accuracy_of(network: nn.Module, data: DataSet) -> float:
    """Share of validation images that it classifies right."""
    hardware = training_hardware()
    images = TrainingImages(data.validation, data, hardware)
    share = share_right(network.to(hardware).eval(), images, np.arange(len(images)))
    network.cpu()
    return share


def reference_blocks(space: DonnaSpace) -> Network:
    """The largest network of a space."""
    chosen = tuple(space.reference for _ in space.decisions)
    return blocks_of(space, Architecture(chosen))


def kept_reference(space: DonnaSpace, name: str, seed: int) -> nn.Module | None:
    """The reference that an earlier run trained, if its file is still there."""
    path = library_folder() / name
    known = load_checkpoint(path, f"Delete {path} and run the same command again.")
    if known is None:
        return None
    network = build(reference_blocks(space), seed)
    network.load_state_dict(known)
    return network


def finetuned_accuracy(
    network: nn.Module, teacher: nn.Module, data: DataSet, settings: FinetuneSettings, seed: int
) -> bytes:
    """A task: fine-tune on one thread, and tell the accuracy on validation images."""
    with on_one_thread():
        finetuner = Finetuner(network, data, settings, seed=seed, teacher=teacher)
        finetuner.train()
        accuracy = finetuner.validation_accuracy()
    return json.dumps({"accuracy": accuracy}).encode()


def merits_of(
    space: Space, qualities: Mapping[str, Mapping[str, Quality]]
) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    """For each decision ``(n_options,)``: less noise is better."""
    noise = log_noise(qualities)
    return [np.array([-noise[d.name][o] for o in d.options]) for d in space.decisions]


def measures_of(space: Space, qualities: Mapping[str, Mapping[str, Quality]]) -> Measures:
    """What a predictor may read off the library."""
    noise = {
        place: {o: q.noise_to_signal for o, q in options.items()}
        for place, options in qualities.items()
    }
    similarity = {
        place: {o: q.similarity for o, q in options.items()}
        for place, options in qualities.items()
    }
    tables = {
        "noise to signal": noise,
        "log noise to signal": log_noise(qualities),
        "similarity": similarity,
    }
    return {
        name: [np.array([table[d.name][o] for o in d.options]) for d in space.decisions]
        for name, table in tables.items()
    }


def _saved(network: nn.Module) -> bytes:
    content = io.BytesIO()
    torch.save(network.state_dict(), content)
    return content.getvalue()
