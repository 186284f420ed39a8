"""The least peak against every network of random spaces."""

from typing import Any

import numpy as np
import pytest

from hwnas.search import least_peak
from hwnas.space import blocks_of


@pytest.mark.parametrize("seed", range(60))
def test_no_network_has_a_smaller_peak(
    toy_space: Any,  # noqa: ANN401
    toy_values: Any,  # noqa: ANN401
    every_network: Any,  # noqa: ANN401
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    space, sizes = toy_space(rng), rng.permutation(500)
    networks = every_network(space, *toy_values(space, 1, rng))
    peaks = [max(sizes[b.input_size] for b in blocks_of(space, n[0])) for n in networks]
    assert least_peak(space, lambda block: sizes[block.input_size]) == min(peaks)
