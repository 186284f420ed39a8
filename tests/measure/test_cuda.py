"""A CUDA card, where there is one."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from hwnas.device import DeviceSpec, load_device
from hwnas.measure import NETWORK_PLAN
from hwnas.measure.engine import engine_for
from hwnas.profile import ready_blocks
from hwnas.space import blocks_of, random_architecture, space_named
from hwnas.verify import difference_from_processor

CUDA = "CUDAExecutionProvider"

pytestmark = [
    pytest.mark.device,
    pytest.mark.skipif(
        CUDA not in onnxruntime.get_available_providers(), reason="needs onnxruntime-gpu"
    ),
]


def card(batch: int, precision: str) -> DeviceSpec:
    v100 = load_device("v100")
    plain = replace(v100, provider=CUDA, provider_options={}, fallback_providers=())
    return replace(plain, batch=batch, precision="float16" if precision == "half" else "float32")


def network(device: DeviceSpec) -> bytes:
    space = space_named("mobilenet", input_size=224, in_channels=3, n_classes=10)
    architecture = random_architecture(space, np.random.default_rng(1))
    return ready_blocks(blocks_of(space, architecture).blocks, device, engine_for(device)).content


@pytest.mark.parametrize("batch", [1, 64])
@pytest.mark.parametrize("precision", ["half", "single"])
def test_a_network_runs_whole_on_the_card_and_answers_as_the_processor(
    batch: int, precision: str
) -> None:
    device = card(batch, precision)
    engine, model = engine_for(device), network(device)
    placed = engine.placement(model, device)
    assert placed is not None and set(placed) == {CUDA}
    difference = difference_from_processor(model, device, engine)
    assert difference is not None and difference < (0.02 if precision == "half" else 1e-3)
    assert engine.measure(model, device, NETWORK_PLAN).median_ms > 0
