"""Accuracy and agreement of real files, through ONNX Runtime."""

import numpy as np
import pytest
import torch

from hwnas.data import DataSet, load_data
from hwnas.device import DeviceSpec
from hwnas.errors import ExportError, InvalidInputError
from hwnas.export import Preprocessing, to_onnx
from hwnas.measure.engine import Runner, engine_named
from hwnas.network import build, randomize_statistics
from hwnas.space import Space, blocks_of, random_architecture
from hwnas.verify import check_agreement, deployed_accuracy

ENGINE = engine_named("onnxruntime")


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return load_data("digits")


@pytest.fixture(scope="module")
def network(small_space: Space) -> torch.nn.Module:
    torch.manual_seed(0)
    blocks = blocks_of(small_space, random_architecture(small_space, np.random.default_rng(0)))
    network = build(blocks)
    randomize_statistics(network, torch.Generator().manual_seed(0))
    return network.eval()


def loaded(network: torch.nn.Module, device: DeviceSpec, batch: int) -> Runner:
    return ENGINE.load(to_onnx(network, (batch, 1, 8, 8)).SerializeToString(), device)


def preprocessing(data: DataSet) -> Preprocessing:
    return Preprocessing(mean=data.mean, std=data.std, input_size=8)


@pytest.mark.parametrize("batch", [1, 3, 64])
def test_accuracy_is_torch_s_in_any_batch(
    network: torch.nn.Module, simulated: DeviceSpec, digits: DataSet, batch: int
) -> None:
    test = digits.test.take(range(100))
    with torch.no_grad():
        logits = network(torch.from_numpy(preprocessing(digits)(test.images)))
    expected = float((logits.argmax(1).numpy() == test.labels).mean())
    found = deployed_accuracy(loaded(network, simulated, batch), test, preprocessing(digits))
    assert found == pytest.approx(expected)


def test_a_batch_larger_than_the_set_is_filled_up(
    network: torch.nn.Module, simulated: DeviceSpec, digits: DataSet
) -> None:
    two = digits.test.take([0, 1])
    runners = [loaded(network, simulated, batch) for batch in (1, 5)]
    one, five = (deployed_accuracy(r, two, preprocessing(digits)) for r in runners)
    assert one == five


@pytest.mark.parametrize(("channels", "size"), [(3, 8), (1, 16)])
def test_data_of_another_model_are_refused(
    simulated: DeviceSpec, digits: DataSet, channels: int, size: int
) -> None:
    model = to_onnx(torch.nn.Flatten(), (1, channels, size, size))
    runner = ENGINE.load(model.SerializeToString(), simulated)
    with pytest.raises(InvalidInputError, match=f"{size}x{size} images of {channels} channels"):
        deployed_accuracy(runner, digits.test, preprocessing(digits))


def test_an_exported_network_agrees(network: torch.nn.Module, simulated: DeviceSpec) -> None:
    images = np.random.default_rng(0).standard_normal((3, 1, 8, 8)).astype(np.float32)
    assert 0 <= check_agreement(network, loaded(network, simulated, 3), images) <= 1e-4


def test_a_network_changed_after_its_export_disagrees(
    network: torch.nn.Module, simulated: DeviceSpec
) -> None:
    runner = loaded(network, simulated, 3)
    images = np.random.default_rng(0).standard_normal((3, 1, 8, 8)).astype(np.float32)
    bias = list(network.parameters())[-1].data
    bias += 0.1
    try:
        with pytest.raises(ExportError, match="differs from the trained one"):
            check_agreement(network, runner, images)
    finally:
        bias -= 0.1


class Shifted:
    """Gives ``logit + 0.005`` where torch gives ``logit``."""

    def __init__(self, logit: float) -> None:
        self.input_shape = (1, 1)
        self._logit = logit

    def __call__(self, batch: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.array([[self._logit + 0.005]], np.float32)


@pytest.mark.parametrize(("logit", "agrees"), [(100.0, True), (1.0, False), (float("nan"), False)])
def test_large_logits_may_differ_by_more(logit: float, agrees: bool) -> None:
    network = torch.nn.Linear(1, 1)
    network.weight.data.fill_(logit)
    network.bias.data.zero_()
    image = np.ones((1, 1), np.float32)
    if agrees:
        assert check_agreement(network, Shifted(logit), image) == pytest.approx(5e-5, rel=1e-2)
    else:
        with pytest.raises(ExportError):
            check_agreement(network, Shifted(logit), image)
