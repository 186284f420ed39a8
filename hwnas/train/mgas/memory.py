"""What a training step keeps for its backward pass, in bytes."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def saved_bytes(network: nn.Module, loss: Callable[[], Tensor]) -> int:
    """Bytes that autograd holds when the loss is computed, without the network's own tensors.

    These are alive together when the backward pass begins, so they are the step's peak beside
    weights, gradients and the optimizer's momentum.
    """
    own = {
        tensor.untyped_storage().data_ptr()
        for tensor in (*network.parameters(), *network.buffers())
    }
    saved: dict[int, int] = {}
    held: list[Tensor] = []  # so that no address is given out twice

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            saved[storage.data_ptr()] = storage.nbytes()
            held.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        value = loss()
    del value
    return sum(saved.values())


def step_bytes(network: nn.Module, loss_of: Callable[[int], Tensor], batch_size: int) -> int:
    """Bytes of a step of ``batch_size`` images, told from two of few images.

    What is kept grows with the images in a line, and a step of all operations on a whole batch
    may be what the machine does not hold.
    """
    few, more = 2, 4
    by_few, by_more = (saved_bytes(network, lambda n=n: loss_of(n)) for n in (few, more))  # type: ignore[misc]
    return by_few + (by_more - by_few) * (batch_size - few) // (more - few)
