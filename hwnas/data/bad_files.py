"""Files that cannot be learned from: all are looked for first, then named in one sentence."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from hwnas.data.decode import Header
from hwnas.data.folder_files import UNKNOWN_LABEL, FolderListing
from hwnas.errors import DataError

N_NAMED = 3


def mislabelled_files(listing: FolderListing, headers: Mapping[Path, Header]) -> dict[Path, str]:
    """Why the label of a file cannot be right, for each such file that has a header.

    Its class is one that train does not have, or a train file with another label has the very
    same bytes. The same picture saved twice in different ways goes unnoticed.
    """
    twins: dict[bytes, dict[int, Path]] = defaultdict(dict)
    for file in listing.files:
        if file.part == "train" and file.path in headers:
            twins[headers[file.path].file_hash].setdefault(file.label, file.path)
    reasons: dict[Path, str] = {}
    for file in listing.files:
        if file.path not in headers:
            continue
        if file.label == UNKNOWN_LABEL:
            reasons[file.path] = f"is mislabelled: train has no class {file.path.parent.name!r}"
            continue
        same_bytes = twins.get(headers[file.path].file_hash, {})
        others = [path for label, path in same_bytes.items() if label != file.label]
        if others:
            twin = others[0].relative_to(listing.folder)
            reasons[file.path] = f"is mislabelled: it has the same bytes as {twin}"
    return reasons


def stop_or_warn(
    listing: FolderListing,
    bad: Mapping[Path, str],
    *,
    skip_bad: bool,
    warn: Callable[[str], None] | None,
) -> None:
    """Name the first three bad files and count them all, as an error or as a warning.

    Raises:
        DataError: There are some, and ``skip_bad`` is not set.
    """
    if not bad:
        return
    named = "; ".join(
        f"{file.path.relative_to(listing.folder)} {bad[file.path]}"
        for file in [file for file in listing.files if file.path in bad][:N_NAMED]
    )
    more = f"; and {len(bad) - N_NAMED} more" if len(bad) > N_NAMED else ""
    counted = f"{len(bad)} of the {len(listing.files)} files of {listing.name!r}"
    if not skip_bad:
        raise DataError(f"Cannot use {counted}: {named}{more}. Remove them or pass --skip-bad.")
    if warn is not None:
        warn(f"Left out {counted}: {named}{more}.")
