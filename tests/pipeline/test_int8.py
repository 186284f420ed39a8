"""int8 within an allowed loss: which ways are tried, in which order, and when it is given up."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest

from hwnas.device import DeviceSpec, load_device
from hwnas.errors import NoNetworkFitsError
from hwnas.measure.engine import engine_for
from hwnas.pipeline import int8
from hwnas.pipeline.int8 import Exported, Quantizer
from hwnas.quantize import Deployable, LayerSensitivity

X86 = load_device("x86-cpu")
LAYERS = ("a", "b", "c", "d", "e")


class Laboratory:
    """Models without content: what they get right is told by how they were made."""

    def __init__(self, accuracies: dict[str, float], ms: dict[int, float] | None = None) -> None:
        self.accuracies, self.ms = accuracies, ms or {}
        self.tried: list[str] = []
        self.made_of: dict[int, str] = {}
        self.models: list[onnx.ModelProto] = []

    def model(self, name: str) -> onnx.ModelProto:
        self.models.append(onnx.ModelProto())
        self.made_of[id(self.models[-1])] = name
        return self.models[-1]

    def deployable(self, model: onnx.ModelProto, device: DeviceSpec, *_: object) -> Deployable:
        recipe, rounded = device.recipe, self.made_of[id(model)] == "rounded"
        n = len(recipe.float_layers)
        name = f"{n} in float" if n else f"{'rounded ' * rounded}{recipe.calibration}"
        self.tried.append(name)
        return Deployable(self.model(name), ())

    def run(self, most_lost: float | None, budget_ms: float | None = None) -> int8.Made:
        quantizer = Quantizer(
            device=X86,
            engine=engine_for(X86),
            images=np.zeros((1, 1, 8, 8), np.float32),
            accuracy=lambda model: self.accuracies[self.made_of[id(model)]],
            answer=lambda _: np.zeros((1, 10), np.float32),
            measure=self._measure,
            budget_ms=budget_ms,
        )
        float32 = Exported(self.model("float32"), 0.0)
        return quantizer.make(float32, most_lost, lambda: Exported(self.model("rounded"), 0.0))

    def _measure(self, _: bytes) -> Any:  # noqa: ANN401 - a median is all that is asked
        n = next((int(t.split()[0]) for t in self.tried[-1:] if "float" in t), 0)
        return type("Measured", (), {"median_ms": self.ms.get(n, 1.0)})


@pytest.fixture
def laboratory(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Laboratory]:
    def made(ms: dict[int, float] | None = None, **accuracies: float) -> Laboratory:
        told = {name.replace("_", " ").strip(): value for name, value in accuracies.items()}
        there = Laboratory(told, ms)
        monkeypatch.setattr(int8, "deployable", there.deployable)
        found = [LayerSensitivity(layer=layer, noise=1.0) for layer in LAYERS]
        monkeypatch.setattr(int8, "layer_sensitivities", lambda *_: found)
        return there

    return made


Made = Callable[..., Laboratory]
LOSSY = {"float32": 0.9, "minmax": 0.8, "percentile": 0.82, "entropy": 0.81}
ROUNDED = {"rounded_minmax": 0.85, "rounded_percentile": 0.84, "rounded_entropy": 0.85}


def test_a_recipe_that_keeps_accuracy_is_kept(laboratory: Made) -> None:
    there = laboratory(float32=0.9, minmax=0.896)
    assert there.run(None).recipe == X86.recipe and there.tried == ["minmax"]


def test_one_that_loses_it_is_replaced_by_the_best(laboratory: Made) -> None:
    there = laboratory(float32=0.9, minmax=0.88, percentile=0.898, entropy=0.89)
    assert there.run(None).recipe.calibration == "percentile"
    assert sorted(there.tried) == ["entropy", "minmax", "percentile"]


def test_of_equals_the_devices_own_is_taken(laboratory: Made) -> None:
    there = laboratory(float32=0.9, minmax=0.88, percentile=0.88, entropy=0.88)
    assert there.run(None).recipe.calibration == "minmax"


def test_without_a_limit_nothing_else_is_tried(laboratory: Made) -> None:
    made = laboratory(**LOSSY).run(None)
    assert made.recipe.calibration == "percentile"
    assert not made.steps and not made.sensitivities


def test_what_is_allowed_to_be_lost_needs_no_more_work(laboratory: Made) -> None:
    there = laboratory(**LOSSY)
    assert not there.run(0.15).steps and there.tried == ["minmax"]


def test_training_on_with_rounded_layers_comes_first(laboratory: Made) -> None:
    there = laboratory(**LOSSY, **ROUNDED | {"rounded_minmax": 0.898})
    made = there.run(0.005)
    assert [step.made for step in made.steps] == ["calibrated", "trained on with rounded layers"]
    assert there.made_of[id(made.float32.model)] == "rounded"
    assert len(made.sensitivities) == len(LAYERS) and not made.recipe.float_layers
    assert made.steps[1].lost == pytest.approx(0.002)


def test_then_the_most_sensitive_layers_stay_in_float(laboratory: Made) -> None:
    floats = {"1_in_float": 0.86, "2_in_float": 0.88, "4_in_float": 0.899}
    made = laboratory(**LOSSY, **ROUNDED, **floats).run(0.005)
    assert made.recipe.float_layers == ("a", "b", "c", "d")
    assert [step.made for step in made.steps][2:] == [
        "1 layers in float",
        "2 layers in float",
        "4 layers in float",
    ]
    assert len(made.sensitivities) == len(LAYERS)


def test_a_rounded_training_that_makes_it_worse_is_forgotten(laboratory: Made) -> None:
    worse = dict.fromkeys(ROUNDED, 0.5)
    there = laboratory(**LOSSY, **worse, **{"1_in_float": 0.899})
    made = there.run(0.005)
    assert there.made_of[id(made.float32.model)] == "float32"
    assert made.recipe.calibration == "percentile"


def test_layers_in_float_never_break_the_budget(laboratory: Made) -> None:
    floats = {"1_in_float": 0.86, "2_in_float": 0.899}
    there = laboratory({1: 1.5, 2: 3.0}, **LOSSY, **ROUNDED, **floats)
    with pytest.raises(NoNetworkFitsError, match=r"0.5 points of --max-int8-drop.*2 layers"):
        there.run(0.005, budget_ms=2.0)
