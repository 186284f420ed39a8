"""A device of a Ray cluster: the machine that has it runs the agent, Ray carries the messages."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hwnas.cluster import cluster_at, resource_of
from hwnas.device import LOCAL, DeviceSpec
from hwnas.errors import InvalidInputError
from hwnas.measure.target.link import Link, LinkLostError

ALLOWED_S = 30.0
"""For Ray to carry a message, beside what the agent may take."""


@dataclass(frozen=True)
class OnCluster:
    """``ray ADDRESS [COMMAND]``: the command is for the machine that has the device.

    Its environment variables are that machine's; without a command its own Python is asked.
    """

    address: str
    command: str
    device: str
    timeout_s: float

    @classmethod
    def of(cls, device: DeviceSpec) -> "OnCluster":
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
    def n_devices(self) -> int:
        """How many the cluster has, whoever uses them.

        Raises:
            InvalidInputError: No cluster answers, or none of its machines has one.
        """
        ray = cluster_at(self.address)
        n = int(ray.cluster_resources().get(resource_of(self.device), 0))
        if n < 1:
            raise InvalidInputError(
                f"No machine of the cluster at {self.address!r} has {resource_of(self.device)!r}. "
                "Start Ray where the device is with: ray start --address=HEAD "
                f"--resources='{{\"{resource_of(self.device)}\": 1}}'"
            )
        return n


class RayLink:
    """As ``Link``, from the machine of the cluster that has the device.

    Raises:
        LinkLostError: It has none to spare, or the agent is not ready in time.
    """

    def __init__(self, at: OnCluster) -> None:
        self._ray = cluster_at(at.address)
        self._at = at
        bridge = self._ray.remote(_Bridge).options(
            num_cpus=0, resources={resource_of(at.device): 1}
        )
        self._bridge = bridge.remote(at.command, at.timeout_s)
        try:
            self._answer(self._bridge.ready.remote(), at.timeout_s)
        except LinkLostError:
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

    def _answer(self, asked: Any, timeout_s: float) -> Any:  # noqa: ANN401 - Ray's
        try:
            return self._ray.get(asked, timeout=timeout_s + ALLOWED_S)
        except self._ray.exceptions.GetTimeoutError as error:
            raise LinkLostError(
                f"no {resource_of(self._at.device)!r} of the cluster was free and answered"
            ) from error
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, LinkLostError):
                raise LinkLostError(str(error.cause)) from error
            raise
        except self._ray.exceptions.RayError as error:
            raise LinkLostError(f"its machine was lost: {type(error).__name__}") from error


class _Bridge:
    """On the machine that has the device."""

    def __init__(self, command: str, timeout_s: float) -> None:
        here = command == LOCAL
        self._link = Link(sys.executable if here else os.path.expandvars(command), timeout_s)

    def ready(self) -> bool:
        return True

    def ask(
        self, header: Mapping[str, Any], payload: bytes, timeout_s: float
    ) -> tuple[dict[str, Any], bytes]:
        return self._link.ask(dict(header), payload, timeout_s)
