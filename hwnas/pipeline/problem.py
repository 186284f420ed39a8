"""What every phase of a search needs: images, space, engine, latency model and limits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hwnas.block import BlockSpec
from hwnas.data import DataSet, load_data
from hwnas.errors import DataError, InvalidInputError, NoNetworkFitsError
from hwnas.latency import LatencyModel
from hwnas.measure import NETWORK_PLAN, Measurement
from hwnas.measure.engine import Engine
from hwnas.pipeline.quantity import check_least
from hwnas.pipeline.request import SearchRequest
from hwnas.profile import ready_blocks
from hwnas.progress import OnProgress, Progress
from hwnas.search import Generator
from hwnas.search.priced_graph import Price, Scores
from hwnas.space import Architecture, Space, all_blocks, blocks_of, space_named
from hwnas.verify import measure_within


def load_images(
    name: str, input_size: int | None, on_progress: OnProgress, *, skip_bad: bool = False
) -> DataSet:
    """Load a data set, telling progress and what was left out.

    Raises:
        DataError: It cannot be read or learned from.
        UnknownNameError: There is none of that name.
    """
    if not name.strip():
        raise DataError(f"{name!r} names no data set. Give --data digits or a folder.")
    try:
        return load_data(
            name,
            input_size=input_size,
            skip_bad=skip_bad,
            warn=lambda text: on_progress(Progress("images", 0, 0, text)),
            progress=lambda done, total: on_progress(Progress("images", done, total)),
        )
    except OSError as error:
        raise DataError(
            f"Cannot read the data {name}: {error.strerror or error}. Name another with --data."
        ) from error


def usable_space(name: str, *, input_size: int, in_channels: int, n_classes: int) -> Space:
    """The space ``--space`` asks for, once all of its blocks could be told.

    Raises:
        UnknownNameError: No such space.
        InvalidInputError: A file, a multiplier, a size or an option that cannot be used.
    """
    check_least(1, input_size=input_size, channels=in_channels, classes=n_classes)
    try:
        space = space_named(
            name, input_size=input_size, in_channels=in_channels, n_classes=n_classes
        )
        all_blocks(space)
    except (ValueError, ZeroDivisionError) as error:
        raise InvalidInputError(
            f"Space {name} holds no networks: {error}. Correct that value."
        ) from error
    return space


def images_and_space(request: SearchRequest, on_progress: OnProgress) -> tuple[DataSet, Space]:
    """The data set at the largest resolution the space asks for, and the space for it."""

    def load(input_size: int | None) -> DataSet:
        return load_images(request.data, input_size, on_progress, skip_bad=request.skip_bad)

    data = load(request.input_size)
    space = usable_space(
        request.space,
        input_size=data.input_size,
        in_channels=data.in_channels,
        n_classes=data.n_classes,
    )
    largest = max(block.input_size for block in all_blocks(space) if block.reads_image)
    return (data if largest == data.input_size else load(largest)), space


@dataclass(frozen=True)
class Problem:
    """A search's givens; latency is always the first price, whether limited or not."""

    request: SearchRequest
    data: DataSet
    space: Space
    engine: Engine
    model: LatencyModel

    def blocks(self, architecture: Architecture) -> tuple[BlockSpec, ...]:
        """The architecture's blocks."""
        return blocks_of(self.space, architecture)

    def generator(self, scores: Scores) -> Generator:
        """Exact network generation with these scores."""
        return Generator(self.space, scores, self._prices)

    def limits(self, ratio: float) -> tuple[float, ...]:
        """One limit a price, when networks take ``ratio`` times what their blocks say."""
        budget = self.request.budget
        latency_ms = math.inf if budget.latency_ms is None else budget.latency_ms / ratio
        others = (budget.n_parameters, budget.n_macs)
        return (
            latency_ms - self.model.constant_ms,
            *(float(limit) for limit in others if limit is not None),
        )

    def predict_ms(self, architecture: Architecture) -> float:
        """What the blocks say, uncorrected."""
        return self.model.predict_ms(self.blocks(architecture))

    def measure(self, architecture: Architecture) -> Measurement:
        """Build, quantize and time the whole network, again if it seems over budget."""
        device = self.request.device
        ready = ready_blocks(self.blocks(architecture), device, self.engine)
        budget_ms = self.request.budget.latency_ms
        return measure_within(ready.content, device, self.engine, budget_ms, NETWORK_PLAN)

    def keeps_latency(self, median_ms: float) -> bool:
        """Whether a median is within the budget."""
        budget_ms = self.request.budget.latency_ms
        return budget_ms is None or median_ms <= budget_ms

    def fits(self, measurement: Measurement, slowdown: float = 1.0) -> bool:
        """Whether a median that may grow by ``slowdown`` is, with its spread to spare."""
        return self.keeps_latency(slowdown * measurement.median_ms + measurement.mad_ms)

    def refuse_hopeless(self) -> None:
        """Fail before any training where no network can fit.

        Raises:
            NoNetworkFitsError: The fastest or smallest network is over budget.
        """
        generator = self.generator(self._no_scores)
        fastest = generator.cheapest(0).architecture
        measurement = self.measure(fastest)
        ratio = measurement.median_ms / self.predict_ms(fastest)
        within = generator.best(self.limits(min(1.0, ratio)))
        if not self.fits(measurement) or next(within, None) is None:
            raise self._nothing_fits(generator, measurement)

    def nothing_fits(self, generator: Generator) -> NoNetworkFitsError:
        """The error that says how fast the fastest network is, or what each limit allows."""
        return self._nothing_fits(generator, self.measure(generator.cheapest(0).architecture))

    def _nothing_fits(self, generator: Generator, fastest: Measurement) -> NoNetworkFitsError:
        if self.fits(fastest) and len(self._price_names) > 1:
            return self._limits_exclude_each_other(generator, fastest)
        device = self.request.device
        return NoNetworkFitsError(
            f"No network of space {self.space.name!r} fits {self.request.budget.latency_ms:g} ms: "
            f"the fastest takes {fastest.median_ms:.4g} ms, give or take {fastest.mad_ms:.2g} ms "
            f"({fastest.provenance}), on {device.name} in {device.precision} with "
            f"{device.threads} thread(s). "
            "Raise --latency, use more --threads, a smaller --input-size or another --space."
        )

    def _limits_exclude_each_other(
        self, generator: Generator, fastest: Measurement
    ) -> NoNetworkFitsError:
        budget = self.request.budget
        limits = [] if budget.latency_ms is None else [f"{budget.latency_ms:g} ms"]
        reached = [] if budget.latency_ms is None else [f"{fastest.median_ms:.4g} ms"]
        others = (limit for limit in (budget.n_parameters, budget.n_macs) if limit is not None)
        for index, limit in enumerate(others, start=1):
            name = self._price_names[index]
            limits.append(f"{limit:,} {name}")
            reached.append(f"{int(generator.cheapest(index).costs[index]):,} {name}")
        return NoNetworkFitsError(
            f"No network of space {self.space.name!r} keeps {' and '.join(limits)}: the least "
            f"of each alone is {' and '.join(reached)}. Raise a limit or name another --space."
        )

    @cached_property
    def _prices(self) -> Sequence[Price]:
        available: dict[str, Price] = {
            "latency": self.model.block_ms,
            "parameters": lambda block: block.n_parameters,
            "MACs": lambda block: block.n_macs,
        }
        return [available[name] for name in self._price_names]

    @cached_property
    def _price_names(self) -> Sequence[str]:
        budget = self.request.budget
        limits = {"parameters": budget.n_parameters, "MACs": budget.n_macs}
        return ["latency", *(name for name, limit in limits.items() if limit is not None)]

    @property
    def _no_scores(self) -> dict[str, dict[str, float]]:
        return {d.name: dict.fromkeys(d.options, 0.0) for d in self.space.decisions}
