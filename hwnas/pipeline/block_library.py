"""DONNA's block library: every option of every block, trained alone, and how good it is."""

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hwnas.block import BlockSpec, block_from_json, block_to_json
from hwnas.errors import RunError
from hwnas.network import build
from hwnas.network.build import WiredBlocks
from hwnas.pipeline.tasks import Task
from hwnas.space import Architecture, blocks_in, blocks_of
from hwnas.space.donna import DonnaSpace
from hwnas.train import load_checkpoint
from hwnas.train.blockwise import BlockwiseSettings, Features, Quality, distill
from hwnas.train.hardware import on_one_thread

FORM = 1
"""Raised when the same facts train another block."""
STEM, HEAD = "stem", "head"
Named = tuple[str, str]
"""A place, and the option that stands there; that of stem and head is empty."""


def digest_of_facts(facts: Mapping[str, Any]) -> str:
    """What a file is named by that these facts decide."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Entry:
    """A trained block."""

    quality: Quality
    weights: dict[str, torch.Tensor]


@dataclass(frozen=True, kw_only=True)
class BlockLibrary:
    """The files of a library; ``taught_by`` is what the reference and the images are known by."""

    folder: Path
    space: DonnaSpace
    settings: BlockwiseSettings
    taught_by: str
    seed: int

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Stem, the blocks, head: what is trained alone."""
        return (STEM, *(decision.name for decision in self.space.decisions), HEAD)

    def options(self, place: str) -> tuple[str, ...]:
        """What may stand there; stem and head are what they are."""
        if place in (STEM, HEAD):
            return ("",)
        return self.space.decisions[self.places.index(place) - 1].options

    def layers(self, place: str, option: str) -> tuple[BlockSpec, ...]:
        """The blocks that an option is made of."""
        state, stem = self.space.start()
        if place == STEM:
            return tuple(blocks_in(stem))
        for index, decision in enumerate(self.space.decisions):
            chosen = option if decision.name == place else decision.options[0]
            state, placed = self.space.step(index, state, chosen)
            if decision.name == place:
                return tuple(blocks_in(placed))
        return tuple(blocks_in(self.space.finish(state)))

    def file(self, place: str, option: str) -> Path:
        """Named by all that decides its content."""
        facts = {
            "form": FORM,
            "taught_by": self.taught_by,
            "place": self.places.index(place),
            "layers": [block_to_json(block) for block in self.layers(place, option)],
            "settings": asdict(self.settings),
            "seed": self.seed,
        }
        return self.folder / f"{digest_of_facts(facts)}.pt"

    def all_entries(self) -> list[Named]:
        """Every option of every place."""
        return [(place, option) for place in self.places for option in self.options(place)]

    def entries_of(self, architectures: Iterable[Architecture]) -> list[Named]:
        """What these networks are made of, each once."""
        named = (self._chosen(architecture) for architecture in architectures)
        return list(dict.fromkeys(chain.from_iterable(named)))

    def tasks(
        self, entries: Sequence[Named], features: Callable[[str], tuple[Features, Features]]
    ) -> list[Task]:
        """One for each; ``features`` are what the reference reads and gives at a place."""
        given = {place: features(place) for place in dict.fromkeys(place for place, _ in entries)}
        tasks = []
        for place, option in entries:
            layers = [block_to_json(block) for block in self.layers(place, option)]
            tasks.append(
                Task(
                    f"{place} {option}".strip(),
                    self.file(place, option),
                    train_block,
                    (layers, *given[place], self.settings, self.seed),
                )
            )
        return tasks

    def entry(self, place: str, option: str) -> Entry:
        """A trained block.

        Raises:
            RunError: Its file is damaged.
        """
        path = self.file(place, option)
        found = load_checkpoint(path, f"Delete {path} and run the same command again.")
        if found is None:
            raise FileNotFoundError(path)
        return Entry(Quality(**json.loads(found["quality"])), found["weights"])

    def discard_damaged(self, entries: Iterable[Named]) -> list[Path]:
        """Remove files that hold no block: all that decides them is known, so others are made."""
        files = [self.file(*entry) for entry in entries]
        damaged = [file for file in files if file.is_file() and not _is_whole(file)]
        for file in damaged:
            file.unlink(missing_ok=True)
        return damaged

    def holds(self, architecture: Architecture) -> bool:
        """Whether all of the network's blocks are there."""
        return all(self.file(*entry).is_file() for entry in self._chosen(architecture))

    @cached_property
    def qualities(self) -> Mapping[str, Mapping[str, Quality]]:
        """Of every option of every block."""
        return {
            decision.name: {o: self.entry(decision.name, o).quality for o in decision.options}
            for decision in self.space.decisions
        }

    def network(self, architecture: Architecture) -> WiredBlocks:
        """The network of the library's blocks, with the weights that they have there."""
        network = build(blocks_of(self.space, architecture), self.seed)
        first, weights = 0, dict[str, torch.Tensor]()
        for place, option in self._chosen(architecture):
            weights |= _moved(self.entry(place, option).weights, first)
            first += len(self.layers(place, option))
        network.load_state_dict(weights)
        return network

    def _chosen(self, architecture: Architecture) -> Iterator[Named]:
        return zip(self.places, ("", *architecture.choices, ""), strict=True)


def _is_whole(file: Path) -> bool:
    """Whether a file holds a block; one that may not be read is left alone."""
    try:
        found = load_checkpoint(file)
    except RunError as error:
        return isinstance(error.__cause__, PermissionError)
    return isinstance(found, dict) and {"quality", "weights"} <= set(found)


def train_block(
    layers: Sequence[Mapping[str, Any]],
    reads: Features,
    gives: Features,
    settings: BlockwiseSettings,
    seed: int,
) -> bytes:
    """A library's file: a block trained on one thread, so that it is the same on any machine."""
    with on_one_thread():
        module = build([block_from_json(layer, "a task") for layer in layers], seed)
        quality = distill(module, reads, gives, settings, seed=seed)
    content = io.BytesIO()
    state = {"quality": json.dumps(asdict(quality)), "weights": module.state_dict()}
    torch.save(state, content)
    return content.getvalue()


def _moved(weights: Mapping[str, torch.Tensor], first: int) -> dict[str, torch.Tensor]:
    """Under the numbers that the layers have in the whole network."""
    moved = {}
    for name, value in weights.items():
        number, _, rest = name.partition(".")
        moved[f"{first + int(number)}.{rest}"] = value
    return moved


def log_noise(qualities: Mapping[str, Mapping[str, Quality]]) -> dict[str, dict[str, float]]:
    """The logarithm of each option's noise-to-signal ratio."""
    return {
        place: {o: float(np.log(max(q.noise_to_signal, 1e-9))) for o, q in options.items()}
        for place, options in qualities.items()
    }
