"""Where the stages of a chain end, so that each holds about as much for its backward pass."""

import numpy as np

from hwnas.block import ThinMBConvSpec
from hwnas.space.prunable import PrunableChain

LEFT = 0.45
"""Of what earlier stages held, about as much is left when the next one begins."""


def stage_ends(chain: PrunableChain, n_stages: int) -> tuple[int, ...]:
    """Nodes up to the end of each stage; one node a stage at least, so perhaps fewer stages."""
    n_nodes = len(chain.nodes)
    n_stages = min(n_stages, n_nodes)
    held = np.cumsum([sum(map(_n_elements, node.operations.values())) for node in chain.nodes])
    sizes = np.cumsum((1 - LEFT) ** np.arange(n_stages))
    ends: list[int] = []
    for number, size in enumerate(sizes[:-1], start=1):
        end = int(np.abs(held / held[-1] - size / sizes[-1]).argmin()) + 1
        first = ends[-1] + 1 if ends else 1
        ends.append(min(max(end, first), n_nodes - n_stages + number))
    return (*ends, n_nodes)


def _n_elements(block: ThinMBConvSpec) -> int:
    """Of the feature maps that an operation makes of one image."""
    wide = block.hidden_channels * block.input_size**2 if block.expands else 0
    return wide + (block.hidden_channels + block.out_channels) * block.output_size**2
