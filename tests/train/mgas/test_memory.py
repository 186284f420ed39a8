"""Bytes held for the backward pass."""

import torch
from torch import Tensor, nn

from hwnas.train.mgas.memory import saved_bytes, step_bytes

N, WIDTH = 6, 10


def loss_of(network: nn.Module, n: int) -> Tensor:
    loss: Tensor = network(torch.ones(n, WIDTH)).sum()
    return loss


def test_a_linear_layer_holds_what_it_read_and_not_its_weights() -> None:
    layer = nn.Linear(WIDTH, 3)
    assert saved_bytes(layer, lambda: loss_of(layer, N)) == 4 * N * WIDTH


def test_what_two_layers_share_counts_once() -> None:
    both = nn.Sequential(nn.Sigmoid(), nn.Linear(WIDTH, 3))
    assert saved_bytes(both, lambda: loss_of(both, N)) == 4 * N * WIDTH


def test_a_whole_batch_is_told_from_few_images() -> None:
    network = nn.Sequential(nn.Linear(WIDTH, 7), nn.ReLU(), nn.Linear(7, 3))
    told = step_bytes(network, lambda n: loss_of(network, n), 64)
    assert told == saved_bytes(network, lambda: loss_of(network, 64))
