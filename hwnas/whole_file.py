"""Files and folders that appear whole or not at all, and digests of them."""

import errno
import hashlib
import os
import tempfile
from pathlib import Path

from hwnas.errors import RunError, reason

ELSEWHERE = "name another place with --out"
"""What to do about a place that cannot be written, unless the caller knows better."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LOCKED = (errno.EACCES, errno.EPERM, errno.EROFS)


def write_whole(path: Path, content: bytes | str, elsewhere: str = ELSEWHERE) -> None:
    """Replace ``path`` by ``content`` in one step; a crash or a full disk leaves the old file.

    A link stays one: the file it leads to is replaced.

    Raises:
        RunError: The folder is missing, read-only or full, or ``path`` is a device or a folder.
    """
    data = content.encode() if isinstance(content, str) else content
    path = path.resolve() if path.is_symlink() else path
    if path.exists() and not path.is_file():
        raise RunError(f"Cannot write {path}: it is there and no file. Name a file instead.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise cannot_write(path, error, elsewhere) from error
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(0o666 & ~_umask())
        unfinished.replace(path)
    except OSError as error:
        raise cannot_write(path, error, elsewhere) from error
    finally:
        unfinished.unlink(missing_ok=True)


def move_folder(finished: Path, target: Path) -> None:
    """Give ``finished`` the name ``target`` in one step.

    Raises:
        RunError: ``target`` exists by now, or the file system refuses.
    """
    try:
        if target.exists():
            raise FileExistsError(17, "it exists already")
        finished.rename(target)
    except OSError as error:
        raise cannot_write(target, error) from error


def check_writable(folder: Path, elsewhere: str = ELSEWHERE) -> None:
    """Fail now, not after an hour, when nothing can be written at ``folder``.

    Raises:
        RunError: ``folder`` or its nearest existing parent refuses a file.
    """
    candidates = (folder, *folder.absolute().parents)
    try:
        nearest = next(candidate for candidate in candidates if candidate.exists())
        if not nearest.is_dir():
            raise NotADirectoryError(20, "Not a directory")
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise cannot_write(folder, error, elsewhere) from error


def cannot_write(path: Path, error: OSError, elsewhere: str = ELSEWHERE) -> RunError:
    """The error for a place that the file system refuses."""
    return RunError(f"Cannot write {path}: {reason(error)}. {remedy(error, elsewhere)}")


def remedy(error: OSError, elsewhere: str = ELSEWHERE) -> str:
    """What to do about a place by why it is refused: full, locked, or no place for a file."""
    if error.errno in FULL:
        return f"Free the disk or {elsewhere}."
    if error.errno in LOCKED:
        return f"Mend its rights or {elsewhere}."
    return f"{elsewhere[0].upper()}{elsewhere[1:]}."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def digest_of(path: Path) -> str:
    """A few digits that change when the file does; none if there is no file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""
