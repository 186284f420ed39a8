"""What of a space can be pruned away, and the network that is left."""

from hwnas.errors import InvalidInputError
from hwnas.space.darts import DartsSpace
from hwnas.space.mobilenet import MobilenetSpace
from hwnas.space.protocol import Space
from hwnas.space.prunable.cell import CellLeft, PrunableCell
from hwnas.space.prunable.cells import PrunableCells, prunable_cells
from hwnas.space.prunable.chain import PrunableChain, prunable_chain
from hwnas.space.prunable.node import Node
from hwnas.space.prunable.protocol import Prunable
from hwnas.space.prunable.widths import WIDTH_STEP, Widths, evened, measured_widths

__all__ = [
    "WIDTH_STEP",
    "CellLeft",
    "Node",
    "Prunable",
    "PrunableCell",
    "PrunableCells",
    "PrunableChain",
    "Widths",
    "evened",
    "measured_widths",
    "prunable",
]


def prunable(space: Space) -> PrunableChain | PrunableCells:
    """What pruning starts from: every operation, as wide as it gets.

    Raises:
        InvalidInputError: The space is neither a chain of inverted residuals nor one of cells, or
            has a squeeze-excitation, which sees channels that a filter's gate has closed.
    """
    if isinstance(space, MobilenetSpace):
        return prunable_chain(space)
    if isinstance(space, DartsSpace):
        return prunable_cells(space)
    raise InvalidInputError(
        f"--strategy mgas prunes chains of inverted residuals and the cells of darts, and space "
        f"{space.name!r} is neither. Give --space mobilenet, --space darts or a .toml file of one."
    )
