"""Terms: means, products, and the sets they come in."""

import numpy as np

from hwnas.regression import Columns, term_name
from hwnas.space import Attribute

BLOCKS = Attribute("stage2", "later blocks")
KERNELS = Attribute("stage2", "later kernels")
OTHER = Attribute("stage3", "later blocks")
MEAN = Attribute("stage2", "mean later kernel")
RESOLUTION = Attribute("", "resolution")
COLUMNS = Columns((BLOCKS, KERNELS, OTHER))


def test_a_mean_is_a_sum_over_the_stages_blocks_and_0_over_none() -> None:
    values = COLUMNS.values(np.array([[2.0, 8.0, 1.0], [0.0, 0.0, 3.0]]))
    assert values[:, COLUMNS.places[MEAN]].tolist() == [4.0, 0.0]


def test_a_term_is_the_product_of_its_columns() -> None:
    values = COLUMNS.values(np.array([[2.0, 8.0, 3.0]]))
    terms = ((BLOCKS,), (BLOCKS, OTHER), (MEAN, MEAN, BLOCKS))
    assert COLUMNS.terms(values, terms).tolist() == [[2.0, 6.0, 32.0]]


def test_sets_grow_from_the_plain_to_the_rich() -> None:
    sets = COLUMNS.term_sets
    assert set(sets["additive"]) < set(sets["stages"]) < set(sets["depths"])
    assert (BLOCKS, OTHER) in sets["depths"] and (BLOCKS, OTHER) not in sets["stages"]
    assert (BLOCKS, MEAN) in sets["stages"] and (KERNELS, OTHER) in sets["pairs"]


def test_costs_are_scaled_by_the_pixels_of_the_stage() -> None:
    kind, first = Attribute("stage2", "later blocks, e3"), Attribute("stage2", "first kernel")
    after, before = Attribute("stage2", "pixels after"), Attribute("stage2", "pixels before")
    sets = Columns((BLOCKS, kind, first, after, before, OTHER)).term_sets
    assert {(BLOCKS, after), (kind, after), (first, before), (OTHER,)} <= set(sets["kinds"])
    assert (kind,) not in sets["additive"] and (after,) not in sets["additive"]
    assert "kinds" not in COLUMNS.term_sets


def test_what_is_of_the_whole_network_meets_every_stage() -> None:
    assert (RESOLUTION, BLOCKS) in Columns((RESOLUTION, BLOCKS)).term_sets["stages"]


def test_a_set_too_large_to_learn_is_left_out() -> None:
    many = tuple(Attribute(f"stage{n}", "width") for n in range(40))
    assert "pairs" not in Columns(many).term_sets and "additive" in Columns(many).term_sets


def test_a_term_is_told_by_its_columns() -> None:
    assert term_name((BLOCKS, RESOLUTION)) == "stage2 later blocks * resolution"
