"""The target that a device file's connection names; one for each connection of a process."""

from functools import cache

from hwnas.device import LOCAL, TRACKER, DeviceSpec
from hwnas.errors import InvalidInputError
from hwnas.measure.target.command import CommandTarget
from hwnas.measure.target.here import Here
from hwnas.measure.target.protocol import Target

HERE = Here()


def target_for(device: DeviceSpec) -> Target:
    """This process, or what the connection's command reaches.

    Raises:
        InvalidInputError: It is a tracker's.
    """
    if device.connection == LOCAL:
        return HERE
    if device.connection.split()[0] == TRACKER:
        raise InvalidInputError(
            f"Connection {device.connection!r} leads to TVM's servers, and {device.name!r} uses "
            f"{device.engine}. Add --engine tvm, or name a command that starts a Python there."
        )
    return _reached(device.connection, device.timeout_s)


@cache
def _reached(command: str, timeout_s: float) -> CommandTarget:
    return CommandTarget(command, timeout_s)
