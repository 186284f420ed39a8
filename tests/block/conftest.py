"""One block of every sort that a space can ask for."""

import itertools

import pytest

from hwnas.block import (
    AddSpec,
    AttentionSpec,
    BlockSpec,
    ConcatSpec,
    ConvSpec,
    DilConvSpec,
    DispatchSpec,
    FactorizedReduceSpec,
    FusedMBConvSpec,
    GroupedMBConvSpec,
    HeadSpec,
    LinearHeadSpec,
    LinearResidualSpec,
    MBConvSpec,
    NormHeadSpec,
    PoolSpec,
    PreactConvSpec,
    PreactResidualSpec,
    ReluSpec,
    ResidualSpec,
    ScaleSpec,
    SepConvSpec,
    ShuffleSpec,
    StemSpec,
    ThinMBConvSpec,
    ThinReduceSpec,
    ThinSepConvSpec,
    UnevenConcatSpec,
    ZeroSpec,
)

MBCONVS: list[BlockSpec] = [
    MBConvSpec(
        input_size=size,
        in_channels=8,
        out_channels=out_channels,
        kernel_size=kernel_size,
        expansion=expansion,
        stride=stride,
        activation=activation,
        se_ratio=se_ratio,
    )
    for size, out_channels, kernel_size, expansion, stride, activation, se_ratio in (
        *itertools.product((7, 8), (8, 16), (3, 5), (1, 4), (1, 2), ("relu6",), (0.0, 0.25)),
        *itertools.product((4,), (8,), (7,), (6,), (1,), ("relu", "hard_swish"), (0.5, 1.0)),
    )
]
CONVOLUTIONS: list[BlockSpec] = [
    kind(
        input_size=size,
        in_channels=3,
        out_channels=8,
        kernel_size=kernel_size,
        stride=stride,
        activation=activation,
    )
    for kind in (ConvSpec, StemSpec, PreactConvSpec)
    for size, kernel_size, stride, activation in (
        (8, 3, 1, "relu6"),
        (9, 3, 2, "hard_swish"),
        (7, 1, 2, "none"),
    )
]
HEADS: list[BlockSpec] = [
    *(
        HeadSpec(input_size=5, in_channels=8, hidden_channels=24, n_classes=3, activation=name)
        for name in ("relu", "hard_swish")
    ),
    LinearHeadSpec(input_size=5, in_channels=8, n_classes=3),
]
OF_CELLS: list[BlockSpec] = [
    *(PreactResidualSpec(input_size=size, in_channels=4, out_channels=8) for size in (8, 7)),
    *(
        PoolSpec(input_size=size, in_channels=8, operation=operation, stride=stride)
        for size, operation, stride in itertools.product((7, 8), ("avg", "max"), (1, 2))
    ),
    *(AddSpec(input_size=5, in_channels=8, n_inputs=n_inputs) for n_inputs in (2, 3)),
    ZeroSpec(input_size=5, in_channels=8),
    ReluSpec(input_size=5, in_channels=8),
    *(ConcatSpec(input_size=5, in_channels=8, n_inputs=n_inputs) for n_inputs in (2, 4)),
    *(ZeroSpec(input_size=5, in_channels=8, stride=stride) for stride in (1, 2)),
    *(
        kind(input_size=size, in_channels=6, out_channels=8, kernel_size=kernel, stride=stride)
        for kind in (SepConvSpec, DilConvSpec)
        for size, kernel, stride in ((8, 3, 1), (8, 5, 2), (7, 5, 1), (7, 3, 2))
    ),
    *(FactorizedReduceSpec(input_size=size, in_channels=6, out_channels=8) for size in (8, 7)),
    NormHeadSpec(input_size=5, in_channels=8, n_classes=3, activation="relu"),
]
RESIDUALS: list[BlockSpec] = [
    kind(input_size=size, in_channels=8, mid_channels=6, out_channels=out_channels, stride=stride)
    for kind in (ResidualSpec, LinearResidualSpec)
    for size, out_channels, stride in ((8, 8, 1), (8, 16, 1), (8, 8, 2), (7, 16, 2))
]


DIVERSE: list[BlockSpec] = [
    *(
        kind(
            input_size=size,
            in_channels=8,
            out_channels=out_channels,
            kernel_size=kernel_size,
            expansion=expansion,
            stride=stride,
            activation="swish",
            se_ratio=se_ratio,
        )
        for kind in (FusedMBConvSpec, GroupedMBConvSpec)
        for size, out_channels, kernel_size, expansion, stride, se_ratio in (
            (8, 8, 3, 2, 1, 0.0),
            (7, 16, 5, 4, 2, 0.25),
            (8, 16, 3, 1, 1, 0.0),
        )
    ),
    *(
        ShuffleSpec(
            input_size=size,
            in_channels=8,
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            activation="relu",
        )
        for size, out_channels, kernel_size, stride in (
            (8, 8, 3, 1),
            (8, 16, 5, 1),
            (7, 8, 3, 2),
            (8, 16, 3, 2),
        )
    ),
    *(
        AttentionSpec(
            input_size=size, in_channels=16, head_width=width, expansion=2, activation="relu"
        )
        for size, width in ((4, 16), (5, 8))
    ),
]
OF_PRUNED_CELLS: list[BlockSpec] = [
    *(
        ThinSepConvSpec(
            input_size=size,
            in_channels=6,
            hidden_channels=10,
            out_channels=8,
            kernel_size=kernel_size,
            stride=stride,
        )
        for size, kernel_size, stride in ((8, 3, 1), (7, 5, 2))
    ),
    *(
        ThinReduceSpec(input_size=size, in_channels=6, even_channels=5, odd_channels=3)
        for size in (8, 7)
    ),
    UnevenConcatSpec(input_size=5, channels=(8, 3, 5)),
    ScaleSpec(input_size=5, in_channels=8),
]
THIN: list[BlockSpec] = [
    ThinMBConvSpec(
        input_size=7,
        in_channels=8,
        hidden_channels=hidden,
        out_channels=out_channels,
        kernel_size=5,
        stride=stride,
        activation="relu6",
        has_residual=has_residual,
        expands=expands,
    )
    for hidden, out_channels, stride, has_residual, expands in (
        (20, 8, 1, True, True),
        (20, 8, 1, False, True),
        (8, 16, 2, False, True),
        (8, 8, 1, True, False),
    )
]


@pytest.fixture(
    params=[
        *MBCONVS,
        *CONVOLUTIONS,
        *HEADS,
        *OF_CELLS,
        *RESIDUALS,
        *DIVERSE,
        *THIN,
        *OF_PRUNED_CELLS,
        DispatchSpec(),
    ],
    ids=str,
)
def block(request: pytest.FixtureRequest) -> BlockSpec:
    """Each in turn."""
    made: BlockSpec = request.param
    return made
