"""TOML and JSON tables read into frozen dataclasses; a wrong key names the nearest right one."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, get_args

import dacite

from hwnas.errors import InvalidInputError, UnknownNameError

Record = TypeVar("Record")


def read_record(record: type[Record], table: Mapping[str, Any], source: str) -> Record:
    """Build the dataclass ``record`` from a parsed table.

    Args:
        record: A dataclass whose fields are the table's only keys.
        table: The parsed TOML or JSON table.
        source: The file's name, for the message.

    Raises:
        InvalidInputError: An unknown key, a missing one, a wrong type or a refused value.
    """
    settings = dacite.Config(
        strict=True, cast=[Enum], type_hooks={float: _as_float, int: _as_whole}
    )
    values: dict[str, Any] = {}
    try:
        values = _with_tuples(dict(table))
        return dacite.from_dict(record, values, settings)
    except dacite.UnexpectedDataError as error:
        key = sorted(error.keys)[0]
        known = _keys_beside(record, values, key)
        message = f"{source}: unknown key {key!r}; {_nearest(key, known)}"
        raise InvalidInputError(message) from error
    except (dacite.DaciteError, ValueError, TypeError) as error:
        raise InvalidInputError(
            f"{source}: {_reason(error)}. Correct that line and try again."
        ) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file.

    Raises:
        InvalidInputError: It is missing or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"Cannot read {path}: {error}. Name an existing file.") from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"{path} is no TOML: {error}. Correct that line.") from error


def unknown_name(what: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """The error for a name that is not in a catalog; it names the nearest and lists them all."""
    return UnknownNameError(f"No {what} {name!r}; {_nearest(name, sorted(known))}")


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}Known: {', '.join(names)}."


def _keys_beside(record: type[Any], table: Mapping[str, Any], key: str) -> list[str]:
    """The keys of the record, or of the one within it, whose table holds the unknown ``key``."""
    known = {field.name: field.type for field in fields(record)}
    if key in table and key not in known:
        return list(known)
    for name, type_ in known.items():
        values = table.get(name)
        for part in (type_, *get_args(type_)):  # a record, or a tuple of them
            if isinstance(part, type) and is_dataclass(part):
                for value in values if isinstance(values, tuple) else (values,):
                    if isinstance(value, Mapping) and (keys := _keys_beside(part, value, key)):
                        return keys
    return []


def _reason(error: Exception) -> str:
    """The library's words, which leave the choices of a Literal out."""
    choices = get_args(getattr(error, "field_type", None))
    if choices and all(isinstance(choice, str) for choice in choices):
        return str(error).replace('"Literal"', f"one of {', '.join(map(repr, choices))},")
    return str(error)


def _with_tuples(value: Any) -> Any:  # noqa: ANN401
    """Tables as they are, with every list as the tuple that a frozen record holds."""
    if isinstance(value, Mapping):
        return {key: _with_tuples(part) for key, part in value.items()}
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value


def _as_float(value: object) -> object:
    """Whole numbers as floats; the rest as it is, for the type check that names the key."""
    return float(value) if type(value) is int else _as_whole(value)


def _as_whole(value: object) -> object:
    """Python counts ``True`` as a number; as a word the type check refuses it."""
    return str(value).lower() if isinstance(value, bool) else value
