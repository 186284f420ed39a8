"""What a search on a published table learned, as a small file of its run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from hwnas.accuracy import BenchmarkTable
from hwnas.errors import HwnasError, RunError, reason
from hwnas.pipeline.exploration import (
    EXPLORATION,
    check_scores,
    read_exploration,
    refuse_contradictions,
    unread,
)
from hwnas.pipeline.tabular import Learned
from hwnas.record import read_record
from hwnas.whole_file import digest_of

FORMAT = "hwnas-tabular-exploration/1"


@dataclass(frozen=True, kw_only=True)
class KeptTableRun:
    """The options of the search, the digest of its table, and what it learned as it was written.

    ``told`` has networks as the table writes them, and their cheap accuracies.
    """

    accuracy: str
    """As ``--accuracy`` named it."""
    table: str
    space: str
    strategy: str
    seed: int
    queries: int
    scores: Mapping[str, Mapping[str, float]]
    told: Mapping[str, float]

    @property
    def settled(self) -> dict[str, Any]:
        """The options that a search from here cannot choose anew."""
        names = ("accuracy", "space", "strategy", "seed", "queries")
        return {name: getattr(self, name) for name in names}

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {"format": FORMAT, **vars(self)}

    @classmethod
    def of(cls, learned: Learned, table: BenchmarkTable, **options: Any) -> Self:  # noqa: ANN401
        """What was learned of a table, with the options of the search."""
        write = table.encoding.write
        told = {write(architecture): known for architecture, known in learned.told.items()}
        return cls(table=digest_of(table.path), scores=learned.scores, told=told, **options)

    def learned(self, table: BenchmarkTable) -> Learned:
        """What was learned, of the same table.

        Raises:
            RunError: The table's file has changed since, or what was learned is of another space.
        """
        if digest_of(table.path) != self.table:
            raise RunError(
                f"{table.path} has changed since it was searched. Bring it back, or search anew "
                "without --from."
            )
        try:
            check_scores(self.scores, table.encoding.decisions)
            told = {table.encoding.read(text): known for text, known in self.told.items()}
        except (HwnasError, KeyError, ValueError) as error:
            raise RunError(
                f"The run to go on from is not one of networks of {table.path}: {reason(error)}. "
                "Search again, without --from."
            ) from error
        return Learned(self.scores, told)


def is_table_run(folder: Path) -> bool:
    """Whether a table was searched there.

    Raises:
        RunError: It is no run that can be gone on from.
    """
    return read_exploration(folder).get("format") == FORMAT


def kept_table_run(folder: Path, named: Mapping[str, Any]) -> KeptTableRun:
    """What a search on a table left in its folder.

    Raises:
        RunError: There is nothing of the kind, or nothing that this version reads.
        InvalidInputError: A value is missing or of another type, or an option that a user named
            says something else.
    """
    document = read_exploration(folder)
    if document.pop("format", None) != FORMAT:
        raise RunError(
            f"{folder} holds no search of a table. Leave --accuracy out, or name such a run."
        )
    path = folder / EXPLORATION
    kept = read_record(KeptTableRun, document, str(path), "Search again, without --from.")
    accuracies = [*kept.told.values()]
    if not accuracies or not all(0 <= accuracy <= 1 for accuracy in accuracies):
        raise unread(path, "it holds no accuracies")
    refuse_contradictions(folder, kept.settled, named)
    return kept
