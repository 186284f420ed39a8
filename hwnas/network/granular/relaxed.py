"""What every relaxed network offers to whoever trains and prunes it."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hwnas.block import BlockSpec
from hwnas.network.build import WiredBlocks
from hwnas.network.granular.candidate import Candidate, Sizes
from hwnas.network.granular.gates import Granularity
from hwnas.network.granular.node import RelaxedNode
from hwnas.space.prunable import Prunable
from hwnas.space.wiring import Network

Shape = Mapping[str, Mapping[str, Sizes]]
"""Position to operation to the channels that it is built with; others are not there."""
HEAD = "head"
AUXILIARY_CHANNELS = 128
"""Of the classifier at the end of a stage, at most."""


class Relaxed(nn.Module, ABC):
    """Every operation of every node of a ``Prunable`` at once, and what is left of it.

    Forward may end at a stage's end. ``n_nodes`` are always the first so many; ``None`` is all of
    them, and the head.
    """

    stem: nn.Module
    head: nn.Module

    def __init__(self, origin: Prunable, searched: Collection[Granularity]) -> None:
        super().__init__()
        self.origin = origin
        self.searched = frozenset(searched)

    @abstractmethod
    def forward(
        self,
        images: Float[Tensor, "batch channels height width"],
        n_nodes: int | None = None,
        auxiliary: nn.Module | None = None,
    ) -> Float[Tensor, "batch classes"]:
        """The logits of the head, or of an auxiliary one after ``n_nodes`` nodes."""

    @abstractmethod
    def auxiliary(self, n_nodes: int, seed: int) -> nn.Module:
        """A classifier for the features that so many nodes give."""

    @abstractmethod
    def placed(self, n_nodes: int | None = None) -> Iterator[tuple[str, RelaxedNode[Candidate]]]:
        """The nodes by position, and the head where that may be pruned."""

    @abstractmethod
    def fresh(self, position: str, name: str, seed: int) -> Candidate:
        """An operation of a node with all of its units."""

    def grows(self, position: str, name: str) -> bool:
        """Whether an operation that is not there may come back."""
        return True

    @abstractmethod
    def network(self) -> Network:
        """The blocks that would be built now."""

    @abstractmethod
    def blocks(self, n_nodes: int) -> Iterable[BlockSpec]:
        """Those of the first nodes."""

    @abstractmethod
    def n_zeros(self, n_nodes: int | None = None) -> int:
        """Weights pruned one by one, in what would be built now of the first nodes."""

    @abstractmethod
    def rebuild(self, n_nodes: int | None = None) -> None:
        """Build operations with the filters that are left, and drop those that are dead."""

    @abstractmethod
    def pruned(self) -> WiredBlocks:
        """What is left, built with the weights; gates are folded into these."""

    def operation_type(self, name: str) -> str:
        """What an operation has in common with others of its kind."""
        return name

    @property
    @abstractmethod
    def n_all(self) -> int:
        """All nodes, without the head."""

    @property
    @abstractmethod
    def whole(self) -> Shape:
        """As the space has it."""

    @property
    def shape(self) -> dict[str, dict[str, dict[str, int]]]:
        """What a relaxed network of the same weights is made by."""
        return {
            position: {name: dict(one.sizes) for name, one in node.built.items()}
            for position, node in self.placed()
        }


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """New weights are those of the seed, whatever was made before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
