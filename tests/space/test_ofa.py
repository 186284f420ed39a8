"""Once-for-All's encoding, and the space it tells."""

import pytest

from hwnas.block import MBConvSpec
from hwnas.errors import InvalidInputError
from hwnas.space import blocks_of, check_member, space_named
from hwnas.space.ofa import architecture_from_ofa, ofa_of

KERNELS = "7 5 5 5 7 7 5 7 5 7 3 7 5 3 7 3 5 3 5 3"
EXPANSIONS = "6 4 4 6 6 3 4 3 3 6 3 3 3 6 3 4 6 4 3 6"
TEXT = f"{KERNELS};{EXPANSIONS};2 3 4 2 3;204"
SPACE = space_named("ofa-mobilenetv3", input_size=224, in_channels=3, n_classes=1000)


def test_a_network_holds_as_many_blocks_as_its_depths_say() -> None:
    architecture = architecture_from_ofa(TEXT)
    check_member(SPACE, architecture)
    blocks = [b for b in blocks_of(SPACE, architecture) if isinstance(b, MBConvSpec)]
    assert len(blocks) == 1 + 2 + 3 + 4 + 2 + 3
    assert [(b.kernel_size, b.expansion) for b in blocks[1:4]] == [(7, 6), (5, 4), (7, 6)]


def test_stages_have_the_published_widths_sizes_activations_and_squeezes() -> None:
    blocks = blocks_of(SPACE, architecture_from_ofa(f"{KERNELS};{EXPANSIONS};2 2 2 2 2;224"))
    found = [
        (b.out_channels, b.output_size, b.activation, b.se_ratio)
        for b in blocks
        if isinstance(b, MBConvSpec)
    ]
    assert list(dict.fromkeys(found)) == [
        (16, 112, "relu", 0.0),
        (24, 56, "relu", 0.0),
        (40, 28, "relu", 0.25),
        (80, 14, "hard_swish", 0.0),
        (112, 14, "hard_swish", 0.25),
        (160, 7, "hard_swish", 0.25),
    ]


def test_what_is_written_reads_back_though_absent_blocks_are_told_anew() -> None:
    architecture = architecture_from_ofa(TEXT)
    assert architecture_from_ofa(ofa_of(architecture)) == architecture


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT.replace(";204", ""),
        TEXT.replace(";204", ";205"),
        TEXT.replace("7 5", "9 5", 1),
        TEXT.replace("6 4 4", "6 4", 1),
        TEXT.replace("2 3 4 2 3", "2 3 5 2 3"),
        TEXT.replace("204", "x"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="no Once-for-All MobileNetV3"):
        architecture_from_ofa(text)
