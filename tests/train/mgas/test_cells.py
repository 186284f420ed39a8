"""Pruning cells while they train: stages, what an operation costs, and that it ends as it may."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.network.granular import GRANULARITIES, RelaxedCells, relaxed
from hwnas.network.granular.of_cells import ReduceCandidate
from hwnas.space import Network, space_named
from hwnas.space.darts import NODES, DartsSpace
from hwnas.space.prunable import PrunableCells, prunable
from hwnas.train.mgas import Costs, Pruner
from hwnas.train.mgas.loss import operation_price, price_at, resource_loss
from hwnas.train.mgas.phase import PhaseTraining, Stretch
from hwnas.train.mgas.regrow import Regrower, masks_of
from hwnas.train.mgas.settings import MgasSettings
from hwnas.train.mgas.shares import shares_left
from hwnas.train.mgas.units import commit

MakePruner = Callable[..., Pruner]
MakeCosts = Callable[[int], Costs]
SPACE = str(Path(__file__).parents[2] / "spaces" / "cells.toml")
MOST = 12_000
N_NODES = 6


@pytest.fixture(scope="module")
def cells() -> PrunableCells:
    made = prunable(space_named(SPACE, input_size=8, in_channels=1, n_classes=10))
    assert isinstance(made, PrunableCells)
    return made


@pytest.fixture
def whole_cells(cells: PrunableCells) -> RelaxedCells:
    made = relaxed(cells, GRANULARITIES, seed=0)
    assert isinstance(made, RelaxedCells)
    return made


def kept_parameters(network: RelaxedCells) -> int:
    return sum(block.n_parameters for block in network.network()) - network.n_zeros()


def test_what_is_left_of_cells_costs_what_it_may(
    make_pruner: MakePruner, cells: PrunableCells, most_parameters: MakeCosts
) -> None:
    pruner = make_pruner(origin=cells, most_epochs=1)
    left = pruner.run(most_parameters(MOST))
    assert isinstance(left, RelaxedCells)
    assert 0.9 * MOST < kept_parameters(left) <= MOST
    assert [one.phase for one in pruner.history.memory] == [
        "stage 1",
        "stage 2",
        "stage 3",
        "global",
    ]
    assert pruner.history.memory[0].n_bytes < pruner.history.all_at_once_bytes
    for cell in left.first():
        assert all(cell.placed[number][1].living for number in NODES)


def test_an_interrupted_pruning_of_cells_goes_on_as_if_it_had_not_been(
    make_pruner: MakePruner, most_parameters: MakeCosts
) -> None:
    operations = ("none", "skip_connect", "sep_conv_3x3")
    cells = DartsSpace(input_size=8, in_channels=1, n_layers=2, channels=8, operations=operations)
    n_done = 0

    def interrupt(*_: object) -> None:
        nonlocal n_done
        n_done += 1
        if n_done == 5:  # in the second stage, with cells that are thin already
            raise KeyboardInterrupt

    options = {"origin": prunable(cells), "most_epochs": 1, "epoch_images": 128}
    whole = make_pruner(name="whole.pt", **options).run(most_parameters(MOST))
    with pytest.raises(KeyboardInterrupt):
        make_pruner(on_epoch=interrupt, **options).run(most_parameters(MOST))
    resumed = make_pruner(**options).run(most_parameters(MOST))
    assert resumed.shape == whole.shape
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value)


def test_an_operation_is_weighed_among_those_of_its_own_node(
    whole_cells: RelaxedCells, most_parameters: MakeCosts
) -> None:
    """Nodes of two, three and four edges each count their own operations."""
    nodes = [node for position, node in whole_cells.placed() if position.startswith("cell1.node")]
    nodes = nodes[2:]
    assert [len(node.living) for node in nodes] == [4 * n_edges for n_edges in (2, 3, 4, 5)]
    wanted = 0.0
    for number, node in enumerate(nodes, start=2):
        for one in list(node.built.values())[number:]:
            one.alive.fill_(False)
        for place, one in enumerate(node.living.values()):
            one.logit.data.fill_(0.3 * place)
        strengths = [one.strength.item() for one in node.living.values()]
        assert len(strengths) == number
        wanted += sum(math.log(1 + number * s / sum(strengths)) for s in strengths)
    loss = resource_loss(nodes, most_parameters(1), count_share=1.0, cost_share=0.0)
    assert loss.item() == pytest.approx(wanted, rel=1e-5)


def test_the_gates_of_both_batchnorms_feel_the_slope_of_the_price(
    whole_cells: RelaxedCells, most_parameters: MakeCosts
) -> None:
    one = dict(whole_cells.placed())["cell3.node2"].living["sep_conv_3x3<-1"]
    operation_price(one, most_parameters(1)).backward()  # type: ignore[no-untyped-call]
    for gates in one.gates.values():
        assert gates.logits.grad is not None and bool((gates.logits.grad >= 0).all())
    assert one.gates.keys() == {"hidden", "out"}


def test_a_convolution_of_more_pixels_costs_more_multiplications(
    whole_cells: RelaxedCells,
) -> None:
    costs = Costs(price=lambda block: block.n_macs, weight_price=0.0, of_network=lambda *_: 1.0)
    node = dict(whole_cells.placed())["cell2.node3"]
    of_input, of_node = (node.living[f"dil_conv_3x3<-{source}"] for source in (1, 2))
    before = dict(whole_cells.placed())["cell1.node2"].living["dil_conv_3x3<-1"]
    same = {"in": 8, "out": 8}
    assert price_at(of_input, same, costs) == price_at(of_node, same, costs)
    assert price_at(before, same, costs) == 4 * price_at(of_node, same, costs)


def test_a_stage_of_cells_trains_its_own_cells(
    whole_cells: RelaxedCells, most_parameters: MakeCosts
) -> None:
    phase = PhaseTraining(whole_cells, Stretch("", N_NODES), MgasSettings(), most_parameters(MOST))
    weights = {id(parameter) for parameter in phase._weights()}
    first, *later = whole_cells.first()
    assert {id(p) for p in first.nodes[0].parameters()} & weights
    assert not {id(p) for cell in later for p in cell.parameters()} & weights
    assert not {id(p) for p in whole_cells.head.parameters()} & weights


def test_the_last_stage_and_the_global_phase_train_the_head(
    whole_cells: RelaxedCells, most_parameters: MakeCosts
) -> None:
    for n_nodes in (whole_cells.n_all, None):
        phase = PhaseTraining(
            whole_cells, Stretch("", n_nodes), MgasSettings(), most_parameters(MOST)
        )
        weights = [id(parameter) for parameter in phase._weights()]
        assert {id(p) for p in whole_cells.head.parameters()} <= set(weights)
        assert len(weights) == len(set(weights))


def test_no_node_loses_its_last_operation(
    whole_cells: RelaxedCells, most_parameters: MakeCosts
) -> None:
    nodes = [node for _, node in whole_cells.placed()]
    costs = most_parameters(1)

    def cost() -> float:
        return costs.of_network(whole_cells.network(), whole_cells.n_zeros())

    commit(lambda: nodes, cost, 0.0, ranked=GRANULARITIES)
    assert all(len(node.living) == 1 for node in nodes)
    least = whole_cells.origin.narrowest(operations=True, filters=True)
    assert sum(b.n_parameters for b in whole_cells.network()) >= sum(b.n_parameters for b in least)


def test_a_share_of_the_operations_of_cells_comes_back(whole_cells: RelaxedCells) -> None:
    generator = torch.Generator().manual_seed(0)
    begun = masks_of(whole_cells)
    n_pruned = 0
    for _, node in whole_cells.placed(N_NODES):
        for one in list(node.living.values())[1:]:
            one.alive.fill_(False)
            n_pruned += 1
        for one in node.living.values():
            for gates in one.gates.values():
                gates.alive.copy_(torch.rand(gates.alive.shape, generator=generator) < 0.5)
                gates.alive[0] = True
    n_living = sum(len(node.living) for _, node in whole_cells.placed(N_NODES))
    regrown = Regrower(
        relaxed=whole_cells,
        n_nodes=N_NODES,
        momentum=torch.ones_like,
        share=0.2,
        begun=begun,
        rng=np.random.default_rng(0),
    ).regrow()
    whole_cells.rebuild(N_NODES)
    assert regrown.op == round(0.2 * n_pruned)
    assert sum(len(n.living) for _, n in whole_cells.placed(N_NODES)) == n_living + regrown.op
    assert whole_cells(torch.zeros(2, 1, 8, 8)).shape == (2, 10)


def is_reduction(one: nn.Module) -> bool:
    return isinstance(one, ReduceCandidate)


def test_channels_of_an_operation_that_comes_back_learn(whole_cells: RelaxedCells) -> None:
    """What reads them begins with almost nothing, and with a gradient."""
    (_, node), *_ = [(p, n) for p, n in whole_cells.placed() if p == "cell1.node2"]
    one = next(one for one in node.living.values() if one.convolutions)
    grown = one.cut({"in": torch.tensor([0, 1, -1])})
    grown(torch.randn(2, 3, 8, 8)).square().sum().backward()
    reading = next(part for part in grown.convolutions if part.weight.shape[1] == 3)
    assert reading.weight.grad is not None
    assert bool(torch.any(reading.weight.grad != 0, dim=(0, 2, 3)).all())


def test_a_reduction_does_not_come_back_to_half_a_node(whole_cells: RelaxedCells) -> None:
    position, name = next(
        (position, name)
        for position, node in whole_cells.placed()
        for name, one in node.built.items()
        if is_reduction(one)
    )
    assert whole_cells.grows(position, name)
    cell, number = whole_cells._at(position)
    middle = cell.channels.shape[1] // 2
    cell.channels[number, middle:] = False
    assert not whole_cells.grows(position, name)
    node = dict(whole_cells.placed())[position]
    begun = masks_of(whole_cells)
    for one in node.built.values():
        one.alive.fill_(value=not is_reduction(one))
    Regrower(
        relaxed=whole_cells,
        n_nodes=len(whole_cells.first()) * N_NODES,
        momentum=torch.ones_like,
        share=1.0,
        begun=begun,
        rng=np.random.default_rng(0),
    )._regrow_operations()
    assert name not in node.living


def test_shares_are_of_what_may_go(whole_cells: RelaxedCells) -> None:
    first = whole_cells.first()[0]
    for number in NODES:
        for one in list(first.placed[number][1].built.values())[:-1]:
            one.alive.fill_(False)
    n_operations = sum(len(first.cell.names(number)) for number in NODES)
    left = shares_left(whole_cells, whole_cells.origin.stage_ends(3))
    assert left["op"] == pytest.approx((len(NODES) / n_operations, 1.0, 1.0))
    assert left["filter"] == left["weight"] == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(("searched", "most"), [(("op", "filter"), 3_000), (("op",), 10_000)])
def test_a_target_below_the_dearest_operations_is_met(
    make_pruner: MakePruner, cells: PrunableCells, searched: tuple[str, ...], most: int
) -> None:
    """The best of each node alone may be over it, which the cheapest are not."""

    def n_parameters(network: Network) -> int:
        return sum(block.n_parameters for block in network)

    assert n_parameters(cells.dearest(filters="filter" in searched)) > most
    options = {"granularities": searched, "most_epochs": 1, "epoch_images": 128}
    left = make_pruner(origin=cells, **options).run(Costs.of_parameters(most))
    assert n_parameters(left.network()) <= most
