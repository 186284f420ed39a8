"""The whole chain relaxed: every operation of every place at once, and what is left of it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hwnas.block import BlockSpec, HeadSpec
from hwnas.network.build import WiredBlocks, build
from hwnas.network.granular.candidate import Candidate, Sizes
from hwnas.network.granular.fill_chains import fill_head, fill_inverted
from hwnas.network.granular.gates import Granularity
from hwnas.network.granular.node import RelaxedNode
from hwnas.network.granular.of_chains import HIDDEN, HeadCandidate, MBConvCandidate
from hwnas.network.granular.relaxed import AUXILIARY_CHANNELS, HEAD, Relaxed, Shape, seeded
from hwnas.network.modules import module_of
from hwnas.space.prunable import Node, PrunableChain, Widths
from hwnas.space.wiring import Network, wired


class RelaxedChain(Relaxed):
    """Stem, relaxed nodes and head of a ``PrunableChain``; forward may end at a stage's end."""

    head: RelaxedNode[HeadCandidate]

    def __init__(
        self, chain: PrunableChain, searched: Collection[Granularity], shape: Shape | None = None
    ) -> None:
        """As ``shape`` was told by an earlier one; whole without it."""
        super().__init__(chain, searched)
        self.chain = chain
        self.stem = module_of(chain.stem)
        shape = _whole(chain) if shape is None else shape
        self.nodes = nn.ModuleList(self._node(node, shape[node.position]) for node in chain.nodes)
        head = self._head(shape[HEAD][HEAD][HIDDEN])
        self.head = RelaxedNode({HEAD: head})

    def forward(
        self,
        images: Float[Tensor, "batch channels height width"],
        n_nodes: int | None = None,
        auxiliary: nn.Module | None = None,
    ) -> Float[Tensor, "batch classes"]:
        """The logits of the head, or of an auxiliary one after ``n_nodes`` nodes."""
        features = self.stem(images)
        for node in list(self.nodes)[:n_nodes]:
            features = node(features)
        logits: Tensor = (self.head if auxiliary is None else auxiliary)(features)
        return logits

    def auxiliary(self, n_nodes: int, seed: int) -> nn.Module:
        """A classifier for the features that so many nodes give."""
        block = next(iter(self.chain.nodes[n_nodes - 1].operations.values()))
        head = self.chain.head
        small = HeadSpec(
            input_size=block.output_size,
            in_channels=block.out_channels,
            hidden_channels=min(AUXILIARY_CHANNELS, head.hidden_channels),
            n_classes=head.n_classes,
            activation=head.activation,
        )
        with seeded(seed):
            return module_of(small)

    def placed(self, n_nodes: int | None = None) -> Iterator[tuple[str, RelaxedNode[Candidate]]]:
        """The nodes by position, the first ``n_nodes``, or all of them and the head."""
        for node, relaxed in zip(self.chain.nodes[:n_nodes], self.nodes, strict=False):
            yield node.position, relaxed  # type: ignore[misc]
        if n_nodes is None:
            yield HEAD, self.head  # type: ignore[misc]

    def fresh(self, position: str, name: str, seed: int) -> Candidate:
        """An operation of a node as the space has it, with all of its units."""
        node = next(node for node in self.chain.nodes if node.position == position)
        with seeded(seed):
            return self._candidate(node, name, node.operations[name].hidden_channels)

    def widths(self) -> tuple[list[Widths], int]:
        """Of each node, by kernel, and of the head, as they would be built now."""
        merged: list[Widths] = [
            node.merged({name: one.built_sizes[HIDDEN] for name, one in relaxed.living.items()})
            for node, relaxed in self._pairs()
        ]
        return merged, self.head.built[HEAD].built_sizes[HIDDEN]

    def network(self) -> Network:
        """The blocks that would be built now."""
        return wired(self.chain.places(*self.widths()))

    def blocks(self, n_nodes: int) -> Iterator[BlockSpec]:
        """Those of the first ``n_nodes`` nodes."""
        return self.chain.blocks(self.widths()[0][:n_nodes])

    @property
    def n_all(self) -> int:
        """All nodes, without the head."""
        return len(self.chain.nodes)

    @property
    def whole(self) -> Shape:
        """As the space has it."""
        return _whole(self.chain)

    def n_zeros(self, n_nodes: int | None = None) -> int:
        """Weights pruned one by one, in what would be built now of the first ``n_nodes``."""
        return sum(
            one.n_zeros(one.built_cuts)
            for _, node in self.placed(n_nodes)
            for one in node.living.values()
        )

    def rebuild(self, n_nodes: int | None = None) -> None:
        """Build operations with the filters that are left, and drop those that are dead."""
        for _, node in self.placed(n_nodes):
            for name, one in node.built.items():
                if bool(one.alive):
                    node.put(name, one.cut(one.built_cuts))
                else:
                    node.drop(name)

    @torch.no_grad()
    def pruned(self) -> WiredBlocks:
        """What is left, built with the weights; gates are folded into these."""
        network = self.network()
        module = build(network)
        at = dict(zip(network.positions, module, strict=True))
        at["stem"].load_state_dict(self.stem.state_dict())
        for node, relaxed in self._pairs():
            weights = relaxed.weights()
            branches = dict.fromkeys(map(node.branch, weights))
            for branch in branches:
                alike = [
                    (one, float(weights[name]))
                    for name, one in relaxed.living.items()
                    if node.branch(name) == branch
                ]
                fill_inverted(at[node.position_of(branch, len(branches))], alike)
        (head_weight,) = self.head.weights().values()
        fill_head(at[HEAD], self.head.built[HEAD], float(head_weight))
        return module

    def _pairs(self) -> Iterator[tuple[Node, RelaxedNode[MBConvCandidate]]]:
        return zip(self.chain.nodes, self.nodes, strict=True)  # type: ignore[arg-type]

    def _node(self, node: Node, shapes: Mapping[str, Sizes]) -> RelaxedNode[MBConvCandidate]:
        candidates = {
            name: self._candidate(node, name, sizes[HIDDEN]) for name, sizes in shapes.items()
        }
        return RelaxedNode(
            candidates, adds_input=node.has_residual, may_be_empty=node.may_be_empty
        )

    def _candidate(self, node: Node, name: str, width: int) -> MBConvCandidate:
        whole = node.operations[name]
        block = replace(whole, hidden_channels=width)
        return MBConvCandidate(block, whole.hidden_channels, self.searched)

    def _head(self, width: int) -> HeadCandidate:
        whole = self.chain.head
        block = replace(whole, hidden_channels=width)
        return HeadCandidate(block, whole.hidden_channels, self.searched)


def _whole(chain: PrunableChain) -> Shape:
    nodes = {
        node.position: {
            name: {HIDDEN: block.hidden_channels} for name, block in node.operations.items()
        }
        for node in chain.nodes
    }
    return nodes | {HEAD: {HEAD: {HIDDEN: chain.head.hidden_channels}}}
