"""Committing: what is below its threshold goes for good, no more than needed, no last one."""

from collections.abc import Callable

import pytest
import torch

from hwnas.network.granular import Candidate, Relaxed, RelaxedNode, relaxed
from hwnas.space.prunable import PrunableChain
from hwnas.train.mgas import Costs
from hwnas.train.mgas.groups import groups_of
from hwnas.train.mgas.loss import price_at
from hwnas.train.mgas.units import commit, narrow, settle

MakeCosts = Callable[[int], Costs]
NOTHING = 0.0


def nodes_of(chain: Relaxed) -> list[RelaxedNode[Candidate]]:
    return [node for _, node in chain.placed()]


def cost_of(chain: Relaxed, costs: Costs) -> float:
    return costs.of_network(chain.network(), chain.n_zeros())


def scattered(chain: Relaxed) -> None:
    """Every unit at a height of its own, every threshold at 0.5."""
    generator = torch.Generator().manual_seed(4)
    for node in nodes_of(chain):
        for one in node.built.values():
            one.logit.data.normal_(generator=generator)
            if one.gates:
                one.gates["hidden"].logits.data.normal_(generator=generator)
            for threshold in one.thresholds.values():
                threshold.data.fill_(0.5)


def alive_units(chain: Relaxed) -> list[torch.Tensor]:
    return [
        buffer.clone()
        for name, buffer in chain.named_buffers()
        if name.endswith("alive") and "head.alive" not in name
    ]


def test_what_is_below_its_threshold_goes(whole: Relaxed, most_parameters: MakeCosts) -> None:
    scattered(whole)
    above = {
        id(one): (one.gates["hidden"].margins(one.thresholds["filter"]) > 0)
        for node in nodes_of(whole)
        for one in node.living.values()
        if one.gates
    }
    commit(lambda: nodes_of(whole), lambda: cost_of(whole, most_parameters(1)), NOTHING)
    for node in nodes_of(whole):
        for one in node.living.values():
            if one.gates and bool(above[id(one)].any()):
                assert torch.equal(one.gates["hidden"].alive, above[id(one)])


def test_masks_only_ever_lose_units(whole: Relaxed, most_parameters: MakeCosts) -> None:
    scattered(whole)
    cost = lambda: cost_of(whole, most_parameters(1))  # noqa: E731
    commit(lambda: nodes_of(whole), cost, NOTHING)
    first = alive_units(whole)
    for node in nodes_of(whole):
        for one in node.built.values():
            for threshold in one.thresholds.values():
                threshold.data.fill_(-1.0)
    commit(lambda: nodes_of(whole), cost, NOTHING)
    assert all(torch.equal(a, b) for a, b in zip(alive_units(whole), first, strict=True))
    scattered(whole)
    for parameter in whole.parameters():
        if parameter.ndim == 0:
            parameter.data += 0.1
    commit(lambda: nodes_of(whole), cost, NOTHING)
    assert all(not bool((b & ~a).any()) for a, b in zip(first, alive_units(whole), strict=True))


def test_no_group_loses_its_last_unit(whole: Relaxed, most_parameters: MakeCosts) -> None:
    for node in nodes_of(whole):
        for one in node.built.values():
            for threshold in one.thresholds.values():
                threshold.data.fill_(9.0)
    commit(lambda: nodes_of(whole), lambda: cost_of(whole, most_parameters(1)), NOTHING)
    for node in nodes_of(whole):
        assert len(node.living) == (0 if node.may_be_empty else 1)
        for one in node.living.values():
            assert int(one.alive_filters("hidden").sum()) >= 1
            assert all(int(c.alive.sum()) >= 1 for c in one.convolutions)


@pytest.mark.parametrize("most", [8000, 9000])
def test_no_more_goes_than_is_needed(
    whole: Relaxed, most_parameters: MakeCosts, most: int
) -> None:
    scattered(whole)
    costs = most_parameters(most)
    commit(lambda: nodes_of(whole), lambda: cost_of(whole, costs), 1.0)
    assert 0.93 < cost_of(whole, costs) <= 1.0


def test_where_thresholds_do_not_reach_units_go_by_rank(
    whole: Relaxed, most_parameters: MakeCosts
) -> None:
    costs = most_parameters(4000)
    arguments = (lambda: nodes_of(whole), lambda: cost_of(whole, costs), 1.0)
    commit(*arguments)
    assert cost_of(whole, costs) > 1
    commit(*arguments, ranked=("op", "filter", "weight"))
    assert 0.95 < cost_of(whole, costs) <= 1


def test_operations_alone_come_near_the_smallest_network(
    chain: PrunableChain, most_parameters: MakeCosts
) -> None:
    """The best of a node may be dear, and is replaced by the cheapest in the end."""
    only = relaxed(chain, ["op"], seed=0)
    least = chain.narrowest(operations=True, filters=False)
    costs = most_parameters(round(1.1 * sum(block.n_parameters for block in least)))
    for node in nodes_of(only):
        for one in node.built.values():
            one.logit.data.fill_(price_at(one, one.sizes, costs))

    def cost() -> float:
        return cost_of(only, costs)

    def price(one: Candidate) -> float:
        return price_at(one, one.built_sizes, costs)

    commit(lambda: nodes_of(only), cost, 1.0, ranked=only.searched, price=price)
    narrow(lambda: nodes_of(only), cost, 1.0, price)
    assert 0.9 < cost() <= 1


def test_the_least_margins_go_whatever_their_granularity(
    whole: Relaxed, most_parameters: MakeCosts
) -> None:
    costs = most_parameters(1000)
    for node in nodes_of(whole):
        for one in node.built.values():
            one.logit.data.fill_(3.0)
            if one.gates:
                one.thresholds["filter"].data.fill_(-99.0)  # far away, all of them
    second = nodes_of(whole)[1]
    weakest = second.built["k3e3"]
    weakest.logit.data.fill_(-2.0)
    goal = cost_of(whole, costs) - price_at(weakest, weakest.sizes, costs) - 0.01
    commit(lambda: nodes_of(whole), lambda: cost_of(whole, costs), goal, ranked=("op", "filter"))
    dead = [n for node in nodes_of(whole) for n in node.built if n not in node.living]
    assert dead == ["k3e3"]


def test_gates_that_are_alike_do_not_go_together(
    whole: Relaxed, most_parameters: MakeCosts
) -> None:
    """An operation whose threshold is twice as near loses twice as many filters, not all."""
    costs = most_parameters(1)
    goal = 0.8 * cost_of(whole, costs)
    for node in nodes_of(whole):
        for one in node.built.values():
            one.logit.data.fill_(9.0)
    near, far = list(nodes_of(whole)[0].built.values())[:2]
    near.thresholds["filter"].data.fill_(0.25)
    commit(lambda: nodes_of(whole), lambda: cost_of(whole, costs), goal, ranked={"filter"})
    lost = [1 - float(one.gates["hidden"].alive.float().mean()) for one in (near, far)]
    assert 0 < lost[1] < lost[0] < 0.9
    assert lost[0] == pytest.approx(2 * lost[1], abs=0.15)


def test_operations_that_are_alike_go_as_filters_do(
    whole: Relaxed, most_parameters: MakeCosts
) -> None:
    costs = most_parameters(1)
    goal = 0.5 * cost_of(whole, costs)
    commit(lambda: nodes_of(whole), lambda: cost_of(whole, costs), goal, ranked=("op", "filter"))
    operations = [one for node in nodes_of(whole) for one in node.built.values()]
    of_operations = torch.stack([one.alive for one in operations]).float().mean()
    gates = [one.gates["hidden"].alive for one in operations if bool(one.alive) and one.gates]
    assert 0.5 < float(of_operations) < 0.9
    assert float(of_operations) == pytest.approx(float(torch.cat(gates).float().mean()), abs=0.2)


def test_no_group_loses_more_than_its_share_at_once(
    whole: Relaxed, most_parameters: MakeCosts
) -> None:
    near = nodes_of(whole)[0].built["k3e3"]
    near.thresholds["filter"].data.fill_(0.6)  # above all of its gates
    costs = most_parameters(1)
    commit(lambda: nodes_of(whole), lambda: cost_of(whole, costs), NOTHING, most_share=0.25)
    assert float(near.gates["hidden"].alive.float().mean()) == pytest.approx(0.75, abs=0.05)


def test_granularities_that_are_not_ranked_stay(
    whole: Relaxed, most_parameters: MakeCosts
) -> None:
    costs = most_parameters(6000)
    commit(lambda: nodes_of(whole), lambda: cost_of(whole, costs), 1.0, ranked=("op", "filter"))
    living = [one for node in nodes_of(whole) for one in node.living.values()]
    assert all(bool(part.alive.all()) for one in living for part in one.convolutions)


def test_the_last_weight_is_one_of_a_filter_that_is_left(
    whole: Relaxed, most_parameters: MakeCosts
) -> None:
    """Else it would be cut away with its filter, and nothing left to settle a threshold by."""
    one = next(iter(nodes_of(whole)[0].living.values()))
    gates, convolution = one.gates["hidden"], one.convolutions[0]
    gates.alive[1:] = False
    convolution.weight.data[1:] *= 1000  # the largest are of filters that are closed
    one.thresholds["weight"].data.fill_(1e9)
    costs = most_parameters(1)
    commit(lambda: nodes_of(whole), lambda: cost_of(whole, costs), NOTHING)
    assert int(convolution.alive[0].sum()) == 1


def test_a_convolution_without_weights_is_no_obstacle(
    whole: Relaxed, most_parameters: MakeCosts
) -> None:
    one = next(iter(nodes_of(whole)[0].living.values()))
    for convolution in one.convolutions:
        convolution.alive.fill_(value=False)
    costs = most_parameters(1)
    commit(lambda: nodes_of(whole), lambda: cost_of(whole, costs), NOTHING)
    settle(nodes_of(whole))
    assert bool(torch.isfinite(one.thresholds["weight"]))
    block = one.at(one.sizes)[0]
    features = torch.ones(1, block.in_channels, block.input_size, block.input_size)
    assert bool(torch.isfinite(one(features)).all())


def test_a_convolution_of_larger_weights_is_not_spared(whole: Relaxed) -> None:
    """Its weights count in its own magnitude, so that no other is emptied first."""
    before = [
        group.margins for group in groups_of(nodes_of(whole)) if group.granularity == "weight"
    ]
    one = next(iter(nodes_of(whole)[0].living.values()))
    for convolution in one.convolutions:
        convolution.weight.data *= 10
    after = [
        group.margins for group in groups_of(nodes_of(whole)) if group.granularity == "weight"
    ]
    for margins, of_larger in zip(before, after, strict=True):
        torch.testing.assert_close(of_larger, margins)


def test_thresholds_settle_below_all_that_is_alive(
    whole: Relaxed, most_parameters: MakeCosts
) -> None:
    scattered(whole)
    costs = most_parameters(9000)
    commit(lambda: nodes_of(whole), lambda: cost_of(whole, costs), 1.0)
    settle(nodes_of(whole))
    for group in groups_of(nodes_of(whole)):
        assert bool((group.margins[group.alive] > 0).all())


def test_thresholds_that_are_below_already_stay(whole: Relaxed) -> None:
    settle(nodes_of(whole))
    for node in nodes_of(whole):
        for one in node.living.values():
            assert all(t.item() == 0 for name, t in one.thresholds.items() if name != "weight")
