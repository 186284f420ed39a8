"""Visits of a profile that is not finished, a line each, so that a crash costs one visit."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

from hwnas.block import BlockSpec, block_to_json
from hwnas.errors import InvalidInputError, TableError
from hwnas.measure import Visit
from hwnas.record import read_record
from hwnas.table.latency_table import Blocks


class Journal:
    """The file beside a table that holds what was timed and not yet summed up."""

    def __init__(self, table_path: Path) -> None:
        self.path = table_path.with_suffix(".rounds")

    def visits(self) -> Mapping[str, list[Visit]]:
        """Every whole line's visit by ``key_of`` its blocks; a torn line is left out."""
        found: dict[str, list[Visit]] = defaultdict(list)
        if not self.path.is_file():
            return found
        for line in self.path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]:
            try:
                row = json.loads(line)
                found[str(row.pop("key"))].append(read_record(Visit, row, str(self.path)))
            except (ValueError, KeyError, AttributeError, TypeError, InvalidInputError):
                continue  # a visit less is a visit made again
        return found

    @contextmanager
    def open(self) -> Iterator["OpenJournal"]:
        """Append to the file; one process at a time, which the table's lock sees to.

        Raises:
            TableError: The disk refuses.
        """
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write("\n")  # ends a torn line
                yield OpenJournal(file)
        except OSError as error:
            raise TableError(
                f"Cannot write {self.path}: {error.strerror}. "
                "Free the disk and run the same command again."
            ) from error

    def remove(self) -> None:
        """Forget the visits, once the table holds what they say."""
        self.path.unlink(missing_ok=True)


class OpenJournal:
    """Takes visits, and hands each to the operating system at once."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def append(self, key: str, visit: Visit) -> None:
        """Keep one visit."""
        self._file.write(json.dumps({"key": key, **asdict(visit)}) + "\n")
        self._file.flush()


def key_of(blocks: Sequence[BlockSpec] | Blocks) -> str:
    """A short name for one block or a whole network, the same in every process."""
    text = json.dumps([block_to_json(block) for block in blocks], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
