"""A search by DONNA up to its predictor: reference, block library, fine-tuned networks."""

import hashlib
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import torch
from torch import nn

from hwnas.data import DataSet
from hwnas.network import build
from hwnas.pipeline.block_library import BlockLibrary, log_noise
from hwnas.pipeline.donna import DonnaSettings, KeptLibrary
from hwnas.pipeline.ray_workers import OnRay
from hwnas.pipeline.reference import digest_of_reference, user_reference
from hwnas.pipeline.tasks import InThisProcess, OnDone, Task, Workers
from hwnas.regression.qualities import Measures
from hwnas.search.pool import Pool
from hwnas.search.spanning import spanning
from hwnas.space import Architecture, Network, Space, blocks_of
from hwnas.space.donna import DonnaSpace
from hwnas.train import Finetuner, FinetuneSettings, load_checkpoint
from hwnas.train.blockwise import BlockwiseSettings, Quality
from hwnas.train.features import write_features
from hwnas.train.reference import Reference, proposed_cuts
from hwnas.train.streams import Purpose, stream
from hwnas.whole_file import write_whole

OnStep = Callable[[str, int, int, str], None]
"""Told the phase, how many are done of how many, and a note."""


def library_folder() -> Path:
    """Where libraries lie: beside the built blocks in the user's cache, or ``$HWNAS_CACHE``."""
    default = platformdirs.user_cache_dir("hwnas", appauthor=False)
    return Path(os.environ.get("HWNAS_CACHE", default)) / "library"


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
        if self.settings.reference is not None:
            return user_reference(self.settings.reference, self.data)
        network: nn.Module = build(reference_blocks(self.space), self.seed)
        path = library_folder() / self._reference_name
        known = load_checkpoint(path, f"Delete {path} and run the same command again.")
        if known is not None:
            network.load_state_dict(known)
        else:
            finetuner = Finetuner(network, self.data, self.finetune, seed=self.seed)
            network = finetuner.run(self.work / "reference-training.pt", self._on_epoch)
            write_whole(path, _saved(network))
        image = torch.zeros(1, self.data.in_channels, self.data.input_size, self.data.input_size)
        return Reference(network, proposed_cuts(network, image))

    def library(self, reference: Reference) -> BlockLibrary:
        """Every option of every block, trained alone."""
        library = BlockLibrary(
            folder=library_folder(),
            space=self.space,
            settings=self._blockwise,
            taught_by=f"{digest_of_reference(reference)}-{self.data.fingerprint}",
            seed=self.seed,
        )
        missing = [
            (place, option)
            for place in library.places
            for option in library.options(place)
            if not library.file(place, option).is_file()
        ]
        if missing:
            features = write_features(
                reference,
                self.data,
                self._blockwise,
                self.work / "features",
                seed=self.seed,
                on_images=lambda done, total: self.on_step("features", done, total, "images"),
            )
            tasks = library.tasks(lambda place: features.between(library.places.index(place)))
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
            facts = f"{library.taught_by} {architecture} {asdict(settings)}"
            file = library_folder() / f"finetuned-{self._digest(facts)}.json"
            given = (library.network, architecture, reference.network, self.data, settings)
            tasks.append(Task(str(architecture), file, finetuned_accuracy, (*given, self.seed)))
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
            reference=self._reference_name if is_own else "",
        )

    @property
    def _reference_name(self) -> str:
        return f"reference-{self._digest('reference')}.pt"

    def _digest(self, what: str) -> str:
        facts = {
            "what": what,
            "space": self.space.to_json(),
            "data": self.data.fingerprint,
            "finetune": asdict(self.finetune),
            "blockwise": asdict(self._blockwise),
            "seed": self.seed,
        }
        if what == "reference":
            facts |= {"space": str(reference_blocks(self.space)), "blockwise": ""}
        text = json.dumps(facts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def _on_epoch(self, done: int, total: int, accuracy: float) -> None:
        self.on_step("reference", done, total, f"accuracy {accuracy:.3f}")

    def _counted(self, phase: str, total: int) -> OnDone:
        done = 0

        def on_done(task: Task) -> None:
            nonlocal done
            done += 1
            self.on_step(phase, done, total, task.name)

        return on_done


def reference_blocks(space: DonnaSpace) -> Network:
    """The largest network of a space."""
    chosen = tuple(space.reference for _ in space.decisions)
    return blocks_of(space, Architecture(chosen))


def kept_reference(space: DonnaSpace, kept: KeptLibrary) -> nn.Module | None:
    """The reference that an earlier run trained, if it is still there."""
    path = library_folder() / kept.reference
    known = load_checkpoint(path, f"Delete {path} and search anew.") if kept.reference else None
    if known is None:
        return None
    network = build(reference_blocks(space), kept.seed)
    network.load_state_dict(known)
    return network


def finetuned_accuracy(
    network_of: Callable[[Architecture], nn.Module],
    architecture: Architecture,
    teacher: nn.Module,
    data: DataSet,
    settings: FinetuneSettings,
    seed: int,
) -> bytes:
    """A task: fine-tune on one thread, and tell the accuracy on validation images."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        network = network_of(architecture)
        finetuner = Finetuner(network, data, settings, seed=seed, teacher=teacher)
        finetuner.train()
        accuracy = finetuner.validation_accuracy()
    finally:
        torch.set_num_threads(n_threads)
    return json.dumps({"network": str(architecture), "accuracy": accuracy}).encode()


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
