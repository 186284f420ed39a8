"""Ranking distillation: when the hinge bites, and whom."""

from collections.abc import Callable

import pytest
import torch

from hwnas.space import Architecture, Space, distance_named
from hwnas.train.rank_weight import constant
from hwnas.train.rules import Step
from hwnas.train.rules.ranking import RankingDistillation, ranking_hinge
from hwnas.train.teacher import Teacher
from tests.train.conftest import MakeStep

Gradients = dict[str, torch.Tensor]


def loss(value: float) -> torch.Tensor:
    return torch.tensor(value, requires_grad=True)


def test_the_hinge_is_zero_when_the_order_agrees() -> None:
    better, worse = loss(1.0), loss(2.0)
    hinge = ranking_hinge(better, worse)
    hinge.backward()  # type: ignore[no-untyped-call]
    assert hinge.item() == 0
    assert better.grad is not None and float(better.grad) == 0 and worse.grad is None


def test_the_hinge_pulls_only_the_better_network() -> None:
    better, worse = loss(3.0), loss(2.5)
    hinge = ranking_hinge(better, worse)
    hinge.backward()  # type: ignore[no-untyped-call]
    assert hinge.item() == 0.5
    assert better.grad is not None and float(better.grad) == 1 and worse.grad is None


def gradients(step: Step) -> Gradients:
    parameters = step.supernet.named_parameters()
    return {name: p.grad.clone() for name, p in parameters if p.grad is not None}


def rule(space: Space, teacher: Teacher, weight: Callable[[float], float]) -> RankingDistillation:
    return RankingDistillation(space, teacher, weight, distance_named("group", space))


@pytest.fixture
def pair(small_space: Space, make_step: MakeStep) -> tuple[Architecture, Architecture]:
    """The two networks of the step, the one of the larger loss first."""
    step, asked = make_step(), list[Architecture]()

    def remember(architecture: Architecture) -> float:
        asked.append(architecture)
        return 0.0

    rule(small_space, remember, constant).backward(step)
    losses = [float(step.cross_entropy(step.logits(one)).detach()) for one in asked]
    assert len(set(losses)) == 2
    return (asked[0], asked[1]) if losses[0] > losses[1] else (asked[1], asked[0])


def of_losses(make_step: MakeStep, weighted: dict[Architecture, float]) -> Gradients:
    step = make_step()
    for architecture, weight in weighted.items():
        (weight * step.cross_entropy(step.logits(architecture))).backward()  # type: ignore[no-untyped-call]
    return gradients(step)


def assert_near(found: Gradients, expected: Gradients) -> None:
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, atol=1e-5, rtol=1e-4)


def test_a_better_network_with_the_larger_loss_is_trained_harder(
    small_space: Space, make_step: MakeStep, pair: tuple[Architecture, Architecture]
) -> None:
    high, low = pair
    step = make_step()
    rule(small_space, lambda a: float(a == high), lambda _: 1.5).backward(step)
    assert_near(gradients(step), of_losses(make_step, {high: 2.5, low: 1.0}))


def test_a_better_network_with_the_smaller_loss_is_left_at_that(
    small_space: Space, make_step: MakeStep, pair: tuple[Architecture, Architecture]
) -> None:
    high, low = pair
    step = make_step()
    rule(small_space, lambda a: float(a == low), lambda _: 1.5).backward(step)
    assert_near(gradients(step), of_losses(make_step, {high: 1.0, low: 1.0}))


def test_networks_that_the_teacher_holds_equal_are_not_ranked(
    small_space: Space, make_step: MakeStep, pair: tuple[Architecture, Architecture]
) -> None:
    step = make_step()
    rule(small_space, lambda _: 7.0, lambda _: 1.5).backward(step)
    assert_near(gradients(step), of_losses(make_step, dict.fromkeys(pair, 1.0)))


def test_the_weight_is_that_of_the_epoch(small_space: Space, make_step: MakeStep) -> None:
    asked = []

    def weight(done: float) -> float:
        asked.append(done)
        return 1.0

    ranks = iter((1.0, 2.0))
    rule(small_space, lambda _: next(ranks), weight).backward(make_step(epoch=3, n_epochs=12))
    assert asked == [0.25]
