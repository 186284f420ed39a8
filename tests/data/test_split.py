import numpy as np
import pytest

from hwnas.data import stratified_split

LABELS = np.repeat(np.arange(4), (3, 10, 100, 2)).astype(np.int64)


def test_nothing_is_lost_and_nothing_is_on_both_sides(rng: np.random.Generator) -> None:
    kept, held_out = stratified_split(LABELS, 0.2, rng)
    assert sorted([*kept, *held_out]) == list(range(len(LABELS)))


def test_every_class_gives_its_share(rng: np.random.Generator) -> None:
    _, held_out = stratified_split(LABELS, 0.2, rng)
    assert np.bincount(LABELS[held_out]).tolist() == [1, 2, 20, 1]


def test_every_class_keeps_an_image(rng: np.random.Generator) -> None:
    kept, _ = stratified_split(LABELS, 0.99, rng)
    assert np.bincount(LABELS[kept]).min() == 1


def test_the_same_generator_gives_the_same_split() -> None:
    first, _ = stratified_split(LABELS, 0.2, np.random.default_rng(7))
    second, _ = stratified_split(LABELS, 0.2, np.random.default_rng(7))
    assert first.tolist() == second.tolist()


def test_a_class_of_one_cannot_be_split(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="label 1 occurs once"):
        stratified_split(np.array([0, 0, 1]), 0.5, rng)
