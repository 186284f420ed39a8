"""Networks as counts, and what is likely before anything was timed."""

import numpy as np
import pytest

from hwnas.block import BlockSpec, ConvSpec, MBConvSpec, PoolSpec, ReluSpec
from hwnas.latency import PartColumns
from hwnas.space import Part, Parts


def mbconv(size: int, kernel_size: int = 3) -> MBConvSpec:
    return MBConvSpec(
        input_size=size,
        in_channels=16,
        out_channels=16,
        kernel_size=kernel_size,
        expansion=4,
        stride=1,
        activation="relu",
    )


def conv(kernel_size: int) -> ConvSpec:
    return ConvSpec(
        input_size=8,
        in_channels=16,
        out_channels=16,
        kernel_size=kernel_size,
        stride=1,
        activation="none",
    )


POOL = PoolSpec(input_size=8, in_channels=16, operation="avg")
ALL = [Part(mbconv(size)) for size in (8, 12, 16)] + [Part(POOL), Part(POOL, is_read=False)]


def test_a_kind_at_several_sizes_has_a_constant_and_a_growing_column() -> None:
    columns = PartColumns(ALL)
    assert columns.n == 4
    small, large = (columns.row(Parts([Part(mbconv(size))])) for size in (8, 16))
    assert small[0] == large[0] == 1
    assert large[-1] == pytest.approx(4 * small[-1])


def test_counts_add_up_and_what_is_not_read_counts_apart() -> None:
    columns = PartColumns(ALL)
    row = columns.row(Parts({Part(POOL): 3, Part(POOL, is_read=False): 2}))
    assert row.tolist() == [0, 3, 2, 0]


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        PartColumns(ALL).row(Parts([Part(ReluSpec(input_size=8, in_channels=16))]))


def test_the_prior_is_a_covariance_in_which_like_kinds_go_together() -> None:
    parts = [Part(conv(1)), Part(conv(3)), Part(POOL)]
    columns = PartColumns(parts)
    prior = columns.prior(np.eye(3), deviation=1.0, likeness=1.0)
    assert np.allclose(prior, prior.T)
    assert np.linalg.eigvalsh(prior).min() > -1e-12
    off_likely = prior - columns.prior(np.eye(3), deviation=0.0, likeness=1.0)
    spread = np.sqrt(np.diag(off_likely))
    correlation = off_likely / spread / spread[:, None]
    assert 0.99 > correlation[0, 1] > 10 * correlation[0, 2]


def test_costs_known_a_block_become_a_constant_and_what_grows() -> None:
    columns = PartColumns(ALL)
    known: dict[BlockSpec, float] = {mbconv(size): 2 + size**2 / 100 for size in (8, 12, 16)}
    known[POOL] = 0.7
    likely = columns.likely(known.__getitem__, known)
    for block, ms in known.items():
        assert columns.row(Parts([Part(block)])) @ likely.costs == pytest.approx(ms)
    assert columns.row(Parts([Part(POOL, is_read=False)])) @ likely.costs == 0
