"""What comes back after a stage: how much, where, and as what."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from hwnas.network.granular import RelaxedChain
from hwnas.train.mgas.regrow import Masks, Regrower, masks_of, shared_out

SHARE = 0.2


@pytest.fixture
def begun(whole: RelaxedChain) -> Masks:
    return masks_of(whole)


@pytest.fixture
def pruned(whole: RelaxedChain, begun: Masks) -> RelaxedChain:
    generator = torch.Generator().manual_seed(2)
    for _, node in whole.placed(4):
        for place, one in enumerate(node.living.values()):
            if place < 3:
                one.alive.fill_(place == 0)
            if one.gates:
                one.gates["hidden"].alive.copy_(
                    torch.rand(one.sizes["hidden"], generator=generator) < 0.5
                )
            for convolution in one.convolutions:
                drawn = torch.rand(convolution.weight.shape, generator=generator)
                convolution.alive.copy_(drawn < 0.6)
    return whole


@pytest.fixture
def make_regrower(pruned: RelaxedChain, begun: Masks) -> Callable[..., Regrower]:
    def make(
        momentum: Callable[[Tensor], Tensor] = torch.ones_like,
        seed: int = 0,
        begun: Masks = begun,
    ) -> Regrower:
        return Regrower(
            relaxed=pruned,
            n_nodes=4,
            momentum=momentum,
            share=SHARE,
            begun=begun,
            rng=np.random.default_rng(seed),
        )

    return make


def dead_counts(chain: RelaxedChain) -> tuple[int, int, int]:
    nodes = [node for _, node in chain.placed(4)]
    built = [one for node in nodes for one in node.built.values()]
    living = [one for node in nodes for one in node.living.values()]
    return (
        sum(not bool(one.alive) for one in built),
        sum(one.sizes["hidden"] - int(one.alive_filters("hidden").sum()) for one in living),
        sum(int(weights.sum()) for one in living for weights in one.dead_weights()),
    )


def test_a_share_of_each_granularity_comes_back(
    pruned: RelaxedChain, make_regrower: Callable[..., Regrower]
) -> None:
    before = dead_counts(pruned)
    regrown = make_regrower().regrow()
    assert (regrown.op, regrown.filter, regrown.weight) == tuple(round(SHARE * n) for n in before)


def test_only_what_this_stage_pruned_counts(
    pruned: RelaxedChain, make_regrower: Callable[..., Regrower]
) -> None:
    """Not what died before, though it is dead still, or died with its operation since."""
    begun = masks_of(pruned)
    living = [one for _, node in pruned.placed(4) for one in node.living.values() if one.gates]
    living[0].alive.fill_(value=False)
    gates, convolution = living[1].gates["hidden"], living[1].convolutions[-1]
    gates.alive[torch.nonzero(gates.alive).flatten()[:5]] = False
    open_weights = convolution.alive & ~list(living[1].closed_weights())[-1]
    convolution.alive.view(-1)[torch.nonzero(open_weights.flatten()).flatten()[:50]] = False
    regrown = make_regrower(begun=begun).regrow()
    assert (regrown.filter, regrown.weight) == (round(SHARE * 5), round(SHARE * 50))


def test_a_convolution_without_weights_tells_nothing(
    pruned: RelaxedChain, make_regrower: Callable[..., Regrower]
) -> None:
    one = next(iter(next(pruned.placed(4))[1].living.values()))
    one.convolutions[0].alive.fill_(value=False)
    n_dead = dead_counts(pruned)[-1]
    assert make_regrower()._regrow_weights() == round(SHARE * n_dead)


def test_a_filter_comes_back_with_all_of_its_weights(
    pruned: RelaxedChain, make_regrower: Callable[..., Regrower]
) -> None:
    living = [one for _, node in pruned.placed(4) for one in node.living.values() if one.gates]
    before = [one.gates["hidden"].alive.clone() for one in living if one.gates]
    make_regrower()._regrow_filters()
    revived = [
        (one, torch.nonzero(one.gates["hidden"].alive & ~dead).flatten())
        for one, dead in zip(living, before, strict=True)
        if one.gates
    ]
    assert sum(len(filters) for _, filters in revived) > 0
    for one, filters in revived:
        assert all(bool(kept.all()) for kept in one.alive_weights({"hidden": filters}))


def test_an_operation_comes_back_whole_and_fresh(
    pruned: RelaxedChain, make_regrower: Callable[..., Regrower]
) -> None:
    dead = {(p, n) for p, node in pruned.placed(4) for n in node.built if n not in node.living}
    make_regrower().regrow()
    living = {(p, n): one for p, node in pruned.placed(4) for n, one in node.living.items()}
    back = [living[key] for key in dead if key in living]
    assert back
    for one in back:
        assert (
            int(one.alive_filters("hidden").sum())
            == one.sizes["hidden"]
            == one.full_sizes["hidden"]
            and one.n_zeros({}) == 0
        )
        assert one.logit.item() == 0


def test_the_same_seed_brings_the_same_back(
    pruned: RelaxedChain, make_regrower: Callable[..., Regrower]
) -> None:
    state = {name: value.clone() for name, value in pruned.state_dict().items()}
    make_regrower(seed=5)._regrow_filters()
    first = {n: v.clone() for n, v in pruned.state_dict().items() if n.endswith("hidden.alive")}
    pruned.load_state_dict(state)
    make_regrower(seed=5)._regrow_filters()
    assert all(torch.equal(v, pruned.state_dict()[n]) for n, v in first.items())


def test_filters_come_back_where_momentum_is(
    pruned: RelaxedChain, make_regrower: Callable[..., Regrower]
) -> None:
    gates = [
        one.gates["hidden"]
        for _, node in pruned.placed(4)
        for one in node.living.values()
        if one.gates
    ]
    moving = gates[0]
    n_dead = [int((~gate.alive).sum()) for gate in gates]

    def momentum(parameter: Tensor) -> Tensor:
        return torch.full_like(parameter, 1e3 if parameter is moving.logits else 1e-9)

    make_regrower(momentum)._regrow_filters()
    back = [n - int((~gate.alive).sum()) for n, gate in zip(n_dead, gates, strict=True)]
    assert back[0] / n_dead[0] > 2 * sum(back[1:]) / sum(n_dead[1:])


def test_operations_come_back_where_momentum_is(
    pruned: RelaxedChain, make_regrower: Callable[..., Regrower]
) -> None:
    positions = [position for position, _ in pruned.placed(4)]
    moving = {id(one.logit) for one in dict(pruned.placed(4))[positions[0]].living.values()}
    names = {position: set(node.built) for position, node in pruned.placed(4)}

    def momentum(parameter: Tensor) -> Tensor:
        return torch.full_like(parameter, 1e3 if id(parameter) in moving else 1e-9)

    back: Counter[str] = Counter()
    dead = {(p, n) for p, node in pruned.placed(4) for n in names[p] if n not in node.living}
    for seed in range(30):
        make_regrower(momentum, seed=seed)._regrow_operations()
        for position, name in dead:
            node = dict(pruned.placed(4))[position]
            if name in node.living:
                back[position] += 1
                node.built[name].alive.fill_(value=False)
    share = len([p for p, _ in dead if p == positions[0]]) / len(dead)
    assert back[positions[0]] / back.total() > 1.5 * share


@pytest.mark.parametrize("n", [0, 1, 7, 30, 99])
def test_units_are_shared_out_wholly_and_within_the_room(n: int) -> None:
    room = np.array([3, 0, 10, 20])
    counts = shared_out(n, np.array([5.0, 9.0, 0.1, 0.0]), room, np.random.default_rng(0))
    assert counts.sum() == min(n, room.sum()) and (counts <= room).all()


def test_more_important_groups_get_more() -> None:
    room = np.array([1000, 1000])
    counts = shared_out(400, np.array([0.75, 0.25]), room, np.random.default_rng(0))
    assert 270 < counts[0] < 330
