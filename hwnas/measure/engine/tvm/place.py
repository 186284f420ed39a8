"""Where compiled models run: in this process, or on a server that a tracker lends."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hwnas.device import LOCAL, TRACKER, DeviceSpec
from hwnas.errors import InvalidInputError, MeasurementError
from hwnas.measure.engine.tvm.compile import exported, refused, tvm_module

LOST = "See that its tracker and servers run, and run this again: it goes on where it was"
MOST_TRIES = 2
ANSWERS_IN_S = 5.0


class Place(Protocol):
    """One processor or card that runs one model at a time."""

    def load(self, executable: Any, device: DeviceSpec) -> Any:
        """What was compiled, as a module that can be run there."""
        ...

    def tensor(self, array: NDArray[Any], device: DeviceSpec) -> Any:
        """The array in the memory that the model reads."""
        ...

    def chip(self, device: DeviceSpec) -> Any:
        """TVM's ``Device``."""
        ...

    def release(self) -> None:
        """Let others have it; what is loaded there is gone."""
        ...


class Here:
    """This process."""

    def load(self, executable: Any, device: DeviceSpec) -> Any:
        """Linked in memory."""
        with refused("TVM cannot load the model", "Try --engine onnxruntime"):
            tvm_module().get_global_func("runtime.config_threadpool")(1, device.threads)
            return executable.jit()

    def tensor(self, array: NDArray[Any], device: DeviceSpec) -> Any:
        """In this machine's or its card's memory."""
        return tvm_module().runtime.tensor(array, self.chip(device))

    def chip(self, device: DeviceSpec) -> Any:
        """The processor, or the first card."""
        tvm = tvm_module()
        return tvm.cuda(0) if device.tvm.kind == "cuda" else tvm.cpu(0)

    def release(self) -> None:
        """This process keeps what it has."""


class Lent:
    """One server, asked of the tracker when it is first needed and kept to the end."""

    def __init__(self, device: DeviceSpec) -> None:
        self._address = tracker_address(device)
        self._session: Any = None
        self._n_loaded = 0

    def load(self, executable: Any, device: DeviceSpec) -> Any:
        """Linked for its processor, uploaded and loaded there."""
        remote = self._remote(device)
        with tempfile.TemporaryDirectory() as folder:
            library = exported(executable, Path(folder), device)
            with refused(f"The server of {device.connection!r} does not take the model", LOST):
                self._n_loaded += 1  # a library that is loaded must not be written over
                name = f"model{self._n_loaded}.so"
                remote.upload(bytearray(library.read_bytes()), name)
                module = remote.load_module(name)
                remote.remove(name)
                return module

    def tensor(self, array: NDArray[Any], device: DeviceSpec) -> Any:
        """In the server's memory."""
        with refused(f"The server of {device.connection!r} is out of reach", LOST):
            return tvm_module().runtime.tensor(np.ascontiguousarray(array), self.chip(device))

    def chip(self, device: DeviceSpec) -> Any:
        """The server's processor, or its first card."""
        remote = self._remote(device)
        return remote.cuda(0) if device.tvm.kind == "cuda" else remote.cpu(0)

    def release(self) -> None:
        """The tracker may lend the server to another."""
        self._session = None

    def _remote(self, device: DeviceSpec) -> Any:
        if self._session is None:
            host, port, key = self._address
            with refused(f"No server for {device.connection!r}", LOST), _tracker(host, port) as at:
                # a server ends a session of limited time in the middle of a profile
                self._session = at.request(key, session_timeout=0, max_retry=MOST_TRIES)
        return self._session


def place_for(device: DeviceSpec) -> Place:
    """This process, or a server of the tracker that the connection names.

    Raises:
        InvalidInputError: The connection says something else.
    """
    return Here() if device.connection == LOCAL else Lent(device)


def n_servers(device: DeviceSpec) -> int:
    """How many servers of the key the tracker can lend now; 1 where all are lent.

    Raises:
        MeasurementError: The tracker is out of reach, or knows none.
    """
    host, port, key = tracker_address(device)
    unreachable = f"The tracker of {device.connection!r} is out of reach"
    with refused(unreachable, LOST), _tracker(host, port) as tracker:
        summary = tracker.summary()
        servers, queues = summary["server_info"], summary["queue_info"]
    found = [server for server in servers if server["key"] == f"server:{key}"]
    if not found:
        keys = sorted({str(server["key"]).removeprefix("server:") for server in servers})
        raise MeasurementError(
            f"The tracker at {host}:{port} knows no server of key {key!r}, only "
            f"{', '.join(keys) or 'none at all'}. Start one there with: python3 -m "
            f"tvm.exec.rpc_server --tracker {host}:{port} --key {key}"
        )
    return max(1, int(queues.get(key, {}).get("free", 0)))


def tracker_address(device: DeviceSpec) -> tuple[str, int, str]:
    """Host, port and key of ``tracker HOST:PORT KEY``.

    Raises:
        InvalidInputError: The connection says something else.
    """
    words = device.connection.split()
    if len(words) == 3 and words[0] == TRACKER:
        host, _, port = words[1].rpartition(":")
        if host and port.isdigit():
            return host, int(port), words[2]
    raise InvalidInputError(
        f"Engine tvm does not reach {device.connection!r}. Write --connection local, or a "
        "tracker's: --connection 'tracker HOST:PORT KEY'"
    )


@contextmanager
def _tracker(host: str, port: int) -> Iterator[Any]:
    from tvm import rpc

    with socket.create_connection((host, port), timeout=ANSWERS_IN_S):
        pass  # TVM itself would try for a minute
    tracker = rpc.connect_tracker(host, port)
    try:
        yield tracker
    finally:
        tracker.close()
