"""A relaxed chain: what is kept at first, what pruned units give, what is built of the rest."""

import pytest
import torch

from hwnas.network.granular import (
    GRANULARITIES,
    FilterGates,
    MBConvCandidate,
    RelaxedChain,
    relaxed,
)
from hwnas.space.prunable import WIDTH_STEP, PrunableChain, evened


def living(chain: RelaxedChain) -> list[MBConvCandidate]:
    nodes = (node for _, node in chain.placed(len(chain.chain.nodes)))
    return [one for node in nodes for one in node.living.values()]  # type: ignore[misc]


def test_at_threshold_0_every_operation_and_filter_is_kept(whole: RelaxedChain) -> None:
    for _, node in whole.placed():
        assert all(weight.item() == 0.5 for weight in node.weights().values())
        for one in node.living.values():
            if one.gates:
                assert bool((one.gates["hidden"].margins(one.thresholds["filter"]) > 0).all())


def test_a_pruned_filter_gives_nothing_whatever_its_batchnorm_shifts() -> None:
    norm, gates = torch.nn.BatchNorm2d(3).eval(), FilterGates(3)
    norm.bias.data.fill_(5.0)
    gates.alive[1] = False
    given = gates(norm(torch.ones(2, 3, 4, 4)), torch.zeros(()))
    assert bool((given[:, 1] == 0).all()) and bool((given[:, 0] != 0).all())


def test_a_filter_below_its_threshold_gives_nothing() -> None:
    gates = FilterGates(2)
    gates.logits.data[0] = 1.0
    given = gates(torch.ones(1, 2, 1, 1), torch.tensor(0.6))
    assert given.flatten().tolist() == pytest.approx([torch.sigmoid(torch.tensor(1.0)).item(), 0])


def test_a_gate_stands_behind_the_batchnorm_of_an_operation(whole: RelaxedChain) -> None:
    one = next(one for one in living(whole) if one.gates)
    one.filter_norm.bias.data.fill_(3.0)
    one.gates["hidden"].alive[:] = False
    one.gates["hidden"].alive[0] = True
    features = torch.randn(1, one.block.in_channels, 4, 4)
    with torch.no_grad():
        before = one(features)
        one.project.weight[:, 1:] += 1.0
        assert torch.equal(one(features), before)


def test_a_node_keeps_its_last_operation(whole: RelaxedChain) -> None:
    first = whole.chain.nodes[0]
    assert not first.may_be_empty
    node = dict(whole.placed())[first.position]
    for one in node.living.values():
        one.thresholds["op"].data.fill_(0.9)
    assert sum(weight.item() > 0 for weight in node.weights().values()) == 1


def test_a_node_that_may_be_skipped_loses_all(whole: RelaxedChain, images: torch.Tensor) -> None:
    node = next(n for n in whole.chain.nodes if n.may_be_empty)
    relaxed_node = dict(whole.placed())[node.position]
    for one in relaxed_node.living.values():
        one.alive.fill_(False)
    features = torch.randn(1, 16, 4, 4)
    assert torch.equal(relaxed_node(features), features)
    assert node.position not in whole.network().positions


def test_what_is_rebuilt_has_the_filters_of_its_mask_in_hardwares_steps(
    pruned: RelaxedChain,
) -> None:
    counted = {
        (position, name): evened(int(one.alive_filters("hidden").sum()), one.sizes["hidden"])
        for position, node in pruned.placed()
        for name, one in node.living.items()
    }
    pruned.rebuild()
    shape = pruned.shape
    found = {(p, name): of["hidden"] for p, ops in shape.items() for name, of in ops.items()}
    assert found == counted
    assert all(width % WIDTH_STEP == 0 for (p, _), width in found.items() if p != "head")
    for one in living(pruned):
        assert one.filter.weight.shape[0] == one.project.weight.shape[1] == one.sizes["hidden"]


def test_rebuilding_without_anything_pruned_changes_no_answer(
    whole: RelaxedChain, images: torch.Tensor
) -> None:
    with torch.no_grad():
        before = whole(images)
        whole.rebuild()
        assert torch.allclose(whole(images), before, atol=1e-6)


def test_what_is_built_answers_as_the_relaxed_chain(
    pruned: RelaxedChain, images: torch.Tensor
) -> None:
    with torch.no_grad():
        before = pruned(images)
        pruned.rebuild()
        assert torch.allclose(pruned(images), before, atol=1e-5)
        assert torch.allclose(pruned.pruned().eval()(images), before, atol=1e-5)


def test_pruned_weights_are_zeros_of_what_is_built(pruned: RelaxedChain) -> None:
    n_zeros = pruned.n_zeros()
    built = pruned.pruned()
    assert sum(int((p == 0).sum()) for p in built.parameters() if p.ndim > 1) == n_zeros


def test_its_blocks_count_the_parameters_of_what_is_built(pruned: RelaxedChain) -> None:
    counted = sum(block.n_parameters for block in pruned.network())
    assert sum(p.numel() for p in pruned.pruned().parameters()) == counted


def test_a_chain_is_made_again_by_its_shape_and_weights(
    pruned: RelaxedChain, chain: PrunableChain, images: torch.Tensor
) -> None:
    pruned.rebuild()
    again = relaxed(chain, GRANULARITIES, seed=3, shape=pruned.shape)
    again.load_state_dict(pruned.state_dict())
    with torch.no_grad():
        assert torch.equal(again.eval()(images), pruned(images))


def test_what_is_not_searched_has_no_threshold_and_no_weight(chain: PrunableChain) -> None:
    filters = relaxed(chain, ["filter"], seed=0)
    for _, node in filters.placed():
        assert all(weight.item() == 1 for weight in node.weights().values())
        for one in node.living.values():
            assert set(one.thresholds) <= {"filter"}
