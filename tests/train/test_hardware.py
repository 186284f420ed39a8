"""What a CUDA card is trained with, and that a processor stays as it is."""

import pytest
import torch
from torch import nn

from hwnas.train.hardware import compiled, half_precision

CPU = torch.device("cpu")
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")


def test_a_processor_computes_in_float32_what_was_written() -> None:
    network = nn.Conv2d(3, 4, 1)
    with half_precision(CPU):
        assert network(torch.zeros(1, 3, 2, 2)).dtype == torch.float32
    assert compiled(network, CPU) is network


def test_without_a_c_compiler_a_network_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwnas.train.hardware.find_spec", lambda _: object())
    monkeypatch.setattr("hwnas.train.hardware.shutil.which", lambda _: None)
    network = nn.Conv2d(3, 4, 1)
    assert compiled(network, torch.device("cuda")) is network


@needs_cuda
def test_a_cuda_card_computes_in_bfloat16_and_keeps_its_weights() -> None:
    card = torch.device("cuda")
    network = nn.Conv2d(3, 4, 1).to(card)
    with half_precision(card):
        assert network(torch.zeros(1, 3, 2, 2, device=card)).dtype == torch.bfloat16
    assert network.weight.dtype == torch.float32


@needs_cuda
def test_a_compiled_network_answers_as_before() -> None:
    card = torch.device("cuda")
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3)).to(card)
    images = torch.randn(2, 3, 8, 8, device=card)
    torch.testing.assert_close(compiled(network, card)(images), network(images))
