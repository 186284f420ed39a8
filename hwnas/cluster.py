"""A Ray cluster, connected to once by whatever needs machines of it (``hwnas[ray]``)."""

import logging
import socket
from typing import Any

from hwnas.errors import InvalidInputError

CONNECT_S = 10.0


_connected: list[str] = []
"""The address of the cluster that this process is connected to, if any."""


def cluster_at(address: str) -> Any:  # noqa: ANN401 - Ray is an option, and not typed
    """The module ``ray``, connected to ``local`` (this machine), ``auto`` or the head's address.

    Raises:
        InvalidInputError: Ray is not installed, nothing answers there, or this process is
            connected to another cluster.
    """
    try:
        import ray
    except ImportError as error:
        raise InvalidInputError(
            f"The cluster {address!r} needs Ray. Install it with: pip install 'hwnas[ray]'."
        ) from error
    if not ray.is_initialized():
        _connect(ray, address)
    elif _connected and address not in _connected:
        raise InvalidInputError(
            f"This run uses the Ray cluster {_connected[0]!r} and cannot use {address!r} too. "
            "Name one cluster for tasks and devices."
        )
    return ray


def _connect(ray: Any, address: str) -> None:  # noqa: ANN401
    try:
        _check_reachable(address)
        ray.init(
            address=None if address == "local" else address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            include_dashboard=False if address == "local" else None,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise InvalidInputError(
            f"No Ray cluster answers at {address!r}: {error}. Start one with 'ray start "
            "--head', or give 'local' for this machine."
        ) from error
    _connected[:] = [address]


def resource_of(device: str) -> str:
    """What a machine of the cluster has one of if it has such a device."""
    return f"device:{device}"


def _check_reachable(address: str) -> None:
    """Ask the head's port first: Ray itself waits for minutes for one that is not there.

    Raises:
        OSError: Nothing listens.
        ValueError: It is no ``host:port``.
    """
    if address in ("local", "auto"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdecimal()):
        raise ValueError("it is not written as host:port")
    with socket.create_connection((host, int(port)), timeout=CONNECT_S):
        pass
