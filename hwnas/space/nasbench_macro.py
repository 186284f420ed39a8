"""The chain space of NAS-Bench-Macro (Su et al. 2021): 8 blocks, 3 operations each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hwnas.block import ConvSpec, HeadSpec, MBConvSpec, StemSpec
from hwnas.block.spec import check_positive
from hwnas.errors import InvalidInputError
from hwnas.space.architecture import Architecture, Decision
from hwnas.space.attributes import Attribute, inverted_residual
from hwnas.space.wiring import PlacedBlock, Places

WIDTHS = (64, 64, 128, 128, 128, 256, 256, 256)
STRIDES = (2, 1, 2, 1, 1, 2, 1, 1)
OPTIONS = ("identity", "k3e3", "k5e6")
"""In the order of the published digits 0, 1, 2."""

State = tuple[int, int]
"""Feature-map size in pixels, channels."""


@dataclass(frozen=True, kw_only=True)
class NasbenchMacroSpace:
    """Stem, stages of 2, 3 and 3 blocks, head. The defaults are published.

    Raises:
        ValueError: A number is not positive, or there are not eight ``widths``.
    """

    input_size: int = 32
    in_channels: int = 3
    n_classes: int = 10
    stem_channels: int = 32
    widths: tuple[int, ...] = WIDTHS
    """Channels that each block ends in."""
    head_channels: int = 1280

    def __post_init__(self) -> None:
        if len(self.widths) != len(WIDTHS):
            raise ValueError(f"widths must be {len(WIDTHS)} numbers, got {self.widths}")
        numbers = vars(self) | {"widths": min(self.widths)}
        check_positive(f"space {self.name!r}", **numbers)

    @property
    def name(self) -> str:
        """The space's name."""
        return "nasbench-macro"

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Eight blocks of three options."""
        return tuple(Decision(f"block{i + 1}", OPTIONS) for i in range(len(WIDTHS)))

    def start(self) -> tuple[State, Places]:
        """The 3×3 stem at full resolution."""
        stem = StemSpec(
            input_size=self.input_size,
            in_channels=self.in_channels,
            out_channels=self.stem_channels,
            kernel_size=3,
            stride=1,
            activation="relu",
        )
        return (stem.output_size, stem.out_channels), (PlacedBlock("stem", stem),)

    def step(self, index: int, state: State, option: str) -> tuple[State, Places]:
        """Identity costs nothing where the shape stays, and a 1×1 projection elsewhere."""
        size, channels = state
        shape: dict[str, Any] = {
            "input_size": size,
            "in_channels": channels,
            "out_channels": self.widths[index],
            "stride": STRIDES[index],
        }
        block: ConvSpec | MBConvSpec
        if option == "identity":
            if shape["stride"] == 1 and channels == self.widths[index]:
                return state, ()
            block = ConvSpec(kernel_size=1, activation="none", **shape)
        else:
            kernel_size, expansion = int(option[1]), int(option[3])
            block = MBConvSpec(
                kernel_size=kernel_size, expansion=expansion, activation="relu", **shape
            )
        after = (block.output_size, block.out_channels)
        return after, (PlacedBlock(self.decisions[index].name, block),)

    def attributes(self, decision: Decision, option: str) -> Mapping[Attribute, float]:
        """Of each stage, which a stride of 2 begins, what ``inverted_residual`` says."""
        place = self.decisions.index(decision)
        stage = f"stage{STRIDES[: place + 1].count(2)}"
        if option == OPTIONS[0]:
            return {}
        kernel_size, expansion = option[1:].split("e")
        is_first = STRIDES[place] == 2
        return inverted_residual(stage, int(kernel_size), int(expansion), is_first=is_first)

    def finish(self, state: State) -> Places:
        """A 1×1 convolution, mean and classifier."""
        size, channels = state
        head = HeadSpec(
            input_size=size,
            in_channels=channels,
            hidden_channels=self.head_channels,
            n_classes=self.n_classes,
            activation="relu",
        )
        return (PlacedBlock("head", head),)

    def option_class(self, decision: Decision, option: str) -> str:
        """Inverted residuals, and identity."""
        return option if option == "identity" else "inverted residual"

    def to_json(self) -> Mapping[str, Any]:
        """Family and sizes."""
        return {"family": self.name, **asdict(self)}


def architecture_from_digits(digits: str) -> Architecture:
    """Read the published encoding, such as ``22212220``.

    Raises:
        InvalidInputError: It is not eight digits of 0, 1, 2.
    """
    if len(digits) != len(WIDTHS) or set(digits) - set("012"):
        raise InvalidInputError(
            f"{digits!r} is no NAS-Bench-Macro network. Give eight digits of 0, 1 and 2."
        )
    return Architecture(tuple(OPTIONS[int(digit)] for digit in digits))


def digits_of(architecture: Architecture) -> str:
    """Write the published encoding."""
    return "".join(str(OPTIONS.index(option)) for option in architecture.choices)
