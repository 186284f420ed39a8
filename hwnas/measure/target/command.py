"""A target at the end of a command: ``ssh pi@board python3``, ``docker exec -i box python3``."""

import hashlib
import re
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from hwnas.device import DeviceSpec
from hwnas.errors import MeasurementError
from hwnas.measure.plan import MeasurePlan
from hwnas.measure.target.answers import check_answer
from hwnas.measure.target.link import AnyLink, Link, LinkLostError
from hwnas.measure.target.protocol import Placement, settings_of

TRIES, LONGEST_WAIT_S = 4, 10.0
"""Of a request, each over a new connection but the first; and the seconds between two."""
LOAD_SECONDS = 0.3
SAME = ("cpu", "machine", "n_cpus", "system")
"""Of a machine's facts, what a new connection must find again."""
MISSING_MODULE = re.compile(r"No module named '(\w+)'")
"""In the last words of a Python that cannot run the agent."""


class CommandTarget:
    """See ``Target``; the connection is made when it is first needed, and anew when it is lost.

    A request that a lost connection left unanswered is asked again; none changes anything that
    asking twice would spoil.
    """

    def __init__(
        self, command: str, timeout_s: float, connect: Callable[[], AnyLink] | None = None
    ) -> None:
        """``connect`` is how, where it is no command of this machine."""
        self._command = command
        self._timeout_s = timeout_s
        self._connect = connect or (lambda: Link(command, timeout_s))
        self._link: AnyLink | None = None
        self._facts: Mapping[str, Any] = {}
        self._generation = 0
        """Counts connections; what was opened over an earlier one is gone."""
        self._unused: deque[tuple[int, str]] = deque()
        """Connection and session of models that nobody holds any more."""

    def onnxruntime_version(self) -> str:
        """Of the target's."""
        return str(self._engine_facts["version"])

    def plugin_version(self, provider: str) -> str:
        """Of the target's."""
        return str(self._engine_facts["plugins"].get(provider, ""))

    @property
    def _engine_facts(self) -> Mapping[str, Any]:
        engine: Mapping[str, Any] = self.facts["engine"]
        if "missing" in engine:
            raise MeasurementError(
                f"The target of {self._command!r} has no ONNX Runtime: {engine['missing']}."
            )
        return engine

    def machine_facts(self, threads: int) -> Mapping[str, Any]:
        """The target's."""
        found: Mapping[str, Any] = self._ask({"ask": "facts", "threads": threads})[0]["machine"]
        return found

    @property
    def facts(self) -> Mapping[str, Any]:
        """Machine, health and engine, as they were when the connection was made."""
        return self._facts or self._ask({"ask": "facts", "threads": 1})[0]

    def health(self) -> Mapping[str, Any]:
        """The target's, as it is now."""
        found: Mapping[str, Any] = self._ask({"ask": "facts", "threads": 1})[0]["health"]
        return found

    def others_load(self, cpus: Sequence[int]) -> float | None:
        """While the agent sleeps."""
        asked = {"ask": "others_load", "cpus": list(cpus), "seconds": LOAD_SECONDS}
        share: float | None = self._ask(asked)[0]["share"]
        return share

    def open(self, model: bytes, device: DeviceSpec) -> "_OpenedThere":
        """Send the model unless the target has it, and load it."""
        opened = _OpenedThere(self, model, device)
        _ = opened.inputs
        return opened

    def optimized(self, model: bytes, device: DeviceSpec) -> bytes:
        """As the target's ONNX Runtime rewrites it."""
        return self._about(model, "optimized", device)[1]

    def allocated_bytes(self, model: bytes, device: DeviceSpec) -> int | None:
        """As the target's ONNX Runtime tells."""
        n_bytes: int | None = self._about(model, "allocated", device)[0]["bytes"]
        return n_bytes

    def placement(self, model: bytes, device: DeviceSpec) -> Placement:
        """As the target's ONNX Runtime tells in its profile."""
        found: Placement = self._about(model, "placement", device)[0]["ran_on"]
        return found

    def simulated_cycles(self, model: bytes, device: DeviceSpec, runs: int) -> Sequence[int]:
        """As the simulator on the target tells."""
        found: Sequence[int] = self._about(model, "cycles", device, runs=runs)[0]["cycles"]
        return found

    def in_session(
        self,
        session: "_OpenedThere",
        header: Mapping[str, Any],
        payload: bytes = b"",
        seconds: float = 0.0,
    ) -> tuple[dict[str, Any], bytes]:
        """Ask of an opened model, which is opened anew where the connection is new."""

        def ask(link: AnyLink) -> tuple[dict[str, Any], bytes]:
            session.reopen(link, self._generation)
            named = {**header, "session": session.name}
            return self._answered(link, named, payload, seconds)

        return self._over_links(ask)

    def forget(self, generation: int, session: str) -> None:
        """Let the target unload a model, at the next request."""
        self._unused.append((generation, session))

    def opened(self, link: AnyLink, model: bytes, device: DeviceSpec) -> dict[str, Any]:
        """Load a model over this connection."""
        digest = self._sent(link, model)
        asked = {"ask": "open", "digest": digest, "settings": settings_of(device)}
        return self._answered(link, asked)[0]

    def _about(
        self, model: bytes, what: str, device: DeviceSpec, **more: int
    ) -> tuple[dict[str, Any], bytes]:
        def ask(link: AnyLink) -> tuple[dict[str, Any], bytes]:
            digest = self._sent(link, model)
            asked = {"ask": what, "digest": digest, "settings": settings_of(device), **more}
            return self._answered(link, asked)

        return self._over_links(ask)

    def _sent(self, link: AnyLink, model: bytes) -> str:
        digest = hashlib.sha256(model).hexdigest()
        if not self._answered(link, {"ask": "has", "digest": digest})[0]["has"]:
            self._answered(link, {"ask": "put", "digest": digest}, model)
        return digest

    def _ask(self, header: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        return self._over_links(lambda link: self._answered(link, header))

    def _over_links(
        self, ask: Callable[[AnyLink], tuple[dict[str, Any], bytes]]
    ) -> tuple[dict[str, Any], bytes]:
        try:
            return self._retrying(lambda: ask(self._connected()))
        except LinkLostError as error:
            self._drop()
            lacking = MISSING_MODULE.search(str(error))
            if lacking is not None:
                raise MeasurementError(
                    f"The Python of {self._command!r} has no {lacking[1]}. Install numpy and "
                    "onnxruntime there (python3 -m pip install numpy onnxruntime)."
                ) from error
            raise MeasurementError(
                f"The target of {self._command!r} is out of reach: {error}. See that it runs and "
                "can be reached, and run this again: it goes on where it was."
            ) from error
        except (KeyError, TypeError, ValueError) as error:
            self._drop()
            raise MeasurementError(
                f"The target of {self._command!r} answers what an agent of hwnas does not "
                f"({error}). See that its command starts a Python and nothing else."
            ) from error

    @property
    def _retrying(self) -> Retrying:
        """Tries again over a new connection, unless there never was one."""
        return Retrying(
            retry=retry_if_exception(
                lambda error: isinstance(error, LinkLostError) and self._generation > 0
            ),
            stop=stop_after_attempt(TRIES),
            wait=wait_exponential(min=1, max=LONGEST_WAIT_S),
            before_sleep=lambda _: self._drop(),
            reraise=True,
        )

    def _connected(self) -> AnyLink:
        if self._link is None:
            self._link = self._connect()
            self._generation += 1
            self._check_same(self._link)
        return self._link

    def _check_same(self, link: AnyLink) -> None:
        """Refuse another machine than that of the first connection: a fleet has several.

        Raises:
            MeasurementError: It is one.
        """
        before, self._facts = self._facts, self._answered(link, {"ask": "facts", "threads": 1})[0]
        for name in SAME if before else ():
            found, known = self._facts["machine"][name], before["machine"][name]
            if found != known:
                self._drop()
                self._facts = before
                raise MeasurementError(
                    f"Another machine answers to {self._command!r} than before: {name} is "
                    f"{found!r} and was {known!r}. Give each kind of machine a device of its own."
                )

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _answered(
        self, link: AnyLink, header: Mapping[str, Any], payload: bytes = b"", seconds: float = 0.0
    ) -> tuple[dict[str, Any], bytes]:
        unused = [self._unused.popleft() for _ in range(len(self._unused))]
        asked = {**header, "forget": [name for of, name in unused if of == self._generation]}
        answer, content = link.ask(asked, payload, self._timeout_s + seconds)
        check_answer(answer, header["ask"], self._command)
        return answer, content


class _OpenedThere:
    """See ``Opened``."""

    def __init__(self, target: CommandTarget, model: bytes, device: DeviceSpec) -> None:
        self._target = target
        self._model = model
        self._device = device
        self._generation = 0
        self._inputs: Sequence[Mapping[str, Any]] = ()
        self.name = ""

    @property
    def inputs(self) -> Sequence[Mapping[str, Any]]:
        if not self._generation:
            self._target.in_session(self, {"ask": "inputs"})
        return self._inputs

    def reopen(self, link: AnyLink, generation: int) -> None:
        """Load it unless this connection has it loaded."""
        if generation != self._generation:
            answer = self._target.opened(link, self._model, self._device)
            self.name, self._inputs = str(answer["session"]), answer["inputs"]
            self._generation = generation
            weakref.finalize(self, self._target.forget, generation, self.name)

    def prepare(self) -> None:
        self._target.in_session(self, {"ask": "prepare"})

    def time_ms(self, plan: MeasurePlan) -> NDArray[np.float64]:
        asked = {"ask": "time", "plan": asdict(plan)}
        most_s = 2 * plan.max_s + plan.warmup_s
        _, content = self._target.in_session(self, asked, seconds=most_s)
        return np.frombuffer(content, dtype="<i8").astype(np.float64) / 1e6

    def run(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        plain = np.ascontiguousarray(batch)
        asked = {"ask": "run", "shape": list(plain.shape), "dtype": plain.dtype.str}
        answer, content = self._target.in_session(self, asked, plain.tobytes())
        return np.frombuffer(content, dtype="<f4").reshape(answer["shape"])
