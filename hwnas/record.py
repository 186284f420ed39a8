"""TOML and JSON tables read into frozen dataclasses; a wrong key names the nearest right one."""

import difflib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin

import dacite

from hwnas.errors import InvalidInputError, UnknownNameError, reason

Record = TypeVar("Record")

CORRECT = "Correct that line and try again."
LONGEST_VALUE = 60
"""Characters of a value that a message quotes."""
WORDS = {
    bool: ("true or false", "true or false"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("text", "texts"),
}
"""One and several of a type, as a message says them."""


def read_record(record: type[Record], table: object, source: str, advice: str = "") -> Record:
    """Build the dataclass ``record`` from a parsed table.

    Args:
        record: A dataclass whose fields are the table's only keys.
        table: The parsed TOML or JSON table; anything else is refused.
        source: The file's name, for the message.
        advice: What to do about any fault; by default, to correct the line.

    Raises:
        InvalidInputError: An unknown key, a missing one, a wrong type or a refused value.
    """
    settings = dacite.Config(
        strict=True, cast=[Enum], type_hooks={float: _as_float, int: _as_whole}
    )
    if not isinstance(table, Mapping):
        raise InvalidInputError(f"{source} is {told(table)}, not a table. {advice or CORRECT}")
    values: dict[str, Any] = _with_tuples(table)
    try:
        _check_lists(record, values)
        return dacite.from_dict(record, values, settings)
    except dacite.UnexpectedDataError as error:
        key = sorted(error.keys)[0]
        known = _keys_beside(record, values, key)
        message = f"{source}: unknown key {key!r}; {_nearest(key, known)} {advice}"
        raise InvalidInputError(message.strip()) from error
    except (dacite.DaciteError, ValueError, TypeError) as error:
        raise InvalidInputError(
            f"{source}: {_reason(error)}. {advice or _remedy(error)}"
        ) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file.

    Raises:
        InvalidInputError: It is missing or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        message = f"Cannot read {path}: {reason(error)}. Name an existing file."
        raise InvalidInputError(message) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"{path} is no TOML: {error}. Correct that line.") from error


def unknown_name(what: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """The error for a name that is not in a catalog; it names the nearest and lists them all."""
    return UnknownNameError(f"No {what} {name!r}; {_nearest(name, sorted(known))}")


def said(record: object) -> str:
    """The fields of a dataclass and their values, for a message."""
    return ", ".join(f"{name}={value}" for name, value in vars(record).items())


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
        for part, value in _records_in(type_, table.get(name)):
            if keys := _keys_beside(part, value, key):
                return keys
    return []


def _records_in(type_: Any, values: object) -> Iterator[tuple[type[Any], Mapping[str, Any]]]:  # noqa: ANN401
    """The tables in a field that takes a record or a tuple of them, each with its record."""
    for part in (type_, *get_args(type_)):
        if isinstance(part, type) and is_dataclass(part):
            for value in values if isinstance(values, tuple) else (values,):
                if isinstance(value, Mapping):
                    yield part, value


def _check_lists(record: type[Any], table: Mapping[str, Any], path: str = "") -> None:
    """Refuse what dacite would take apart as a list: a text or a table."""
    for field in fields(record):
        value, place = table.get(field.name), f"{path}{field.name}"
        if get_origin(field.type) is tuple and not isinstance(value, tuple | None):
            raise dacite.WrongTypeError(field.type, value, place)  # type: ignore[arg-type]
        for part, values in _records_in(field.type, value):
            _check_lists(part, values, f"{place}.")


def _reason(error: Exception) -> str:
    """What is wrong with the table, in words that name no type of Python's."""
    if isinstance(error, dacite.MissingValueError):
        return f"it has no {error.field_path}"
    if isinstance(error, dacite.WrongTypeError):
        return f"{error.field_path} is {told(error.value)}, not {_words(error.field_type)}"
    return str(error)


def _remedy(error: Exception) -> str:
    return "Add it." if isinstance(error, dacite.MissingValueError) else CORRECT


def told(value: object) -> str:
    """A value as JSON writes it, cut where it is long."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _words(type_: Any, *, several: bool = False) -> str:  # noqa: ANN401
    """What a field takes."""
    if type_ in WORDS:
        return WORDS[type_][several]
    parts = [part for part in get_args(type_) if part not in (NoneType, Ellipsis)]
    if get_origin(type_) is Literal:
        return f"one of {', '.join(map(repr, parts))}"
    if get_origin(type_) is tuple:
        return f"{'lists' if several else 'a list'} of {_words(parts[0], several=True)}"
    if parts:
        return _words(parts[0], several=several)
    return "tables" if several else "a table"


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
