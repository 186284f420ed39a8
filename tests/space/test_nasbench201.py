"""The published cell space: its encoding, its counts, and how its cells are wired."""

import csv
import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from hwnas.block import AddSpec, ZeroSpec
from hwnas.errors import InvalidInputError
from hwnas.network import build
from hwnas.space import (
    Architecture,
    Network,
    blocks_of,
    is_member,
    random_architecture,
    space_from_json,
    space_named,
)
from hwnas.space.nasbench201 import (
    DECISIONS,
    OPTIONS,
    Nasbench201Space,
    architecture_from_string,
    string_of,
)

PUBLISHED = Path(__file__).parents[2].parent / "shared/data/nasbench201_cifar10.csv.gz"
SPACE = Nasbench201Space()
TEXT = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|none~0|nor_conv_3x3~1|none~2|"
FAMILY = "family = 'nasbench201'\n"
LARGEST = "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|".replace("op", "nor_conv_3x3")


def cell(*operations: str) -> Network:
    return blocks_of(SPACE, Architecture(operations))


def test_the_largest_network_has_the_published_counts() -> None:
    network = blocks_of(SPACE, architecture_from_string(LARGEST))
    assert sum(block.n_parameters for block in network) == 1_531_546
    assert sum(block.n_macs for block in network) == 220_119_680


def test_a_cell_computes_the_sum_over_its_edges() -> None:
    """Against the definition written out, on a network of ones and skips."""
    network = cell("skip_connect", "skip_connect", "skip_connect", *["skip_connect"] * 3)
    kinds = Counter(block.kind for block in network)
    assert kinds["add"] == 30 and kinds["preact_residual"] == 2
    module = build(network).eval()
    features = torch.randn(1, 16, 32, 32)
    stem, add_two, add_three = module[0], module[1], module[2]
    entry = stem(torch.zeros(1, 3, 32, 32))
    node2 = add_two(entry, entry)
    assert network.inputs[1:3] == ((0, 0), (0, 0, 1))
    torch.testing.assert_close(add_three(entry, entry, node2), 4 * entry)
    torch.testing.assert_close(add_two(features, features), 2 * features)


def test_a_node_that_reads_nothing_is_zero() -> None:
    network = cell(*["none"] * 6)
    assert Counter(map(type, network))[ZeroSpec] == 15  # each of the shape of its cell's entry
    logits = build(network).eval()(torch.randn(3, 3, 32, 32))
    torch.testing.assert_close(logits, logits[:1].expand(3, -1))


def test_an_operation_that_leads_nowhere_is_left_out() -> None:
    dead_end = cell("nor_conv_3x3", "none", "none", "skip_connect", "none", "none")
    assert "conv" not in {block.kind for block in dead_end}


def test_one_edge_into_a_node_needs_no_sum() -> None:
    chain = cell("nor_conv_1x1", "none", "nor_conv_1x1", "none", "none", "nor_conv_1x1")
    assert not any(isinstance(block, AddSpec) for block in chain)
    assert sum(block.kind == "conv" for block in chain) == 45


def test_edges_out_of_one_node_share_its_relu_and_its_pooling() -> None:
    pools = cell("avg_pool_3x3", "avg_pool_3x3", "none", "avg_pool_3x3", "skip_connect", "none")
    assert sum(block.kind == "pool" for block in pools) == 15
    convs = cell("nor_conv_3x3", "nor_conv_1x1", "none", "nor_conv_3x3", "skip_connect", "none")
    kinds = Counter(block.kind for block in convs)
    assert (kinds["relu"], kinds["conv"]) == (15, 30)  # node 2 is read by nobody


def test_the_walk_prices_what_the_network_holds_and_its_dead_ends() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        architecture = random_architecture(SPACE, rng)
        state, places = SPACE.start()
        placed = list(places)
        for index, option in enumerate(architecture.choices):
            state, places = SPACE.step(index, state, option)
            placed += places
        walked = Counter(p.block for p in (*placed, *SPACE.finish(state)) if hasattr(p, "block"))
        assert Counter(blocks_of(SPACE, architecture)) <= walked


def test_edges_are_in_the_published_order() -> None:
    assert architecture_from_string(TEXT) == Architecture(
        ("avg_pool_3x3", "nor_conv_1x1", "skip_connect", "none", "nor_conv_3x3", "none")
    )
    names = [decision.name for decision in DECISIONS]
    assert names == ["edge1<-0", "edge2<-0", "edge2<-1", "edge3<-0", "edge3<-1", "edge3<-2"]


def test_fewer_cells_and_channels_make_a_smaller_network_of_the_same_decisions() -> None:
    small = Nasbench201Space(cells_a_stage=2, channels=(4, 8, 12))
    network = blocks_of(small, architecture_from_string(LARGEST))
    convs = [block for block in network if block.kind == "conv"]
    assert Counter((conv.in_channels, conv.out_channels) for conv in convs) == {
        (channels, channels): 2 * 6 for channels in (4, 8, 12)
    }
    assert (network[0].out_channels, network[-1].in_channels) == (4, 12)
    assert small.decisions == DECISIONS


def test_an_edge_has_the_operations_of_the_space_alone() -> None:
    without_none = Nasbench201Space(operations=OPTIONS[1:])
    assert {decision.options for decision in without_none.decisions} == {OPTIONS[1:]}
    assert not is_member(without_none, architecture_from_string(TEXT))
    assert is_member(without_none, architecture_from_string(LARGEST))


def test_no_setting_is_lost_in_json() -> None:
    space = Nasbench201Space(
        input_size=16, cells_a_stage=1, channels=(4, 8, 12), operations=OPTIONS[1:3]
    )
    assert space_from_json(json.loads(json.dumps(space.to_json())), "here") == space


def test_a_space_file_says_what_the_images_do_not(tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text(f"{FAMILY}cells_a_stage = 1\noperations = {list(OPTIONS[1:])}")
    assert space_named(str(file), input_size=8, in_channels=1, n_classes=7) == Nasbench201Space(
        input_size=8, in_channels=1, n_classes=7, cells_a_stage=1, operations=OPTIONS[1:]
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cells_a_stage = 0", "cells_a_stage must be positive in space 'nasbench201', got 0"),
        ("channels = [16, 32]", "channels"),
        ("channels = [16, 0, 64]", "channels must be positive"),
        ("operations = ['none']", "operations must be 2 or more of none, skip_connect"),
        ("operations = ['skip_connect', 'none']", "in this order, got"),
        ("operations = ['none', 'skip_connect', 'conv']", "operations must be 2 or more"),
        ("input_size = 8", "input_size is what the images say. Remove that line"),
        ("cells_per_stage = 3", "unknown key 'cells_per_stage'; did you mean 'cells_a_stage'"),
    ],
)
def test_a_space_file_that_makes_no_cells_is_refused(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(FAMILY + line)
    with pytest.raises(InvalidInputError, match=said):
        space_named(str(file), input_size=8, in_channels=3, n_classes=10)


def test_all_published_cells_survive_a_round_trip() -> None:
    if not PUBLISHED.exists():
        pytest.skip(f"needs {PUBLISHED.name}")
    with gzip.open(PUBLISHED, "rt") as file:
        texts = [row["arch_str"] for row in csv.DictReader(file)]
    assert [string_of(architecture_from_string(text)) for text in texts] == texts
    assert len({architecture_from_string(text) for text in texts}) == 5**6


@pytest.mark.parametrize(
    "text",
    [
        "",
        "22212220",
        TEXT[:-1],
        TEXT + "|",
        TEXT.replace("none", "nothing"),
        TEXT.replace("~2", "~1"),
        TEXT.replace("+", ""),
    ],
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is no NAS-Bench-201 cell"):
        architecture_from_string(text)
