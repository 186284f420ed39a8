"""Networks whose memory and file are predicted and looked at."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from hwnas.block import (
    AttentionSpec,
    BlockSpec,
    FusedMBConvSpec,
    GroupedMBConvSpec,
    LinearHeadSpec,
    ShuffleSpec,
    StemSpec,
)
from hwnas.device import DeviceSpec, Precision, load_device
from hwnas.measure.engine import engine_named
from hwnas.profile import ready_blocks
from hwnas.space import blocks_of, random_architecture, space_named
from hwnas.space.mobilenet import MobilenetSpace, Stage

Blocks = Sequence[BlockSpec]


@pytest.fixture
def device_of() -> Callable[..., DeviceSpec]:
    def make(precision: Precision, batch: int = 1) -> DeviceSpec:
        return replace(load_device("x86-cpu"), precision=precision, batch=batch)

    return make


@pytest.fixture
def random_network() -> Callable[..., Blocks]:
    """One of the named space, drawn by a seed."""

    def make(name: str, input_size: int, in_channels: int = 3, seed: int = 0) -> Blocks:
        space = space_named(name, input_size=input_size, in_channels=in_channels, n_classes=10)
        return blocks_of(space, random_architecture(space, np.random.default_rng(seed)))

    return make


@pytest.fixture
def stage_network() -> Callable[..., Blocks]:
    """Two stages of odd widths, with an activation and squeeze-excitation of choice."""

    def make(activation: str, se_ratio: float, seed: int = 0) -> Blocks:
        space = MobilenetSpace(
            name="two stages",
            input_sizes=(33,),
            in_channels=3,
            n_classes=10,
            stem_channels=24,
            head_channels=64,
            stages=(
                Stage(widths=(24,), max_depth=2, stride=1, expansions=(1,)),
                Stage(widths=(40,), max_depth=2, stride=2),
            ),
            activation=activation,
            se_ratio=se_ratio,
        )
        return blocks_of(space, random_architecture(space, np.random.default_rng(seed)))

    return make


@pytest.fixture
def file_of() -> Callable[[Blocks, DeviceSpec], bytes]:
    def make(blocks: Blocks, device: DeviceSpec) -> bytes:
        return ready_blocks(blocks, device, engine_named("onnxruntime")).content

    return make


@pytest.fixture(params=["fused", "grouped", "shuffle", "attention"])
def diverse_network(request: pytest.FixtureRequest) -> Callable[[str], Blocks]:
    """Stem, one block of a kind with an activation of choice, and classifier."""

    def make(activation: str) -> Blocks:
        shape = {"input_size": 14, "in_channels": 48}
        convolving = {"out_channels": 48, "kernel_size": 3, "stride": 1, "activation": activation}
        blocks: dict[str, BlockSpec] = {
            "fused": FusedMBConvSpec(**shape, **convolving, expansion=2),  # type: ignore[arg-type]
            "grouped": GroupedMBConvSpec(**shape, **convolving, expansion=4),  # type: ignore[arg-type]
            "shuffle": ShuffleSpec(**shape, **convolving),  # type: ignore[arg-type]
            "attention": AttentionSpec(**shape, head_width=16, expansion=2, activation=activation),
        }
        stem = StemSpec(
            input_size=28,
            in_channels=3,
            out_channels=48,
            kernel_size=3,
            stride=2,
            activation="relu",
        )
        return [stem, blocks[request.param], LinearHeadSpec(**shape, n_classes=10)]

    return make
