"""Everything a finished search knows, put together as the result and the files of a run."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from hwnas.accuracy import AccuracySource
from hwnas.pipeline.choose import Timed, Timing
from hwnas.pipeline.finish import Finished, Workshop
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.supernet import images_per_second
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.regression.qualities import QualityFit
from hwnas.report import (
    Baseline,
    FrontPoint,
    MeasuredNetwork,
    OtherDevice,
    Pruning,
    SearchResult,
    front_csv,
    front_picture,
    picture,
    pruning_picture,
)
from hwnas.search import Proposer
from hwnas.space import Architecture, architecture_to_json
from hwnas.version import versions

FRONT_POINTS_SCORED = 16
"""Points of the front whose accuracy the supernet is asked for."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A chosen, finished network and all that led to it; ``finished`` is one for each device."""

    problem: Problem
    workshop: Workshop
    architecture: Architecture
    timings: tuple[Timing, ...]
    """Of the network before it was trained, one a device."""
    ratios: tuple[float, ...]
    """Of latencies to what blocks say, by the networks timed on the way, one a device."""
    measured: tuple[MeasuredNetwork, ...]
    finished: tuple[Finished, ...]
    front: tuple[FrontPoint, ...]
    baselines: tuple[Baseline, ...]
    kept: dict[str, bytes]
    """What else goes into the run folder, name to content."""
    hypervolumes: tuple[float, ...] = ()
    predictor: QualityFit | None = None
    pruning: Pruning | None = None

    def files(self, result: SearchResult) -> dict[str, bytes]:
        """The run folder, name to content; the log is the work folder's to add."""
        precision = self.problem.request.device.precision
        finished = self.finished[0]
        models = {
            "model.float32.onnx": finished.float32.SerializeToString(),
            f"model.{precision}.onnx": finished.deployed.content,
        }
        for finished, other in zip(self.finished[1:], result.other_devices, strict=True):
            models[other.file] = finished.deployed.content
        texts = {
            "architecture.json": json.dumps(result.architecture, indent=2) + "\n",
            "result.json": json.dumps(asdict(result), indent=2) + "\n",
            "pareto.csv": front_csv(result.front, [one.device for one in result.other_devices]),
        }
        encoded = {name: text.encode() for name, text in texts.items()}
        pictures = {"pareto.png": picture(result)}
        if result.hypervolumes:
            pictures["front.png"] = front_picture(result)
        if result.pruning is not None:
            pictures["pruning.png"] = pruning_picture(result, result.pruning)
        return models | encoded | self.kept | pictures

    def result(self, work: WorkFolder) -> SearchResult:
        """Test both files and put every figure in its place."""
        problem, request, finished = self.problem, self.problem.request, self.finished[0]
        device, blocks = request.device, problem.blocks(self.architecture)
        architecture = architecture_to_json(problem.space, self.architecture)
        float32_accuracy = self.workshop.test_accuracy(finished.float32)
        deployed_accuracy = float32_accuracy
        if device.precision != "float32":
            deployed_accuracy = self.workshop.test_accuracy(finished.deployed.model)
        float32_ms = self.workshop.time_float32(finished).median_ms
        return SearchResult(
            device=device.name,
            engine=self.problem.engine.version(),
            provenance=finished.measurement.provenance,
            strategy=request.strategy,
            supernet=request.supernet.rule,
            space=problem.space.name,
            seed=request.seed,
            data=problem.data.name,
            data_source=request.data,
            skip_bad=request.skip_bad,
            data_fingerprint=problem.data.fingerprint,
            precision=device.precision,
            threads=device.threads,
            batch=device.batch,
            latency_budget_ms=request.budget.latency_ms,
            max_params=request.budget.n_parameters,
            max_macs=request.budget.n_macs,
            n_blocks=len(blocks),
            n_estimated_blocks=problem.model.n_estimated(blocks),
            max_memory_bytes=request.budget.memory_bytes,
            max_file_bytes=request.budget.file_bytes,
            max_height=request.cells.max_height,
            non_parametric_edges=request.cells.non_parametric_edges,
            predicted_latency_ms=problem.predict_ms(self.architecture),
            corrected_latency_ms=self.ratios[0] * problem.predict_ms(self.architecture),
            measured_latency_ms=finished.measurement.median_ms,
            measured_latency_spread=finished.measurement,
            float32_latency_ms=float32_ms,
            accuracy_float32=float32_accuracy,
            accuracy_int8=deployed_accuracy if device.precision == "int8" else None,
            accuracy_float16=deployed_accuracy if device.precision == "float16" else None,
            params=sum(block.n_parameters for block in blocks),
            macs=sum(block.n_macs for block in blocks),
            predicted_memory_bytes=problem.predict_memory_bytes(self.architecture),
            memory_bytes=finished.memory_bytes,
            predicted_model_bytes=problem.predict_file_bytes(self.architecture),
            model_bytes=len(finished.deployed.content),
            float32_bytes=finished.float32.ByteSize(),
            left_in_float=finished.deployed.left_in_float,
            calibration=finished.recipe.calibration if device.precision == "int8" else None,
            recipe_calibration=device.recipe.calibration,
            max_int8_drop=request.max_int8_drop,
            int8_steps=finished.int8_steps,
            float_layers=finished.recipe.float_layers,
            sensitivities=tuple((one.layer, one.noise) for one in finished.sensitivities),
            export_difference=finished.export_difference,
            architecture=architecture,
            front=self.front,
            hypervolumes=self.hypervolumes,
            predictor=self.predictor,
            objectives=request.objectives,
            other_devices=tuple(self._other_devices()),
            measured_networks=self.measured,
            baselines=self.baselines,
            seconds=work.seconds(),
            images_per_second=images_per_second(work),
            versions=versions(),
            out=str(request.out),
            pruning=self.pruning,
            started_from=None if request.start is None else str(request.start.folder),
        )

    def _other_devices(self) -> Iterator[OtherDevice]:
        """What the network is on them, each with a file of its own."""
        later = slice(1, None)
        others = zip(
            self.problem.devices[later],
            self.finished[later],
            self.timings[later],
            self.ratios[later],
            strict=True,
        )
        blocks = self.problem.blocks(self.architecture)
        for timed, finished, timing, ratio in others:
            device = timed.device
            workshop = self.workshop.at(device, timed.engine, timed.budget_ms)
            yield OtherDevice(
                device=device.name,
                engine=timed.engine.version(),
                provenance=finished.measurement.provenance,
                precision=device.precision,
                threads=device.threads,
                latency_budget_ms=timed.budget_ms,
                predicted_latency_ms=timing.predicted_ms,
                corrected_latency_ms=ratio * timing.predicted_ms,
                measured_latency_ms=finished.measurement.median_ms,
                measured_latency_spread=finished.measurement,
                accuracy=workshop.test_accuracy(finished.deployed.model),
                memory_bytes=finished.memory_bytes,
                model_bytes=len(finished.deployed.content),
                left_in_float=finished.deployed.left_in_float,
                calibration=finished.recipe.calibration if device.precision == "int8" else None,
                int8_steps=finished.int8_steps,
                float_layers=finished.recipe.float_layers,
                n_estimated_blocks=timed.model.n_estimated(blocks),
                file=f"model.{device.precision}.{device.name}.onnx",
            )


def front_of(
    problem: Problem,
    generator: Proposer,
    source: AccuracySource | None,
    ratios: Sequence[float],
) -> tuple[FrontPoint, ...]:
    """The whole front, latencies corrected; a few points with the supernet's accuracy."""
    front = generator.front()
    asked = set(np.linspace(0, len(front) - 1, FRONT_POINTS_SCORED).round().astype(int).tolist())
    points = []
    for index, candidate in enumerate(front):
        blocks = problem.blocks(candidate.architecture)
        latency_ms, *other_latencies_ms = [
            ratio * on.predict_ms(blocks)
            for on, ratio in zip(problem.devices, ratios, strict=True)
        ]
        points.append(
            FrontPoint(
                corrected_latency_ms=latency_ms,
                score=candidate.score,
                expected_accuracy=candidate.score if generator.expects_accuracies else None,
                params=sum(block.n_parameters for block in blocks),
                macs=sum(block.n_macs for block in blocks),
                memory_bytes=problem.predict_memory_bytes(candidate.architecture),
                model_bytes=problem.predict_file_bytes(candidate.architecture),
                other_latencies_ms=tuple(other_latencies_ms),
                supernet_accuracy=(
                    source.accuracy(candidate.architecture) if source and index in asked else None
                ),
                choices=str(candidate.architecture),
            )
        )
    return tuple(points)


def measured_network(timed: Timed) -> MeasuredNetwork:
    """What a result says of a network that was timed while choosing."""
    return MeasuredNetwork(
        choices=str(timed.architecture),
        predicted_latency_ms=timed.predicted_ms,
        measured_latency_ms=timed.measurement.median_ms,
        supernet_accuracy=timed.accuracy,
    )
