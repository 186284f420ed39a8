"""The target that a device file's connection names; one for each connection of a process."""

from collections.abc import Sequence
from functools import cache

from hwnas.device import LOCAL, RAY, TRACKER, DeviceSpec
from hwnas.errors import InvalidInputError
from hwnas.measure.target.command import CommandTarget
from hwnas.measure.target.here import Here
from hwnas.measure.target.protocol import Target
from hwnas.measure.target.ray_link import ClusterDevice

HERE = Here()


def target_for(device: DeviceSpec) -> Target:
    """This process, or what the connection's command reaches.

    Raises:
        InvalidInputError: It is a tracker's, or of a cluster that has no such device.
    """
    if device.connection == LOCAL:
        return HERE
    way = device.connection.split()[0]
    if way == TRACKER:
        raise InvalidInputError(
            f"Connection {device.connection!r} leads to TVM's servers, and {device.name!r} uses "
            f"{device.engine}. Add --engine tvm, or name a command that starts a Python there."
        )
    if way == RAY:
        return _on_cluster(ClusterDevice.of(device), 0)
    return _reached(device.connection, device.timeout_s)


def further_targets(device: DeviceSpec) -> Sequence[Target]:
    """Equal devices beside the first, where a cluster has several."""
    if device.connection.split()[0] != RAY:
        return ()
    at = ClusterDevice.of(device)
    return tuple(_on_cluster(at, number) for number in range(1, at.n_machines))


@cache
def _reached(command: str, timeout_s: float) -> CommandTarget:
    return CommandTarget(command, timeout_s)


@cache
def _on_cluster(at: ClusterDevice, number: int) -> CommandTarget:
    """``number`` tells the cluster's devices apart; which is which, Ray decides."""
    if number == 0:
        _ = at.n_machines  # one at least
    return CommandTarget(f"{RAY} {at.address}", at.timeout_s, at.connect)
