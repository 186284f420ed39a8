"""A network is the sum of its blocks, each without the call it carried when timed alone."""

import pytest

from hwnas.block import BlockSpec, DispatchSpec
from hwnas.device import DeviceSpec, fingerprint
from hwnas.errors import TableMissError
from hwnas.latency import DISPATCH, AdditiveModel
from hwnas.measure import BLOCK_ROUNDS, Measurement, Provenance
from hwnas.table import LatencyTable, TableHeader

FAST, SLOW, FASTER_THAN_A_CALL = (DispatchSpec(input_size=size) for size in (2, 3, 4))
MEDIANS_MS = {DISPATCH: 0.5, FAST: 1.5, SLOW: 4.5, FASTER_THAN_A_CALL: 0.25}


@pytest.fixture
def model(simulated: DeviceSpec) -> AdditiveModel:
    header = TableHeader(
        device=simulated,
        plan=BLOCK_ROUNDS,
        fingerprint=fingerprint("simulated 1"),
        provenance=Provenance.SIMULATED,
    )
    rows: dict[BlockSpec, Measurement] = {
        block: Measurement(median_ms=ms, p90_ms=9, min_ms=0.1, mad_ms=0, n_runs=3)
        for block, ms in MEDIANS_MS.items()
    }
    return AdditiveModel(LatencyTable(header, rows))


def test_a_network_is_called_once(model: AdditiveModel) -> None:
    assert model.predict_ms([FAST, SLOW, FAST]) == pytest.approx(0.5 + 1 + 4 + 1)


def test_a_network_of_nothing_still_costs_its_call(model: AdditiveModel) -> None:
    assert model.predict_ms([]) == 0.5


def test_a_block_never_makes_a_network_faster(model: AdditiveModel) -> None:
    assert model.block_ms(FASTER_THAN_A_CALL) == 0.0
    assert model.predict_ms([FAST, FASTER_THAN_A_CALL]) == model.predict_ms([FAST])


def test_an_unmeasured_block_is_never_guessed(model: AdditiveModel) -> None:
    with pytest.raises(TableMissError):
        model.predict_ms([DispatchSpec(input_size=9)])
