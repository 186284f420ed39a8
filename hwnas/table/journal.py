"""Visits of a profile that is not finished, a line each, so that a crash costs one visit."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from hwnas.block import BlockSpec, block_to_json
from hwnas.errors import InvalidInputError
from hwnas.measure import Visit
from hwnas.record import read_record
from hwnas.table.latency_table import Blocks
from hwnas.whole_file import cannot_write, write_whole

ELSEWHERE = "name another folder in HWNAS_TABLES"


class Journal:
    """The file beside a table that holds what was timed and not yet summed up.

    Spaces of one device share it: each of them takes the visits that were made beside its own
    reference, and forgets no other's.
    """

    def __init__(self, table_path: Path) -> None:
        self.path = table_path.with_suffix(".rounds")

    def visits(self, reference: str) -> Mapping[str, list[Visit]]:
        """The visits made beside the reference of that key, by ``key_of`` their blocks.

        A torn line is left out.
        """
        found: dict[str, list[Visit]] = defaultdict(list)
        for line in self._lines():
            try:
                row = json.loads(line)
                if row.pop("reference") == reference:
                    found[str(row.pop("key"))].append(read_record(Visit, row, str(self.path)))
            except (ValueError, KeyError, AttributeError, TypeError, InvalidInputError):
                continue  # a visit less is a visit made again
        return found

    def begin(self) -> None:
        """End a line that was torn, so that what follows stands on a line of its own.

        Raises:
            RunError: The disk refuses.
        """
        self._append("\n")

    def append(self, reference: str, key: str, visit: Visit) -> None:
        """Keep one visit, handed to the operating system at once.

        One process at a time, which the table's lock sees to, and one of its threads.

        Raises:
            RunError: The disk refuses.
        """
        row = {"reference": reference, "key": key, **asdict(visit)}
        self._append(json.dumps(row) + "\n")

    def forget(self, keys: Collection[str]) -> None:
        """Drop the visits that the table has summed up by now; the file with the last of them.

        Raises:
            RunError: The disk refuses.
        """
        kept = [line for line in self._lines() if _key(line) not in {*keys, None}]
        if kept:
            write_whole(self.path, "\n".join(kept) + "\n", ELSEWHERE)
        else:
            self.path.unlink(missing_ok=True)

    def _lines(self) -> list[str]:
        if not self.path.is_file():
            return []
        return self.path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]

    def _append(self, text: str) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise cannot_write(self.path, error, ELSEWHERE) from error


def _key(line: str) -> str | None:
    """The key a line names; nothing for a torn one."""
    try:
        return str(json.loads(line)["key"])
    except (ValueError, KeyError, TypeError):
        return None


def key_of(blocks: Sequence[BlockSpec] | Blocks) -> str:
    """A short name for one block or a whole network, the same in every process."""
    text = json.dumps([block_to_json(block) for block in blocks], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
