from dataclasses import fields, replace

import pytest

from hwnas.device import Fingerprint, allowed_cpus, fingerprint

MINE = Fingerprint(
    cpu="A", machine="x86_64", n_cpus=2, governor="", system="Linux", engine_version="e 1"
)


def test_equal_fingerprints_do_not_differ() -> None:
    assert MINE.difference(replace(MINE)) == ""


@pytest.mark.parametrize("name", [field.name for field in fields(Fingerprint)])
def test_any_field_that_differs_is_named(name: str) -> None:
    other = replace(MINE, **{name: "other"})  # type: ignore[arg-type]
    assert MINE.difference(other) == f"{name} is 'other' and was {getattr(MINE, name)!r}"


def test_this_machine_keeps_its_fingerprint() -> None:
    assert fingerprint("e 1").difference(fingerprint("e 1")) == ""


def test_another_engine_is_another_fingerprint() -> None:
    assert "engine_version" in fingerprint("e 1").difference(fingerprint("e 2"))


def test_a_process_may_run_somewhere() -> None:
    assert allowed_cpus()
