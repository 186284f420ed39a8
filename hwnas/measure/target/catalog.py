"""The target that a device file's connection names; one for each connection of a process."""

from functools import cache

from hwnas.device import LOCAL, DeviceSpec
from hwnas.measure.target.command import CommandTarget
from hwnas.measure.target.here import Here
from hwnas.measure.target.protocol import Target

HERE = Here()


def target_for(device: DeviceSpec) -> Target:
    """This process, or what the connection's command reaches."""
    if device.connection == LOCAL:
        return HERE
    return _reached(device.connection, device.timeout_s)


@cache
def _reached(command: str, timeout_s: float) -> CommandTarget:
    return CommandTarget(command, timeout_s)
