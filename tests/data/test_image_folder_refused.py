import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from PIL import Image

from hwnas.data import load_data, load_image_folder
from hwnas.errors import DataError


def refusal(path: Path, *, skip_bad: bool = False) -> str:
    with pytest.raises(DataError) as caught:
        load_data(str(path), skip_bad=skip_bad)
    return str(caught.value)


def warnings_of(path: Path) -> list[str]:
    told: list[str] = []
    load_data(str(path), skip_bad=True, warn=told.append)
    return told


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-60])


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no folder .*pets; name an existing one"):
        load_image_folder(tmp_path / "pets")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "has no class folders; put the images into one folder per class" in refusal(tmp_path)


def test_class_folders_without_images_are_refused(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "dog").mkdir()
    assert "has no images in its class folders; add files that end in .bmp" in refusal(tmp_path)


def test_an_empty_test_folder_is_named(pets: Path) -> None:
    shutil.rmtree(pets / "test")
    (pets / "test").mkdir()
    assert f"{pets / 'test'} has no images" in refusal(pets)


def test_one_class_is_too_few(pets: Path) -> None:
    shutil.rmtree(pets / "train" / "dog")
    assert "'pets' has one class only (cat); add images of at least one other" in refusal(pets)


def test_a_class_too_small_to_split_is_named(
    pets: Path, write_images: Callable[..., Path]
) -> None:
    write_images("pets/train/cow", 2)
    assert "Class 'cow' of 'pets' has 2 train images, too few to split" in refusal(pets)


def test_a_test_folder_without_a_train_folder_is_refused(pets: Path) -> None:
    shutil.rmtree(pets / "train")
    assert "has test/ but no train/" in refusal(pets)


def test_two_validation_folders_are_refused(pets: Path) -> None:
    (pets / "val").mkdir()
    (pets / "validation").mkdir()
    assert "has both val/ and validation/; keep one of them" in refusal(pets)


def test_a_truncated_image_is_named(pets: Path) -> None:
    truncate(pets / "train" / "cat" / "3.png")
    message = refusal(pets)
    assert "Cannot use 1 of the 24 files of 'pets': train/cat/3.png cannot be decoded" in message
    assert message.endswith("Remove them or pass --skip-bad.")


def test_a_truncated_jpeg_is_named(pets: Path, write_images: Callable[..., Path]) -> None:
    write_images("pets/train/cat", 1, suffix="jpg", size=(64, 64))
    truncate(pets / "train" / "cat" / "0.jpg")
    assert "train/cat/0.jpg cannot be decoded" in refusal(pets)


@pytest.mark.parametrize("content", [b"", b"no image", b"GIF89a"])
def test_a_file_that_is_no_image_is_named(pets: Path, content: bytes) -> None:
    (pets / "train" / "dog" / "7.png").write_bytes(content)
    assert "train/dog/7.png is no JPEG, PNG, BMP or WebP image" in refusal(pets)


def test_a_dangling_link_is_named(pets: Path) -> None:
    (pets / "train" / "dog" / "link.png").symlink_to(pets / "gone.png")
    assert "train/dog/link.png cannot be read (No such file or directory)" in refusal(pets)


def test_more_than_8_bits_are_refused(pets: Path) -> None:
    deep = np.zeros((8, 8), dtype=np.uint16)
    Image.fromarray(deep).save(pets / "train" / "cat" / "0.png")
    assert "train/cat/0.png has more than 8 bits per pixel" in refusal(pets)


def test_a_bomb_is_named(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (64, 64)).save(pets / "train" / "cat" / "0.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert "train/cat/0.png has more pixels than Pillow will decode" in refusal(pets)


def test_a_test_class_unknown_to_train_is_mislabelled(
    pets: Path, write_images: Callable[..., Path]
) -> None:
    write_images("pets/test/cow", 1)
    assert "test/cow/0.png is mislabelled: train has no class 'cow'" in refusal(pets)


def test_a_test_image_with_another_label_in_train_is_mislabelled(pets: Path) -> None:
    shutil.copy(pets / "train" / "cat" / "4.png", pets / "test" / "dog" / "9.png")
    message = refusal(pets)
    assert "Cannot use 1 of the 25 files" in message
    assert "test/dog/9.png is mislabelled: it has the same bytes as train/cat/4.png" in message


def test_two_train_labels_for_one_image_name_both_files(pets: Path) -> None:
    shutil.copy(pets / "train" / "cat" / "4.png", pets / "train" / "dog" / "9.png")
    message = refusal(pets)
    assert "train/cat/4.png is mislabelled: it has the same bytes as train/dog/9.png" in message
    assert "train/dog/9.png is mislabelled: it has the same bytes as train/cat/4.png" in message


def test_the_same_image_twice_in_one_class_is_allowed(pets: Path) -> None:
    shutil.copy(pets / "train" / "cat" / "4.png", pets / "train" / "cat" / "copy.png")
    assert len(load_data(str(pets)).test) == 4


def test_three_bad_files_are_named_and_all_counted(pets: Path) -> None:
    for i in range(5):
        (pets / "train" / "cat" / f"{i}.png").write_bytes(b"")
    message = refusal(pets)
    assert "Cannot use 5 of the 24 files" in message
    assert "; and 2 more. Remove them" in message
    assert "cat/2.png" in message
    assert "cat/3.png" not in message


def test_damage_seen_early_and_late_is_counted_together(pets: Path) -> None:
    (pets / "train" / "cat" / "0.png").write_bytes(b"")
    truncate(pets / "train" / "cat" / "1.png")
    assert "Cannot use 2 of the 24 files" in refusal(pets)


def test_skip_bad_leaves_them_out(pets: Path) -> None:
    (pets / "test" / "cat" / "0.png").write_bytes(b"")
    truncate(pets / "test" / "dog" / "1.png")
    made = load_data(str(pets), skip_bad=True)
    assert made.test.labels.tolist() == [0, 1]
    assert (made.test.images[1] == np.asarray(Image.open(pets / "test/dog/0.png"))).all()


def test_skip_bad_says_what_it_left_out(pets: Path) -> None:
    (pets / "test" / "cat" / "0.png").write_bytes(b"")
    [told] = warnings_of(pets)
    assert told.startswith("Left out 1 of the 24 files of 'pets': test/cat/0.png is no JPEG")


def test_skip_bad_is_silent_where_nothing_is_bad(pets: Path) -> None:
    assert warnings_of(pets) == []


def test_skip_bad_cannot_save_a_class_that_is_all_bad(pets: Path) -> None:
    for path in (pets / "train" / "cat").iterdir():
        path.write_bytes(b"")
    assert "Class 'cat' of 'pets' has 0 train images" in refusal(pets, skip_bad=True)


def test_nothing_but_bad_files_is_still_one_sentence(pets: Path) -> None:
    for path in pets.rglob("*.png"):
        path.write_bytes(b"")
    assert "Cannot use 24 of the 24 files" in refusal(pets)


def test_a_set_larger_than_half_the_memory_is_refused(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=9000))
    message = refusal(pets)
    assert "The 24 images of 'pets' would take" in message
    assert message.endswith("pass a smaller --input-size.")
