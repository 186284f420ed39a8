"""Once-for-All's way to write a MobileNetV3: kernel sizes, expansions, depths, resolution.

Kernel sizes and expansions are told of all 20 blocks, four a stage, though the blocks beyond a
stage's depth are not there. Read back, those tell the smallest.
"""

from hwnas.errors import InvalidInputError
from hwnas.space.architecture import Architecture
from hwnas.space.mobilenet import SKIP

COLUMNS = ("kernel_sizes", "expand_ratios", "depths", "resolution")
N_STAGES, MOST_BLOCKS = 5, 4
KERNEL_SIZES, EXPANSIONS, DEPTHS = (3, 5, 7), (3, 4, 6), (2, 3, 4)
WIDTHS = (24, 40, 80, 112, 160)
FIRST_STAGE = ("16", "k3e1")
"""Width and block, which nobody chooses."""
RESOLUTIONS = range(128, 225, 4)


def architecture_from_ofa(text: str) -> Architecture:
    """Read the cells of ``COLUMNS``, joined by ``;``, as a network of ``ofa-mobilenetv3``.

    Raises:
        InvalidInputError: It is not 20 kernel sizes, 20 expansions, 5 depths and a resolution.
    """
    kernel_sizes, expansions, depths, resolution = _numbers(text)
    choices = [str(resolution[0]), *FIRST_STAGE]
    for stage, (width, depth) in enumerate(zip(WIDTHS, depths, strict=True)):
        choices.append(str(width))
        for place in range(MOST_BLOCKS):
            block = MOST_BLOCKS * stage + place
            is_there = place < depth
            choices.append(f"k{kernel_sizes[block]}e{expansions[block]}" if is_there else SKIP)
    return Architecture(tuple(choices))


def ofa_of(architecture: Architecture) -> str:
    """Write what ``architecture_from_ofa`` reads; blocks may be skipped anywhere in a stage."""
    resolution, *rest = architecture.choices
    kernel_sizes, expansions, depths = [], [], []
    for stage in range(N_STAGES):
        first = len(FIRST_STAGE) + stage * (MOST_BLOCKS + 1) + 1
        blocks = [choice for choice in rest[first : first + MOST_BLOCKS] if choice != SKIP]
        depths.append(str(len(blocks)))
        absent = [f"k{KERNEL_SIZES[0]}e{EXPANSIONS[0]}"] * (MOST_BLOCKS - len(blocks))
        for block in (*blocks, *absent):
            kernel_size, expansion = block[1:].split("e")
            kernel_sizes.append(kernel_size)
            expansions.append(expansion)
    return ";".join((" ".join(kernel_sizes), " ".join(expansions), " ".join(depths), resolution))


def _numbers(text: str) -> list[list[int]]:
    n_blocks = N_STAGES * MOST_BLOCKS
    wanted = (
        (n_blocks, KERNEL_SIZES),
        (n_blocks, EXPANSIONS),
        (N_STAGES, DEPTHS),
        (1, RESOLUTIONS),
    )
    parts = text.split(";")
    try:
        numbers = [[int(number) for number in part.split()] for part in parts]
    except ValueError:
        numbers = []
    told = zip(numbers, wanted, strict=False)
    is_known = len(numbers) == len(wanted) and all(
        len(row) == n and set(row) <= set(options) for row, (n, options) in told
    )
    if not is_known:
        raise InvalidInputError(
            f"{text!r} is no Once-for-All MobileNetV3. Write 20 kernel sizes of 3, 5 or 7, 20 "
            "expand ratios of 3, 4 or 6, 5 depths of 2 to 4, and a resolution from 128 to 224 in "
            "steps of 4."
        )
    return numbers
