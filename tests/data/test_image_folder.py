import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hwnas.data import load_data


def test_classes_are_the_folders_in_order(pets: Path) -> None:
    assert load_data(str(pets)).class_names == ("cat", "dog")


def test_the_test_folder_is_the_test_part(pets: Path) -> None:
    images = load_data(str(pets)).test
    pixels = np.asarray(Image.open(pets / "test" / "cat" / "0.png"))
    assert (len(images), images.labels.tolist()) == (4, [0, 0, 1, 1])
    assert (images.images[0] == pixels).all()


def test_validation_is_held_out_of_train(pets: Path) -> None:
    made = load_data(str(pets))
    assert (len(made.train), len(made.validation)) == (18, 2)


@pytest.mark.parametrize("where", ["val", "validation"])
def test_a_validation_folder_is_used(
    pets: Path, write_images: Callable[..., Path], where: str
) -> None:
    write_images(f"pets/{where}/dog", 3)
    made = load_data(str(pets))
    assert (len(made.train), made.validation.labels.tolist()) == (20, [1, 1, 1])


def test_the_folders_of_the_parts_may_be_capitals(pets: Path) -> None:
    (pets / "train").rename(pets / "Train")
    (pets / "test").rename(pets / "TEST")
    assert len(load_data(str(pets)).test) == 4


def test_without_a_test_folder_a_fifth_is_held_out(pets: Path) -> None:
    shutil.rmtree(pets / "test")
    made = load_data(str(pets))
    assert [len(part) for part in (made.train, made.validation, made.test)] == [14, 2, 4]


def test_class_folders_may_lie_in_the_folder_itself(pets: Path) -> None:
    assert len(load_data(str(pets / "train")).test) == 4


def test_a_folder_loads_the_same_every_time(pets: Path) -> None:
    assert load_data(str(pets)).fingerprint == load_data(str(pets)).fingerprint


def test_images_of_one_square_size_keep_it(pets: Path) -> None:
    assert load_data(str(pets)).input_size == 8


def test_images_of_many_sizes_become_224(pets: Path, write_images: Callable[..., Path]) -> None:
    write_images("pets/train/dog", 3, size=(30, 20))
    assert load_data(str(pets)).input_size == 224


def test_oblong_images_of_one_size_become_224(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    for animal in ("cat", "dog"):
        write_images(f"wide/{animal}", 5, size=(12, 8))
    assert load_data(str(tmp_path / "wide")).input_size == 224


def test_a_size_crops_the_centre(pets: Path) -> None:
    stripes = np.zeros((20, 60, 3), dtype=np.uint8)
    stripes[:, 16:44] = 255
    Image.fromarray(stripes).save(pets / "test" / "cat" / "0.png")
    cropped = load_data(str(pets), input_size=10).test.images[0]
    assert cropped.shape == (10, 10, 3)
    assert cropped.min() == 255


def test_shrinking_is_antialiased(pets: Path) -> None:
    checkers = np.indices((64, 64)).sum(axis=0).astype(np.uint8) % 2 * 255
    Image.fromarray(checkers).save(pets / "test" / "cat" / "0.png")
    shrunk = load_data(str(pets), input_size=8).test.images[0]
    assert shrunk.min() > 100
    assert shrunk.max() < 155


def test_colour_images_are_mirrored(pets: Path) -> None:
    made = load_data(str(pets))
    assert (made.in_channels, made.mirror) == (3, True)


@pytest.mark.parametrize("mode", ["L", "1", "LA"])
def test_grey_images_stay_grey(
    tmp_path: Path, write_images: Callable[..., Path], mode: str
) -> None:
    for animal in ("cat", "dog"):
        write_images(f"grey/{animal}", 5, mode=mode)
    made = load_data(str(tmp_path / "grey"))
    assert (made.in_channels, made.mirror) == (1, False)


def test_one_colour_image_makes_all_colour(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    write_images("mixed/cat", 5, mode="L")
    write_images("mixed/dog", 5)
    assert load_data(str(tmp_path / "mixed")).in_channels == 3


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        ("RGBA", "png"),
        ("P", "png"),
        ("CMYK", "jpg"),
        ("RGB", "jpeg"),
        ("RGB", "bmp"),
        ("RGB", "webp"),
    ],
)
def test_every_format_becomes_three_channels(
    pets: Path, write_images: Callable[..., Path], mode: str, suffix: str
) -> None:
    write_images("pets/test/dog", 4, mode=mode, suffix=suffix)
    assert load_data(str(pets)).test.images.shape[3] == 3


def test_alpha_is_dropped_not_blended(pets: Path) -> None:
    invisible = np.full((8, 8, 4), (200, 100, 50, 0), dtype=np.uint8)
    Image.fromarray(invisible).save(pets / "test" / "cat" / "0.png")
    assert load_data(str(pets)).test.images[0, 0, 0].tolist() == [200, 100, 50]


def test_a_palette_with_transparency_raises_no_warning(pets: Path) -> None:
    picture = Image.open(pets / "test" / "cat" / "0.png").convert("P")
    picture.save(pets / "test" / "cat" / "0.png", transparency=bytes([0, 128, 255]))
    assert load_data(str(pets)).in_channels == 3


def test_a_photo_taken_sideways_is_turned_upright(pets: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # orientation: upside down
    half = np.zeros((8, 8, 3), dtype=np.uint8)
    half[:4] = 255
    Image.fromarray(half).save(pets / "test" / "cat" / "0.png", exif=exif)
    assert load_data(str(pets)).test.images[0, :, 0, 0].tolist() == [0] * 4 + [255] * 4


def test_suffixes_may_be_capitals(pets: Path) -> None:
    path = pets / "test" / "cat" / "0.png"
    path.rename(path.with_suffix(".PNG"))
    assert len(load_data(str(pets)).test) == 4


def test_hidden_and_other_files_are_passed_over(pets: Path) -> None:
    (pets / "train" / "cat" / "._0.png").write_bytes(b"a finder's note")
    (pets / "train" / "cat" / "notes.txt").write_bytes(b"meow")
    (pets / "train" / ".cache").mkdir()
    assert load_data(str(pets)).n_classes == 2


def test_progress_ends_at_the_number_of_files(pets: Path) -> None:
    told: list[tuple[int, int]] = []
    load_data(str(pets), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (24, 24)
    assert told == sorted(told)


def test_progress_ends_there_with_skipped_files_too(pets: Path) -> None:
    (pets / "test" / "cat" / "0.png").write_bytes(b"")
    told: list[tuple[int, int]] = []
    load_data(str(pets), skip_bad=True, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (24, 24)
