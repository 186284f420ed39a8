"""A network costs its blocks less the calls that only a lone block carries."""

import numpy as np
import pytest

from hwnas.block import BlockSpec, HeadSpec
from hwnas.device import DeviceSpec, fingerprint
from hwnas.errors import TableMissError
from hwnas.latency import DISPATCH, AdditiveModel, score
from hwnas.measure import BLOCK_PLAN, Measurement, Provenance
from hwnas.table import LatencyTable, TableHeader


def block(n_classes: int) -> BlockSpec:
    return HeadSpec(
        input_size=1, in_channels=1, hidden_channels=1, n_classes=n_classes, activation="relu"
    )


def took(ms: float) -> Measurement:
    return Measurement(median_ms=ms, p90_ms=ms, min_ms=ms, mad_ms=0, n_runs=3)


@pytest.fixture
def model(simulated: DeviceSpec) -> AdditiveModel:
    header = TableHeader(
        device=simulated,
        plan=BLOCK_PLAN,
        fingerprint=fingerprint("x"),
        provenance=Provenance.SIMULATED,
    )
    rows = {DISPATCH: took(0.25), block(1): took(1.0), block(2): took(2.0), block(3): took(0.125)}
    return AdditiveModel(LatencyTable(header, rows))


def test_every_block_but_one_sheds_its_call(model: AdditiveModel) -> None:
    assert model.predict_ms([block(1), block(2)]) == 1.0 + 2.0 - 0.25


def test_a_block_never_costs_less_than_nothing(model: AdditiveModel) -> None:
    assert model.block_ms(block(3)) == 0


def test_a_corrected_model_predicts_what_was_measured(model: AdditiveModel) -> None:
    blocks = [block(1), block(2)]
    corrected = model.corrected(model.predict_ms(blocks), 5.5)
    assert corrected.ratio == 2
    assert corrected.predict_ms(blocks) == pytest.approx(5.5)


def test_an_unmeasured_block_is_never_guessed(model: AdditiveModel) -> None:
    with pytest.raises(TableMissError):
        model.predict_ms([block(9)])


def test_the_score_is_the_fields() -> None:
    found = score(np.array([1.04, 2.16, 2.4, 5.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert found.mape == pytest.approx((4 + 8 + 20 + 25) / 4)
    assert found.rmspe == pytest.approx(((16 + 64 + 400 + 625) / 4) ** 0.5)
    assert (found.within_5, found.within_10) == (25, 50)
    assert found.worst == pytest.approx(25)
    assert found.kendall_tau == 1


def test_one_swapped_pair_of_three_gives_a_third() -> None:
    found = score(np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    assert found.kendall_tau == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("predicted", "measured"), [([], []), ([1.0], [1.0, 2.0]), ([1.0], [0.0])]
)
def test_pairs_that_cannot_be_scored_are_refused(
    predicted: list[float], measured: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"pair up|positive"):
        score(np.array(predicted), np.array(measured))
