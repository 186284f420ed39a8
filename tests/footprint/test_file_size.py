"""The predicted file size is that of the ONNX file, and rather more than less."""

from collections.abc import Callable

import pytest

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec, Precision
from hwnas.footprint import EMPTY_FILE_BYTES, block_file_bytes

PRECISIONS = pytest.mark.parametrize("precision", ["float32", "int8"])
DeviceOf = Callable[..., DeviceSpec]
Make = Callable[..., tuple[BlockSpec, ...]]
FileOf = Callable[..., bytes]


def predicted_bytes(blocks: tuple[BlockSpec, ...], device: DeviceSpec) -> int:
    return EMPTY_FILE_BYTES + sum(block_file_bytes(block, device) for block in blocks)


@PRECISIONS
@pytest.mark.parametrize(("input_size", "in_channels"), [(8, 1), (28, 1), (32, 3), (96, 3)])
def test_a_mobilenet_is_told_to_a_hundredth_and_never_too_small(
    precision: Precision,
    input_size: int,
    in_channels: int,
    device_of: DeviceOf,
    random_network: Make,
    file_of: FileOf,
) -> None:
    device, blocks = device_of(precision), random_network("mobilenet", input_size, in_channels)
    written = len(file_of(blocks, device))
    assert written <= predicted_bytes(blocks, device) <= 1.01 * written


@PRECISIONS
@pytest.mark.parametrize("activation", ["none", "relu", "hard_swish"])
@pytest.mark.parametrize("se_ratio", [0.0, 0.25])
def test_tiny_files_of_other_operators_are_told_to_a_twentieth(
    precision: Precision,
    activation: str,
    se_ratio: float,
    device_of: DeviceOf,
    stage_network: Make,
    file_of: FileOf,
) -> None:
    device, blocks = device_of(precision), stage_network(activation, se_ratio)
    written = len(file_of(blocks, device))
    assert predicted_bytes(blocks, device) == pytest.approx(written, rel=0.06)


@PRECISIONS
@pytest.mark.parametrize("activation", ["relu", "swish"])
def test_files_of_diverse_blocks_are_told_to_a_tenth(
    precision: Precision,
    activation: str,
    device_of: DeviceOf,
    diverse_network: Make,
    file_of: FileOf,
) -> None:
    device, blocks = device_of(precision), diverse_network(activation)
    written = len(file_of(blocks, device))
    assert predicted_bytes(blocks, device) == pytest.approx(written, rel=0.1)
