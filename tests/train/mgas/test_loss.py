"""What pushes thresholds and operations, against sums made by hand."""

import math
from collections.abc import Callable

import pytest
import torch

from hwnas.network.granular import GRANULARITIES, RelaxedChain, relaxed
from hwnas.space.prunable import PrunableChain
from hwnas.train.mgas import Costs
from hwnas.train.mgas.loss import operation_price, price_at, resource_loss, threshold_loss

MakeCosts = Callable[[int], Costs]


def test_a_step_without_other_loss_raises_every_threshold_of_what_lives(
    whole: RelaxedChain,
) -> None:
    rate, strength, begin = 0.1, 0.3, 0.2
    nodes = [node for _, node in whole.placed()]
    dead = next(iter(nodes[0].built.values()))
    dead.alive.fill_(False)
    built = [one for node in nodes for one in node.built.values()]
    thresholds = [threshold for one in built for threshold in one.thresholds.values()]
    for threshold in thresholds:
        threshold.data.fill_(begin)
    optimizer = torch.optim.SGD(thresholds, lr=rate)
    (strength * threshold_loss(nodes)).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    raised = begin + rate * strength * math.exp(-begin)
    for threshold in thresholds:
        is_dead = any(threshold is of_dead for of_dead in dead.thresholds.values())
        assert threshold.item() == pytest.approx(begin if is_dead else raised)


def test_an_operation_is_weighed_among_those_of_its_own_node(
    whole: RelaxedChain, most_parameters: MakeCosts
) -> None:
    nodes = [node for _, node in whole.placed()][:2]
    strengths = [[0.5, -1.0, 2.0, 0.0], [1.5, -0.5]]
    wanted = 0.0
    for node, logits in zip(nodes, strengths, strict=True):
        for name in list(node.built)[len(logits) :]:
            node.built[name].alive.fill_(False)
        for one, logit in zip(node.living.values(), logits, strict=True):
            one.logit.data.fill_(logit)
        open_to = [1 / (1 + math.exp(-logit)) for logit in logits]
        wanted += sum(math.log(1 + len(logits) * s / sum(open_to)) for s in open_to)
    loss = resource_loss(nodes, most_parameters(1), count_share=1.0, cost_share=0.0)
    assert loss.item() == pytest.approx(wanted)


def test_an_operation_costs_what_its_block_does_at_its_present_width(
    whole: RelaxedChain, most_parameters: MakeCosts
) -> None:
    one = dict(whole.placed())["stage1.block1"].built["k3e3"]
    assert one.gates and one.sizes["hidden"] == 24
    one.gates["hidden"].alive[:10] = False
    costs = most_parameters(1)
    assert int(one.alive_filters("hidden").sum()) == 14 and one.built_sizes["hidden"] == 16
    assert operation_price(one, costs).item() == pytest.approx(
        price_at(one, {"hidden": 16}, costs)
    )


def test_gates_feel_the_slope_of_the_price(
    whole: RelaxedChain, most_parameters: MakeCosts
) -> None:
    one = dict(whole.placed())["stage1.block1"].built["k3e3"]
    assert one.gates
    one.gates["hidden"].logits.data[0] = 1.0
    operation_price(one, most_parameters(1)).backward()  # type: ignore[no-untyped-call]
    assert one.gates["hidden"].logits.grad is not None and bool(
        (one.gates["hidden"].logits.grad != 0).all()
    )
    assert one.thresholds["filter"].grad is not None
    assert one.thresholds["filter"].grad.item() < 0


def test_gates_feel_nothing_where_the_narrower_one_is_dearer(whole: RelaxedChain) -> None:
    one = dict(whole.placed())["stage1.block1"].built["k3e3"]
    costs = Costs(
        price=lambda block: 1.0 / block.n_parameters, weight_price=0.0, of_network=lambda *_: 1.0
    )
    assert one.gates
    operation_price(one, costs).backward()  # type: ignore[no-untyped-call]
    assert one.gates["hidden"].logits.grad is not None and not bool(
        one.gates["hidden"].logits.grad.any()
    )


def test_a_dearer_operation_is_pushed_more(
    chain: PrunableChain, most_parameters: MakeCosts
) -> None:
    node = dict(relaxed(chain, GRANULARITIES, seed=0).placed())["stage1.block1"]
    loss = resource_loss([node], most_parameters(1), count_share=1.0, cost_share=1.0)
    loss.backward()  # type: ignore[no-untyped-call]
    pushed = {name: one.logit.grad.item() for name, one in node.living.items()}  # type: ignore[union-attr]
    assert pushed["k5e3"] > pushed["k3e2"]
