"""What a block's operators add up to is what the block says of itself."""

import pytest

from hwnas.block import BlockSpec, MBConvSpec, operators_of

EXPANDED = MBConvSpec(
    input_size=14,
    in_channels=24,
    out_channels=40,
    kernel_size=5,
    expansion=4,
    stride=2,
    activation="hard_swish",
    se_ratio=0.25,
)


@pytest.mark.parametrize("fused", [False, True])
def test_the_operators_macs_add_up_to_the_blocks(block: BlockSpec, fused: bool) -> None:
    assert sum(op.n_macs for op in operators_of(block, fused=fused)) == block.n_macs


def test_what_float32_fuses_is_no_operator() -> None:
    assert [op.kind for op in operators_of(EXPANDED, fused=True)] == [
        "convolution",
        "depthwise",
        "pool",
        "convolution",
        "convolution",
        "scale",
        "convolution",
    ]
