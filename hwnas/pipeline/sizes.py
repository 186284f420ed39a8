"""How large a block may be, asked before torch is."""

from collections.abc import Iterable

from hwnas.block import BlockSpec
from hwnas.errors import InvalidInputError

MOST_PIXELS = 10_000
MOST_OF_ALL_ELSE = 1_000_000
"""Of a block's size, and of its channels, classes and other counts."""


def check_sizes(space: str, blocks: Iterable[BlockSpec]) -> None:
    """Refuse what no machine holds.

    Raises:
        InvalidInputError: A block is too large.
    """
    for block in blocks:
        for what, value in vars(block).items():
            most = MOST_PIXELS if what == "input_size" else MOST_OF_ALL_ELSE
            if isinstance(value, int) and value > most:
                raise InvalidInputError(
                    f"Space {space} has a block whose {what} is {value}, and {most} is the most "
                    "that hwnas builds. Give smaller images, fewer channels or fewer classes."
                )
