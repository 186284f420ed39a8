"""The sandwich: who is in it, and who learns from whom."""

import pytest
import torch

from hwnas.space import Architecture, Space
from hwnas.space.nasbench_macro import NasbenchMacroSpace
from hwnas.train.rules.sandwich import Sandwich, soft_cross_entropy
from tests.train.conftest import MakeStep


def test_largest_and_smallest_are_by_multiply_accumulates(small_space: Space) -> None:
    rule = Sandwich(small_space)
    assert rule.largest == Architecture(("8", "16", "k5e3", "k5e3", "16", "k5e3", "k5e3"))
    assert rule.smallest == Architecture(("8", "8", "k3e3", "skip", "16", "k3e3", "skip"))


def test_the_macro_sandwich_is_between_identities_and_the_largest_blocks() -> None:
    rule = Sandwich(NasbenchMacroSpace())
    assert set(rule.largest.choices) == {"k5e6"}
    assert rule.smallest.choices[1] == "identity"


def test_soft_labels_are_the_teachers_softmax() -> None:
    teacher, logits = (
        torch.tensor([[0.0, 0.0], [0.0, 3.0]]),
        torch.tensor([[1.0, 0.0], [0.0, 1.0]]),
    )
    p = torch.tensor([[0.5, 0.5], [1 - 0.9525741, 0.9525741]])
    q = torch.tensor([[0.7310586, 0.2689414], [0.2689414, 0.7310586]])
    by_hand = float(-(p * q.log()).sum() / 2)
    assert float(soft_cross_entropy(logits, teacher)) == pytest.approx(by_hand, rel=1e-5)


def test_nothing_is_taught_by_a_student_that_agrees() -> None:
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    soft_cross_entropy(logits, logits.detach()).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None and logits.grad.abs().max() < 1e-6


def test_no_gradient_flows_into_the_teacher() -> None:
    teacher, logits = (torch.randn(2, 3, requires_grad=True) for _ in range(2))
    soft_cross_entropy(logits, teacher).backward()  # type: ignore[no-untyped-call]
    assert teacher.grad is None and logits.grad is not None


def test_a_step_is_the_sum_of_its_losses(small_space: Space, make_step: MakeStep) -> None:
    rule, step = Sandwich(small_space), make_step()
    asked: list[Architecture] = []
    forward = step.supernet.forward

    def watched(images: torch.Tensor, architecture: Architecture) -> torch.Tensor:
        asked.append(architecture)
        return forward(images, architecture)

    step.supernet.forward = watched  # type: ignore[method-assign]
    rule.backward(step)
    assert asked[:2] == [rule.largest, rule.smallest] and len(asked) == rule.n_paths == 4
    found = {n: p.grad.clone() for n, p in step.supernet.named_parameters() if p.grad is not None}
    step = make_step()
    largest = step.logits(asked[0])
    losses = [soft_cross_entropy(step.logits(student), largest) for student in asked[1:]]
    (step.cross_entropy(largest) + sum(losses)).backward()  # type: ignore[no-untyped-call]
    for name, parameter in step.supernet.named_parameters():
        torch.testing.assert_close(found.get(name), parameter.grad, atol=1e-5, rtol=1e-4)
