"""What an agent's answers hold, and what its refusals and failures mean here."""

from collections.abc import Mapping
from typing import Any

from hwnas.errors import MeasurementError

ANSWERS: Mapping[str, frozenset[str]] = {
    "facts": frozenset({"machine", "health", "engine"}),
    "others_load": frozenset({"share"}),
    "has": frozenset({"has"}),
    "put": frozenset(),
    "open": frozenset({"session", "inputs"}),
    "inputs": frozenset({"inputs"}),
    "prepare": frozenset(),
    "time": frozenset({"n_runs"}),
    "run": frozenset({"shape"}),
    "optimized": frozenset(),
    "allocated": frozenset({"bytes"}),
    "placement": frozenset({"ran_on"}),
    "cycles": frozenset({"cycles"}),
}
"""What the answer to each request tells at least."""


def check_answer(answer: Mapping[str, Any], asked: str, command: str) -> None:
    """See that an answer tells what was ``asked`` of the target of a command.

    Raises:
        MeasurementError: The agent refused or failed.
        KeyError: It is no answer to that.
    """
    if "error" not in answer:
        missing = ANSWERS[asked] - answer.keys()
        if missing:
            raise KeyError(*sorted(missing))
        return
    message = str(answer.get("message"))
    if answer["error"] == "refused":
        raise MeasurementError(message)
    if answer["error"] == "disk":
        raise MeasurementError(
            f"The target of {command!r} cannot keep the model: {message}. Free space "
            "there, or name another folder with HWNAS_AGENT_CACHE in its environment."
        )
    raise MeasurementError(
        f"The agent on the target of {command!r} failed: {message}. Run this again; if "
        "it stays so, report it."
    )
