"""The predicted working set is what ONNX Runtime allocates."""

from collections.abc import Callable

import pytest

from hwnas.block import MBConvSpec
from hwnas.device import DeviceSpec, Precision
from hwnas.footprint import working_set_bytes
from hwnas.measure.target import HERE

PRECISIONS = pytest.mark.parametrize("precision", ["float32", "int8"])
TOLERANCE = 0.02
"""A few tensors of 256 bytes; kernels of other processors take other buffers."""

DeviceOf = Callable[..., DeviceSpec]
Make = Callable[..., tuple[MBConvSpec, ...]]
FileOf = Callable[..., bytes]


@PRECISIONS
@pytest.mark.parametrize(
    ("images", "batch"),
    [
        (("mobilenet", 8, 1), 2),
        (("mobilenet", 28, 1), 1),
        (("mobilenet", 32, 3), 3),
        (("mobilenet", 96, 3), 1),
        (("nasbench-macro", 32, 3), 1),
    ],
)
def test_a_network_allocates_what_its_largest_block_says(
    precision: Precision,
    images: tuple[str, int, int],
    batch: int,
    device_of: DeviceOf,
    random_network: Make,
    file_of: FileOf,
) -> None:
    device, blocks = device_of(precision, batch), random_network(*images)
    predicted = max(working_set_bytes(block, device) for block in blocks)
    allocated = HERE.allocated_bytes(file_of(blocks, device), device)
    assert predicted == pytest.approx(allocated, rel=TOLERANCE)


@PRECISIONS
@pytest.mark.parametrize("activation", ["none", "relu", "relu6", "hard_swish"])
@pytest.mark.parametrize("se_ratio", [0.0, 0.25])
def test_activations_and_squeeze_excitation_are_counted(
    precision: Precision,
    activation: str,
    se_ratio: float,
    device_of: DeviceOf,
    stage_network: Make,
    file_of: FileOf,
) -> None:
    device, blocks = device_of(precision), stage_network(activation, se_ratio)
    predicted = max(working_set_bytes(block, device) for block in blocks)
    allocated = HERE.allocated_bytes(file_of(blocks, device), device)
    assert predicted == pytest.approx(allocated, rel=TOLERANCE)


@PRECISIONS
@pytest.mark.parametrize("activation", ["relu", "swish"])
def test_diverse_blocks_allocate_what_they_say(
    precision: Precision,
    activation: str,
    device_of: DeviceOf,
    diverse_network: Make,
    file_of: FileOf,
) -> None:
    device, blocks = device_of(precision), diverse_network(activation)
    predicted = max(working_set_bytes(block, device) for block in blocks)
    allocated = HERE.allocated_bytes(file_of(blocks, device), device)
    assert allocated is not None
    assert 0.98 * allocated <= predicted <= 1.2 * allocated


def mbconv(out_channels: int) -> MBConvSpec:
    return MBConvSpec(
        input_size=16,
        in_channels=16,
        out_channels=out_channels,
        kernel_size=3,
        expansion=4,
        stride=1,
        activation="relu6",
    )


def test_a_residual_stays_alive_beside_the_two_widest_maps(device_of: DeviceOf) -> None:
    device = device_of("float32")
    assert working_set_bytes(mbconv(32), device) == 4 * 16**2 * (64 + 64)
    assert working_set_bytes(mbconv(16), device) == 4 * 16**2 * (16 + 64 + 64)


def test_int8_takes_a_byte_an_element_and_a_table_of_pointers(device_of: DeviceOf) -> None:
    pixels = 16**2
    assert working_set_bytes(mbconv(32), device_of("int8")) == pixels * (64 + 64 + 8 * 9)


def test_a_working_set_grows_with_the_batch(device_of: DeviceOf) -> None:
    one, two = (working_set_bytes(mbconv(32), device_of("float32", n)) for n in (1, 2))
    assert two == 2 * one
