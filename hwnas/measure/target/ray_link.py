"""A device of a Ray cluster: the machine that has it runs the agent, Ray carries the messages."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hwnas.cluster import cluster_at, resource_of
from hwnas.device import LOCAL, DeviceSpec
from hwnas.errors import InvalidInputError, MeasurementError
from hwnas.measure.target.link import Link, LinkLostError
from hwnas.version import VERSION

ALLOWED_S = 30.0
"""For Ray to start on a machine, and to carry a message beside what the agent may take."""


@dataclass(frozen=True)
class ClusterDevice:
    """``ray ADDRESS [COMMAND]``: the command is for the machine that has the device.

    Its environment variables are that machine's; without a command its own Python is asked. The
    machine has this version of hwnas.
    """

    address: str
    command: str
    device: str
    timeout_s: float

    @classmethod
    def of(cls, device: DeviceSpec) -> "ClusterDevice":
        """What a device's connection says.

        Raises:
            InvalidInputError: It names no cluster.
        """
        words = device.connection.split(maxsplit=2)
        if len(words) < 2:
            raise InvalidInputError(
                f"Connection {device.connection!r} names no cluster. Write 'ray auto', or "
                "'ray HOST:PORT COMMAND' where a command leads from the cluster to the device."
            )
        command = words[2] if len(words) == 3 else LOCAL
        return cls(words[1], command, device.name, device.timeout_s)

    def connect(self) -> "RayLink":
        """Claim one of the cluster's devices.

        Raises:
            LinkLostError: All are taken, or it does not answer.
        """
        return RayLink(self)

    @property
    def n_machines(self) -> int:
        """How many machines of the cluster have one, whoever uses it.

        Raises:
            InvalidInputError: No cluster answers, none of its machines has one, or one has two,
                which would disturb each other.
        """
        name = resource_of(self.device)
        nodes = [node for node in cluster_at(self.address).nodes() if node["Alive"]]
        found = [node["Resources"].get(name, 0) for node in nodes]
        if max(found, default=0) > 1:
            raise InvalidInputError(
                f"A machine of the cluster at {self.address!r} says that it has {max(found):g} of "
                f"{name!r}. Give it 1: two on one machine disturb each other."
            )
        n = sum(map(bool, found))
        if n < 1:
            raise InvalidInputError(
                f"No machine of the cluster at {self.address!r} has {name!r}. Start Ray where the "
                f"device is with: ray start --address=HEAD --resources='{{\"{name}\": 1}}'"
            )
        return n


class RayLink:
    """As ``Link``, from the machine of the cluster that has the device.

    Raises:
        LinkLostError: The agent is not ready in time.
        MeasurementError: No machine has one to spare.
    """

    def __init__(self, at: ClusterDevice) -> None:
        self._ray = cluster_at(at.address)
        self._at = at
        bridge = self._ray.remote(_Bridge).options(
            num_cpus=0, resources={resource_of(at.device): 1}
        )
        self._bridge = bridge.remote(at.command, at.timeout_s)
        try:
            self._claim()
            version = self._answer(self._bridge.open.remote(), at.timeout_s)
            if version != VERSION:
                raise LinkLostError(f"its machine has hwnas {version}, and this one {VERSION}")
        except (LinkLostError, MeasurementError):
            self.close()
            raise

    def ask(
        self, header: dict[str, Any], payload: bytes, timeout_s: float
    ) -> tuple[dict[str, Any], bytes]:
        """The answer to one request.

        Raises:
            LinkLostError: None came in time, or the machine is gone.
        """
        asked = self._bridge.ask.remote(header, payload, timeout_s)
        answer: tuple[dict[str, Any], bytes] = self._answer(asked, timeout_s)
        return answer

    def close(self) -> None:
        """Give the device back."""
        self._ray.kill(self._bridge)

    def _claim(self) -> None:
        """Wait for a machine with a device to spare, which is there at once or not soon."""
        try:
            self._ray.get(self._bridge.__ray_ready__.remote(), timeout=ALLOWED_S)
        except self._ray.exceptions.GetTimeoutError as error:
            raise MeasurementError(
                f"No {resource_of(self._at.device)!r} of the cluster at {self._at.address!r} is "
                "free. See that its machine runs and nothing else uses it."
            ) from error
        except self._ray.exceptions.RayError as error:
            raise LinkLostError(_last_words(error)) from error

    def _answer(self, asked: Any, timeout_s: float) -> Any:  # noqa: ANN401 - Ray's
        try:
            return self._ray.get(asked, timeout=timeout_s + ALLOWED_S)
        except self._ray.exceptions.GetTimeoutError as error:
            raise LinkLostError("it was silent for too long") from error
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, LinkLostError):
                raise LinkLostError(str(error.cause)) from error
            raise
        except self._ray.exceptions.RayError as error:
            raise LinkLostError(f"its machine was lost: {_last_words(error)}") from error


def _last_words(error: Exception) -> str:
    return next(reversed(str(error).strip().splitlines()), type(error).__name__)


class _Bridge:
    """On the machine that has the device."""

    def __init__(self, command: str, timeout_s: float) -> None:
        self._command = sys.executable if command == LOCAL else os.path.expandvars(command)
        self._timeout_s = timeout_s
        self._link: Link | None = None

    def open(self) -> str:
        """Reach the device; which hwnas the machine has."""
        self._link = Link(self._command, self._timeout_s)
        return VERSION

    def ask(
        self, header: Mapping[str, Any], payload: bytes, timeout_s: float
    ) -> tuple[dict[str, Any], bytes]:
        if self._link is None:
            raise LinkLostError("nothing was opened")
        return self._link.ask(dict(header), payload, timeout_s)
