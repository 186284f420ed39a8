"""Quantities as people write them: ``20ms``, ``350us``, ``3M``, ``2MiB``."""

import math
import re

from hwnas.errors import InvalidInputError

MILLISECONDS = {"us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3}
COUNTS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9}

BYTES = {
    **{"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9},
    **{"KiB": 2**10, "MiB": 2**20, "GiB": 2**30},
}


def milliseconds(text: str) -> float:
    """Read a latency such as ``20ms``, ``0.4ms`` or ``350us``.

    Raises:
        InvalidInputError: No unit, an unknown one, or not a positive number.
    """
    number, unit = _split(text, "latency", "20ms")
    _check_positive(number, text, "latency", "20ms")
    if not unit:
        raise InvalidInputError(
            f"The latency {text!r} has no unit. Write {text.strip()}ms or {text.strip()}us."
        )
    if unit not in MILLISECONDS:
        raise InvalidInputError(
            f"The latency {text!r} has the unknown unit {unit!r}. Use us, ms or s, as in 20ms."
        )
    return _check_positive(number * MILLISECONDS[unit], text, "latency", "20ms")


def count(text: str, what: str) -> int:
    """Read a count such as ``3M``, ``300k`` or ``1200``.

    Raises:
        InvalidInputError: An unknown unit, or less than one.
    """
    number, unit = _split(text, what, "3M")
    _check_positive(number, text, what, "3M")
    if unit not in COUNTS:
        raise InvalidInputError(
            f"The {what} {text!r} has the unknown unit {unit!r}. Use k, M or G, as in 3M."
        )
    counted = round(_check_positive(number * COUNTS[unit], text, what, "3M"))
    if counted < 1:
        raise InvalidInputError(f"The {what} {text!r} is less than one. Write one as in 3M.")
    return counted


def byte_count(text: str, what: str) -> int:
    """Read a size such as ``2MiB`` (binary), ``500kB`` (decimal) or ``4096B``, in whole bytes.

    Raises:
        InvalidInputError: No unit, an unknown one, or less than one byte.
    """
    number, unit = _split(text, what, "2MiB")
    _check_positive(number, text, what, "2MiB")
    if not unit:
        raise InvalidInputError(
            f"The {what} {text!r} has no unit. Write {text.strip()}kB or {text.strip()}MiB."
        )
    if unit not in BYTES:
        raise InvalidInputError(
            f"The {what} {text!r} has the unknown unit {unit!r}. "
            f"Use one of {', '.join(BYTES)}, as in 2MiB."
        )
    n_bytes = int(_check_positive(number * BYTES[unit], text, what, "2MiB"))
    if n_bytes < 1:
        raise InvalidInputError(f"The {what} {text!r} is less than a byte. Write one as in 2MiB.")
    return n_bytes


def _split(text: str, what: str, example: str) -> tuple[float, str]:
    match = re.fullmatch(r"\s*([+-]?(?:[\d.]+(?:[eE][+-]?\d+)?|nan|inf))\s*([^\d\s.]*)\s*", text)
    try:
        if match is None:
            raise ValueError
        return float(match[1]), match[2]
    except ValueError:
        raise InvalidInputError(
            f"{text!r} is no {what}. Write a number with a unit, as in {example}."
        ) from None


def check_least(least: int, **options: int) -> None:
    """Refuse an option, named as a parameter is, that is below ``least``.

    Raises:
        InvalidInputError: One is.
    """
    for name, value in options.items():
        if value < least:
            option = f"--{name.replace('_', '-')}"
            raise InvalidInputError(f"{option} is {value}. Give {least} or more.")


def _check_positive(number: float, text: str, what: str, example: str) -> float:
    if not (math.isfinite(number) and number > 0):
        raise InvalidInputError(
            f"The {what} {text!r} is not a positive number. Write one as in {example}."
        )
    return number
