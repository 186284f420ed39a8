"""An explanation in words and as a page."""

from dataclasses import replace

import pytest

from hwnas.measure import Provenance
from hwnas.report import (
    CurvePoint,
    Effect,
    Explanation,
    Int8Loss,
    Learned,
    LeverEffect,
    NextChange,
    ToldNetwork,
    explanation_page,
    levers_picture,
    sentences,
)

LEARNED = Learned(
    target="accuracy",
    n_networks=300,
    kendall_tau=0.9,
    r2=0.95,
    mape=0.3,
    term_set="stages",
    scale="as it is",
    n_terms=40,
    coefficients=(("stage2 later blocks", 0.6), ("stage3 first kernel", -0.1)),
)


def effect(name: str, points: float, ms: float, same_sign: float = 1.0) -> Effect:
    return Effect(
        stage="stage2",
        name=name,
        points=points,
        points_low=points - 0.1,
        points_high=points + 0.1,
        same_sign=same_sign,
        ms=ms,
    )


EXPLANATION = Explanation(
    run="runs/shirts",
    space="foxnas-cpu",
    data="fashion-mnist",
    strategy="foxnas",
    device="x86-cpu",
    precision="int8",
    provenance=Provenance.MEASURED,
    accuracy=LEARNED,
    latency=replace(LEARNED, target="latency"),
    chance=10.0,
    effects=(
        effect("later blocks", 0.9, 0.2),
        effect("first kernel", 0.4, 0.01),
        effect("first expansion", 0.6, 0.3, same_sign=0.6),
    ),
    rank_agreement=0.8,
    choices={"stage2.block1": "k3e4"},
    latency_ms=0.5,
    expected_accuracy=91.0,
    expected_low=90.25,
    expected_high=91.75,
    more_accurate=(
        NextChange(decision="stage2.block1", before="k3e4", after="k5e4", points=0.2, ms=0.01),
    ),
    faster=(),
    curve=(
        CurvePoint(n_networks=50, kendall_tau=0.7),
        CurvePoint(n_networks=100, kendall_tau=0.8),
    ),
    networks=(
        ToldNetwork(predicted_latency_ms=0.4, accuracy=90.0, expected_accuracy=89.5),
        ToldNetwork(predicted_latency_ms=0.6, accuracy=92.0, expected_accuracy=92.5),
    ),
    never_asked=("stage2.block1=k7e6",),
)
TEXT = "\n".join(sentences(EXPLANATION))


def test_what_buys_most_comes_before_what_pays_best() -> None:
    assert "Most accuracy comes with stage2, later blocks (+0.90 points a step)" in TEXT
    assert "spend first on stage2, first kernel (40.0 points a millisecond)" in TEXT


def test_an_effect_without_a_sure_sign_is_no_advice() -> None:
    assert "1 have no sure sign and are marked unstable: stage2, first expansion." in TEXT
    assert "first expansion (+0.60 points" not in TEXT
    assert "Most time goes into stage2, first expansion (+0.3 ms a step)" in TEXT


def test_the_order_is_told_as_pairs() -> None:
    assert "not seen well: 95 % of pairs are in the right order" in TEXT
    assert "where 50 % is chance (Kendall's tau 0.90)" in TEXT
    doubted = replace(EXPLANATION, accuracy=replace(LEARNED, kendall_tau=0.2))
    assert "not seen badly: 60 % of pairs" in sentences(doubted)[0]


def test_the_next_change_and_more_networks_are_told() -> None:
    assert "stage2.block1 from k3e4 to k5e4 (+0.20 points, +0.01 ms)" in TEXT
    assert "To save time" not in TEXT
    assert "More networks would help: from 50 to 100" in TEXT


@pytest.mark.parametrize("provenance", [Provenance.EMULATED, Provenance.ESTIMATED])
def test_where_milliseconds_come_from_is_told(provenance: Provenance) -> None:
    told = sentences(replace(EXPLANATION, provenance=provenance))[0]
    assert f"(int8, {provenance})" in told


def test_the_page_stands_alone_and_escapes_names() -> None:
    page = explanation_page(replace(EXPLANATION, data="<shirts>")).decode()
    assert "&lt;shirts&gt;" in page and "<shirts>" not in page
    assert page.count("data:image/png;base64,") == 2 and 'src="http' not in page
    assert "unstable" in page and "stage2.block1=k7e6" in page


def test_the_page_tells_how_sure_the_network_found_is() -> None:
    assert "90.25 to 91.75 %" in explanation_page(EXPLANATION).decode()


def test_the_page_tells_both_regressions_where_both_were_asked() -> None:
    both = replace(EXPLANATION, float32=replace(LEARNED, kendall_tau=0.123))
    page = explanation_page(both).decode()
    assert "accuracy in float</td>" in page and "0.123" in page
    assert "accuracy in float</td>" not in explanation_page(EXPLANATION).decode()


def test_a_supernet_near_chance_is_warned_of() -> None:
    near = replace(EXPLANATION, chance=50.0)
    assert "get 91.0 % right or less, and guessing gets 50.0 %" in sentences(near)[1]
    assert "Beware" not in TEXT


def test_the_picture_is_a_png() -> None:
    assert levers_picture(EXPLANATION).startswith(b"\x89PNG")


LOSS = Int8Loss(
    mean=0.31,
    most=1.25,
    same_order=0.9,
    kendall_tau=0.6,
    levers=(
        LeverEffect(stage="stage2", name="later expansion", points=0.2, same_sign=1.0),
        LeverEffect(stage="stage3", name="first kernel", points=0.4, same_sign=0.7),
    ),
)


def test_what_int8_loses_is_told_with_what_surely_raises_it() -> None:
    text = " ".join(sentences(replace(EXPLANATION, int8=LOSS)))
    assert "lose 0.31 points on average and lose 1.25 at most, and 95 % of pairs" in text
    assert "Most is lost with stage2, later expansion (+0.20 points a step)." in text
    assert "whose accuracy in int8 on fashion-mnist" in text


def test_a_loss_that_no_choice_explains_is_told_so() -> None:
    text = " ".join(sentences(replace(EXPLANATION, int8=replace(LOSS, kendall_tau=0.1))))
    assert "no choice is seen to be to blame" in text


def test_the_page_tells_what_int8_loses_only_where_it_was_asked() -> None:
    assert b"What int8 loses" in explanation_page(replace(EXPLANATION, int8=LOSS))
    assert b"What int8 loses" not in explanation_page(EXPLANATION)


def test_what_int8_gains_is_no_negative_loss() -> None:
    text = " ".join(sentences(replace(EXPLANATION, int8=replace(LOSS, mean=-0.15))))
    assert "the networks asked gain 0.15 points on average" in text


def test_one_change_is_not_told_twice() -> None:
    both = replace(EXPLANATION, faster=EXPLANATION.more_accurate)
    text = " ".join(sentences(both))
    assert text.count("the next change would be") == 1
