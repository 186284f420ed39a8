"""What a search learned, a small file of its run that serves any other budget and device."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any, Self

from hwnas.errors import HwnasError, InvalidInputError, RunError, reason
from hwnas.pipeline.donna import KeptLibrary
from hwnas.pipeline.kept_supernet import SUPERNET
from hwnas.pipeline.origin import Origin
from hwnas.pipeline.scores import Accuracies
from hwnas.record import read_record, said, told
from hwnas.search import DISTILLED, STRATEGIES
from hwnas.space import Architecture, Decision, check_member
from hwnas.train.blockwise import Quality
from hwnas.whole_file import digest_of

EXPLORATION = "exploration.json"
FORMAT = "hwnas-exploration/1"


@dataclass(frozen=True)
class Told:
    """A network that was asked for, and how accurate it is in the supernet."""

    architecture: Architecture
    accuracies: Accuracies


@dataclass(frozen=True, kw_only=True)
class Exploration:
    """What was searched, on which images and how, and the score of every option."""

    origin: Origin
    space_name: str
    """As ``--space`` named it."""
    input_size: int | None
    strategy: str
    scores: Mapping[str, Mapping[str, float]]
    best: tuple[Architecture, ...] = ()
    """Networks that the strategy found, best first, whatever they cost; or an evolved front."""
    told: tuple[Told, ...] = ()
    """From which a regression can be learned."""
    qualities: Mapping[str, Mapping[str, Quality]] = field(default_factory=dict)
    """Of every option of every block, where blocks were distilled alone."""
    library: KeptLibrary | None = None
    """Where those blocks are."""

    @property
    def settled(self) -> dict[str, Any]:
        """The options of ``hwnas search`` that a search from here cannot choose anew."""
        return {
            "space": self.space_name,
            "strategy": self.strategy,
            "data": self.origin.data,
            "seed": self.origin.seed,
            "input_size": self.input_size,
            "skip_bad": self.origin.skip_bad,
            "supernet": self.origin.settings,
        }

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        values = {
            "format": FORMAT,
            "origin": self.origin.to_json(),
            "best": [list(architecture.choices) for architecture in self.best],
            "told": [
                [list(told.architecture.choices), told.accuracies.float32, told.accuracies.int8]
                for told in self.told
            ],
            "library": None if self.library is None else asdict(self.library),
            "qualities": {
                place: {option: astuple(quality) for option, quality in options.items()}
                for place, options in self.qualities.items()
            },
        }
        return {**vars(self), **values}

    @classmethod
    def from_json(cls, document: Mapping[str, Any], source: str) -> Self:
        """What ``to_json`` gave.

        Raises:
            HwnasError: A value cannot be used.
            KeyError: An option has no score, or a value is missing.
            ValueError: A score is not finite, or an accuracy is no share.
        """
        values = {key: value for key, value in document.items() if key != "format"}
        if document["strategy"] not in (*STRATEGIES, *DISTILLED):
            raise ValueError(f"it has no strategy {document['strategy']!r}")
        origin = Origin.from_json(document["origin"], source)
        check_scores(document["scores"], origin.space.decisions)
        best = tuple(Architecture(tuple(choices)) for choices in document["best"])
        told = tuple(
            Told(Architecture(tuple(choices)), _accuracies(number, float32, int8))
            for number, (choices, float32, int8) in enumerate(document["told"], start=1)
        )
        qualities = {
            place: {option: Quality(*map(float, pair)) for option, pair in options.items()}
            for place, options in document["qualities"].items()
        }
        library = document["library"]
        if library is not None:
            library = read_record(KeptLibrary, library, source)
        for architecture in (*best, *(network.architecture for network in told)):
            check_member(origin.space, architecture)
        read = {
            "origin": origin,
            "best": best,
            "told": told,
            "qualities": qualities,
            "library": library,
        }
        return cls(**values | read)


def _accuracies(number: int, float32: float, int8: float | None) -> Accuracies:
    for value in (float32, *(() if int8 is None else (int8,))):
        if not (isinstance(value, int | float) and 0 <= value <= 1):
            raise ValueError(f"accuracy {value!r} of network {number} is not between 0 and 1")
    return Accuracies(float32=float32, int8=int8)


@dataclass(frozen=True, kw_only=True)
class KeptRun:
    """A finished run to go on from; ``supernet`` is the digest of the one it kept, or empty."""

    folder: Path
    exploration: Exploration
    supernet: str

    @property
    def facts(self) -> dict[str, Any]:
        """What shapes a search that starts here, as plain values."""
        return {"exploration": self.exploration.to_json(), "supernet": self.supernet}


def refuse_contradictions(run: Path, settled: Mapping[str, Any], named: Mapping[str, Any]) -> None:
    """Refuse options that contradict those that a run has settled; ``None`` contradicts nothing.

    Raises:
        InvalidInputError: One of them, by its name.
    """
    for name, value in named.items():
        if value is not None and value != settled[name]:
            option = f"--{name.replace('_', '-')}"
            ours, its = (said(v) if is_dataclass(v) else v for v in (value, settled[name]))
            raise InvalidInputError(
                f"{option} {ours} contradicts {run}, which was searched with {its}. "
                f"Leave {option} out, or search anew without --from."
            )


def kept_run(folder: Path) -> KeptRun:
    """What ``hwnas search`` left in its run folder.

    Raises:
        RunError: There is nothing of the kind, or nothing that this version reads.
    """
    document = read_exploration(folder)
    try:
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {told(document['format'])}, not {told(FORMAT)}")
        exploration = Exploration.from_json(document, str(folder / EXPLORATION))
    except (HwnasError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise unread(folder / EXPLORATION, reason(error)) from error
    return KeptRun(folder=folder, exploration=exploration, supernet=digest_of(folder / SUPERNET))


def read_exploration(folder: Path) -> dict[str, Any]:
    """The file of a run, of a table's too, as it lies there.

    Raises:
        RunError: It is missing or no JSON object.
    """
    path = folder / EXPLORATION
    if not path.exists() and (folder / "pruning.png").exists():
        raise RunError(
            f"{folder} was pruned down to its one network and keeps nothing to go on from. "
            "Name a run of another strategy."
        )
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("no JSON object")
    except (OSError, ValueError) as error:
        raise RunError(
            f"Cannot read {path}: {reason(error)}. Name a run folder that hwnas search finished."
        ) from error
    return document


def unread(path: Path, why: str) -> RunError:
    """The error of a file whose content is none of this version's."""
    return RunError(
        f"{path} is not what this version of hwnas reads: {why}. Search again, without --from."
    )


def check_scores(scores: Mapping[str, Mapping[str, float]], decisions: Sequence[Decision]) -> None:
    """Refuse what are no scores of every option.

    Raises:
        KeyError: An option has none.
        ValueError: One is not finite.
    """
    for decision in decisions:
        values = [scores[decision.name][option] for option in decision.options]
        if not all(map(math.isfinite, values)):
            raise ValueError(f"a score of {decision.name} is not finite")
