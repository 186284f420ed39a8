"""Factors of feature-map sizes, fitted on whole networks."""

from collections.abc import Callable

import numpy as np
import pytest

from hwnas.block import BlockSpec, DispatchSpec
from hwnas.device import DeviceSpec, fingerprint
from hwnas.latency import (
    DISPATCH,
    FEWEST_NETWORKS,
    AdditiveModel,
    CalibratedModel,
    calibrate,
    latency_model,
    left_out_ms,
    networks_of,
)
from hwnas.measure import BLOCK_ROUNDS, Measurement, Provenance
from hwnas.table import Blocks, LatencyTable, TableHeader

CALL_MS = 0.25
SIZES = (2, 4, 8)
BLOCKS: tuple[BlockSpec, ...] = tuple(
    DispatchSpec(input_size=size, in_channels=channels) for size in SIZES for channels in (8, 16)
)
TRUE_FACTORS = {2: 1.3, 4: 1.0, 8: 0.9}

MakeTable = Callable[..., LatencyTable]


def row(ms: float) -> Measurement:
    return Measurement(median_ms=ms, p90_ms=ms, min_ms=ms, mad_ms=0, n_runs=3)


def alone_ms(block: BlockSpec) -> float:
    return block.in_channels / 16 + block.input_size / 10


def true_ms(network: Blocks) -> float:
    return CALL_MS + sum(TRUE_FACTORS[b.output_size] * alone_ms(b) for b in network)


@pytest.fixture
def table(simulated: DeviceSpec) -> MakeTable:
    header = TableHeader(
        device=simulated,
        plan=BLOCK_ROUNDS,
        fingerprint=fingerprint("simulated 1"),
        provenance=Provenance.SIMULATED,
    )
    rows = {DISPATCH: row(CALL_MS)} | {b: row(CALL_MS + alone_ms(b)) for b in BLOCKS}

    def make(n_networks: int) -> LatencyTable:
        rng = np.random.default_rng(0)
        networks: dict[Blocks, Measurement] = {}
        while len(networks) < n_networks:
            network = tuple(BLOCKS[i] for i in rng.integers(len(BLOCKS), size=6))
            networks[network] = row(true_ms(network))
        return LatencyTable(header, rows, networks)

    return make


def test_true_factors_are_found(table: MakeTable) -> None:
    full = table(24)
    model = calibrate(full, list(full.networks))
    assert model.factors == pytest.approx(TRUE_FACTORS, abs=0.02)


def test_an_unseen_network_is_predicted(table: MakeTable) -> None:
    full = table(24)
    model = latency_model(full, BLOCKS)
    unseen = BLOCKS + BLOCKS[:2]
    assert unseen not in full.networks
    assert model.predict_ms(unseen) == pytest.approx(true_ms(unseen), rel=0.005)
    assert AdditiveModel(full).predict_ms(unseen) != pytest.approx(true_ms(unseen), rel=0.01)


def test_a_block_s_price_sums_to_the_network_s(table: MakeTable) -> None:
    model = latency_model(table(24), BLOCKS)
    total = model.constant_ms + sum(model.block_ms(block) for block in BLOCKS)
    assert model.predict_ms(BLOCKS) == pytest.approx(total)


def test_few_networks_correct_nothing(table: MakeTable) -> None:
    assert isinstance(latency_model(table(FEWEST_NETWORKS - 1), BLOCKS), AdditiveModel)
    assert isinstance(latency_model(table(FEWEST_NETWORKS), BLOCKS), CalibratedModel)


def test_networks_of_another_space_do_not_count(table: MakeTable) -> None:
    full = table(24)
    assert networks_of(full, BLOCKS[:2]) == [n for n in full.networks if set(n) <= set(BLOCKS[:2])]
    assert isinstance(latency_model(full, BLOCKS[:2]), AdditiveModel)


def test_a_held_out_network_does_not_predict_itself(table: MakeTable) -> None:
    full = table(24)
    networks = list(full.networks)
    spoiled = {**full.networks, networks[0]: row(50.0)}
    predicted = left_out_ms(LatencyTable(full.header, full.rows, spoiled), networks)
    assert predicted[0] == pytest.approx(left_out_ms(full, networks)[0], rel=0.01)


def test_no_factor_is_negative(table: MakeTable) -> None:
    full = table(24)
    odd = {n: row(5.0 - 0.5 * sum(b.output_size == 8 for b in n)) for n in full.networks}
    model = calibrate(LatencyTable(full.header, full.rows, odd), list(odd))
    assert min(model.factors.values()) >= 0


def test_a_size_no_network_showed_takes_the_common_factor(table: MakeTable) -> None:
    full = table(24)
    model = calibrate(full, list(full.networks))
    assert model.factors.get(99) is None
    other = DispatchSpec(input_size=99)
    grown = LatencyTable(full.header, {**full.rows, other: row(1.25)}, full.networks)
    assert calibrate(grown, list(full.networks)).block_ms(other) == pytest.approx(model.common)
