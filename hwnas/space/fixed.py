"""One network told block by block: what pruning leaves is no point of a space of options."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from hwnas.block import block_from_json, block_to_json
from hwnas.space.architecture import Architecture, Decision
from hwnas.space.wiring import Network, PlacedBlock, Places, wired

ONLY = Architecture(())
"""The one architecture of a fixed network: there is nothing to choose."""
SOURCE = "architecture.json"


@dataclass(frozen=True, kw_only=True)
class WrittenBlock:
    """A block as JSON tells it, where it stands and the positions it reads; none is the image."""

    position: str
    block: Mapping[str, Any]
    inputs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FixedSpace:
    """A space of one network and no decisions, so that it is built and kept as any other.

    Raises:
        ValueError: It has no blocks, or they are not wired.
        HwnasError: A block is of no known kind, or has a value that cannot be.
    """

    name: str
    blocks: tuple[WrittenBlock, ...]

    def __post_init__(self) -> None:
        if not self.blocks:
            raise ValueError(f"space {self.name!r} has no blocks")
        wired(self.start()[1])

    @classmethod
    def of(cls, name: str, network: Network) -> Self:
        """The space of this network alone."""
        written = tuple(
            WrittenBlock(
                position=position,
                block=block_to_json(block),
                inputs=tuple(network.positions[read] for read in reads if read >= 0),
            )
            for position, block, reads in zip(
                network.positions, network.blocks, network.inputs, strict=True
            )
        )
        return cls(name=name, blocks=written)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """None."""
        return ()

    def start(self) -> tuple[None, Places]:
        """All blocks are always there."""
        return None, tuple(
            PlacedBlock(one.position, block_from_json(one.block, SOURCE), one.inputs)
            for one in self.blocks
        )

    def step(self, index: int, state: None, option: str) -> tuple[None, Places]:
        """Never asked, as there are no decisions."""
        raise IndexError(f"{self.name!r} has no decision {index}")

    def finish(self, state: None) -> Places:
        """Nothing is added."""
        return ()

    def to_json(self) -> Mapping[str, Any]:
        """Family, name and blocks."""
        blocks = [
            {"position": one.position, "block": dict(one.block), "inputs": list(one.inputs)}
            for one in self.blocks
        ]
        return {"family": "fixed", "name": self.name, "blocks": blocks}
