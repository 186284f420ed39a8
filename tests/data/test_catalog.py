from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from hwnas.data import DATA_SETS, load_data
from hwnas.errors import DataError, UnknownNameError


def test_the_catalog_names_the_known_sets() -> None:
    assert set(DATA_SETS) == {"digits", "fashion-mnist"}


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match=r"No data set 'digit'; did you mean 'digits'\?"):
        load_data("digit")


@pytest.mark.parametrize("name", ["./pets", "data/pets", "~/no such pets", "pets.npz", "/pets"])
def test_a_missing_path_is_no_unknown_name(name: str) -> None:
    with pytest.raises(DataError, match=r"No such folder or \.npz file"):
        load_data(name)


def test_a_file_that_is_no_npz_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pets.zip").write_bytes(b"")
    with pytest.raises(DataError, match=r"pets.zip is no folder and no .npz"):
        load_data(str(tmp_path / "pets.zip"))


@pytest.mark.parametrize("size", [0, -3])
def test_a_size_below_1_is_refused(size: int) -> None:
    with pytest.raises(DataError, match=f"--input-size is {size}; pass at least 1"):
        load_data("digits", input_size=size)


def test_a_size_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=2**30))
    with pytest.raises(DataError, match=r"would take 1\.7 GiB at 1000x1000.*--input-size"):
        load_data("digits", input_size=1000)


def test_a_folder_in_the_current_one_needs_no_slash(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pets.parent)
    assert load_data("pets").name == "pets"


def test_the_current_folder_is_called_by_its_name(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pets)
    assert load_data(".").name == "pets"
