import numpy as np
import pytest

from hwnas.data import shuffled_batches


def test_no_index_occurs_twice_in_an_epoch(rng: np.random.Generator) -> None:
    indices = np.concatenate(list(shuffled_batches(12, 4, rng)))
    assert sorted(indices) == list(range(12))


def test_an_incomplete_last_batch_is_dropped(rng: np.random.Generator) -> None:
    assert [len(batch) for batch in shuffled_batches(11, 4, rng)] == [4, 4]


def test_an_incomplete_batch_is_kept_if_it_is_the_only_one(rng: np.random.Generator) -> None:
    assert [len(batch) for batch in shuffled_batches(3, 4, rng)] == [3]


def test_each_epoch_has_its_own_order(rng: np.random.Generator) -> None:
    first, second = (next(shuffled_batches(100, 100, rng)) for _ in range(2))
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize(("n", "batch_size"), [(0, 4), (4, 0)])
def test_empty_batches_are_refused(n: int, batch_size: int, rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        shuffled_batches(n, batch_size, rng)
