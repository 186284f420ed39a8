"""A running command with the agent at its end: one request at a time, each with a time limit."""

import contextlib
import os
import selectors
import shlex
import subprocess
from collections import deque
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, BinaryIO, Protocol

from hwnas.agent.frames import LENGTHS, BrokenFrameError, frame, lengths_in, parsed
from hwnas.agent.serve import READY
from hwnas.measure.target.bundle import START, program

REMOTE_SHELLS = ("ssh", "adb", "plink")
"""Commands that hand what follows to a shell, which takes quotes off once more."""
MOST_NOISE_BYTES = 2**16
"""What a login may print before the agent is ready."""
MOST_AT_ONCE = 2**16
"""Bytes of one write, so that a pipe that takes some of them does not block."""
KEPT_LINES = 5
"""Of standard error, for a message."""


class LinkLostError(Exception):
    """The command ended, broke off, or was silent too long; the message says which."""


class AnyLink(Protocol):
    """A way to an agent, one request at a time."""

    def ask(
        self, header: dict[str, Any], payload: bytes, timeout_s: float
    ) -> tuple[dict[str, Any], bytes]:
        """The answer to one request.

        Raises:
            LinkLostError: None came in time, or something else did.
        """
        ...

    def close(self) -> None:
        """End it."""
        ...


class Link:
    """One started command.

    Raises:
        LinkLostError: It cannot be started, or the agent is not ready in time.
    """

    def __init__(self, command: str, timeout_s: float) -> None:
        self._command = command
        self._said: deque[str] = deque(maxlen=KEPT_LINES)
        words = _words(command)
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise LinkLostError(f"{words[0]} cannot be started: {error.strerror}") from error
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._in: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._out: BinaryIO = self._process.stdout  # type: ignore[assignment]
        self._listener = Thread(target=self._listen, args=(self._process.stderr,), daemon=True)
        self._listener.start()
        for stream in (self._in, self._out):
            os.set_blocking(stream.fileno(), False)
        self._left = b""
        deadline = monotonic() + timeout_s
        try:
            self._write(program(), deadline)
            self._await_ready(deadline)
        except LinkLostError:
            self.close()
            raise

    def ask(
        self, header: dict[str, Any], payload: bytes, timeout_s: float
    ) -> tuple[dict[str, Any], bytes]:
        """The answer to one request.

        Raises:
            LinkLostError: None came in time, or something else did.
        """
        deadline = monotonic() + timeout_s
        self._write(frame(header, payload), deadline)
        try:
            n_header, n_payload = lengths_in(self._exactly(LENGTHS.size, deadline))
            answer = parsed(self._exactly(n_header, deadline))
        except BrokenFrameError as error:
            raise self._lost("it sent something else than an answer") from error
        return answer, self._exactly(n_payload, deadline)

    def close(self) -> None:
        """End the command."""
        with contextlib.suppress(OSError):
            self._in.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._out.close()

    def _await_ready(self, deadline: float) -> None:
        while READY not in self._left:
            if len(self._left) > MOST_NOISE_BYTES:
                raise self._lost("it writes something else than an agent does")
            self._left += self._more(deadline)
        self._left = self._left.split(READY, 1)[1]

    def _exactly(self, n_bytes: int, deadline: float) -> bytes:
        parts, missing = [self._left], n_bytes - len(self._left)
        while missing > 0:
            part = self._more(deadline)
            parts.append(part)
            missing -= len(part)
        content = b"".join(parts)
        self._left = content[n_bytes:]
        return content[:n_bytes]

    def _more(self, deadline: float) -> bytes:
        self._wait_for(self._out, selectors.EVENT_READ, deadline)
        part = os.read(self._out.fileno(), MOST_AT_ONCE)
        if not part:
            raise self._lost("it ended")
        return part

    def _write(self, content: bytes, deadline: float) -> None:
        left = memoryview(content)
        while left:
            self._wait_for(self._in, selectors.EVENT_WRITE, deadline)
            try:
                left = left[os.write(self._in.fileno(), left[:MOST_AT_ONCE]) :]
            except OSError as error:
                raise self._lost("it ended") from error

    def _wait_for(self, stream: BinaryIO, event: int, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(stream, event)
            left_s = deadline - monotonic()
            if left_s <= 0 or not selector.select(left_s):
                raise self._lost("it was silent for too long")

    def _lost(self, how: str) -> LinkLostError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=0.2)  # so that its last words are there
            self._listener.join(timeout=0.2)
        code = self._process.poll()
        ended = "" if code is None else f" with exit code {code}"
        said = f"; it said: {' / '.join(self._said)}" if self._said else ""
        return LinkLostError(f"{how}{ended}{said}")

    def _listen(self, errors: BinaryIO) -> None:
        with errors:
            for line in errors:
                text = line.decode(errors="replace").strip()
                if text:
                    self._said.append(text)


def _words(command: str) -> list[str]:
    """The command's words and the program that it starts Python with.

    Raises:
        LinkLostError: A quote is not closed.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise LinkLostError(f"{command!r} cannot be read: {error}") from error
    if not words:
        raise LinkLostError(f"{command!r} names no command")
    is_quoted_again = Path(words[0]).name in REMOTE_SHELLS
    return [
        str(Path(words[0]).expanduser()),
        *words[1:],
        "-u",
        "-c",
        shlex.quote(START) if is_quoted_again else START,
    ]
