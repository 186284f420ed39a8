"""What every phase of a search needs: images, space, engine, latency model and limits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hwnas.block import BlockSpec
from hwnas.data import DataSet, load_data
from hwnas.errors import DataError, InvalidInputError, NoNetworkFitsError, reason
from hwnas.footprint import (
    EMPTY_FILE_BYTES,
    block_file_bytes,
    network_working_set_bytes,
    working_set_bytes,
)
from hwnas.latency import LatencyModel
from hwnas.measure import NETWORK_PLAN, Measurement
from hwnas.measure.engine import Engine
from hwnas.pipeline.finish import card_bytes
from hwnas.pipeline.quantity import check_least
from hwnas.pipeline.request import RankRequest, SearchRequest
from hwnas.pipeline.sizes import check_sizes
from hwnas.profile import ready_blocks
from hwnas.progress import OnProgress, Progress
from hwnas.search import Generator, least_peak
from hwnas.search.priced_graph import Price, Scores
from hwnas.space import (
    Architecture,
    Network,
    Space,
    all_blocks,
    architecture_to_json,
    blocks_of,
    space_named,
)
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
            f"Cannot read the data {name}: {reason(error)}. Name another with --data."
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
        blocks = all_blocks(space)
    except (ValueError, ZeroDivisionError) as error:
        raise InvalidInputError(
            f"Space {name} holds no networks: {error}. Correct that value."
        ) from error
    check_sizes(name, blocks)
    return space


def images_and_space(
    request: SearchRequest | RankRequest, on_progress: OnProgress
) -> tuple[DataSet, Space]:
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
    largest = largest_input(space)
    return (data if largest == data.input_size else load(largest)), space


def largest_input(space: Space) -> int:
    """The most pixels a network of the space reads, height or width."""
    return max(block.input_size for block in all_blocks(space) if block.reads_image)


@dataclass(frozen=True)
class Problem:
    """A search's givens; latency is always the first price, whether limited or not."""

    request: SearchRequest
    data: DataSet
    space: Space
    engine: Engine
    model: LatencyModel

    def blocks(self, architecture: Architecture) -> Network:
        """The architecture's blocks, and how they are wired."""
        return blocks_of(self.space, architecture)

    def generator(self, scores: Scores) -> Generator:
        """Exact network generation with these scores."""
        return Generator(self.space, scores, self._prices, self._allows)

    def limits(self, ratio: float) -> tuple[float, ...]:
        """One limit a price, when networks take ``ratio`` times what their blocks say."""
        budget = self.request.budget
        latency_ms = math.inf if budget.latency_ms is None else budget.latency_ms / ratio
        others = (float(limit - self._constants[name]) for name, limit in self._others.items())
        return (latency_ms - self.model.constant_ms, *others)

    def predict_ms(self, architecture: Architecture) -> float:
        """What the blocks say, uncorrected."""
        return self.model.predict_ms(self.blocks(architecture))

    def predict_memory_bytes(self, architecture: Architecture) -> int:
        """The network's peak working set."""
        return network_working_set_bytes(self.blocks(architecture), self.request.device)

    def predict_file_bytes(self, architecture: Architecture) -> int:
        """The file's size, metadata included."""
        added = sum(map(self._block_file_bytes, self.blocks(architecture)))
        return added + self._constants["bytes of file"]

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

    def keeps_bytes(self, memory_bytes: int, file_bytes: int) -> bool:
        """Whether working set and file are within the budget."""
        budget = self.request.budget
        pairs = ((memory_bytes, budget.memory_bytes), (file_bytes, budget.file_bytes))
        return all(limit is None or n_bytes <= limit for n_bytes, limit in pairs)

    def fits(self, measurement: Measurement, slowdown: float = 1.0) -> bool:
        """Whether a median that may grow by ``slowdown`` is, with its spread to spare."""
        return self.keeps_latency(slowdown * measurement.median_ms + measurement.mad_ms)

    def refuse_hopeless(self) -> None:
        """Fail before any training where no network can fit.

        Raises:
            NoNetworkFitsError: The fastest or smallest network is over budget.
        """
        self._refuse_too_little_memory()
        generator = self.generator(self._no_scores)
        fastest = generator.cheapest(0).architecture
        measurement = self.measure(fastest)
        ratio = measurement.median_ms / self.predict_ms(fastest)
        within = generator.best(self.limits(min(1.0, ratio)))
        if not self.fits(measurement) or next(within, None) is None:
            raise self._nothing_fits(generator, measurement)

    def _refuse_too_little_memory(self) -> None:
        limit = self.request.budget.memory_bytes
        least = int(least_peak(self.space, self._working_set_bytes))
        if limit is not None and least > limit:
            device = self.request.device
            raise NoNetworkFitsError(
                f"No network of space {self.space.name!r} runs in {limit:,} bytes: the least "
                f"working set is {least:,} bytes in {device.precision} with batch {device.batch}. "
                "Raise --max-memory, use a smaller --input-size or another --space."
            )

    def nothing_fits(self, generator: Generator) -> NoNetworkFitsError:
        """The error that says how fast the fastest network is, or what each limit allows."""
        return self._nothing_fits(generator, self.measure(generator.cheapest(0).architecture))

    def _nothing_fits(self, generator: Generator, fastest: Measurement) -> NoNetworkFitsError:
        if self.fits(fastest):
            return self._limits_exclude_each_other(generator, fastest)
        device = self.request.device
        return NoNetworkFitsError(
            f"No network of space {self.space.name!r} fits {self.request.budget.latency_ms:g} ms"
            f"{self._within_memory}: the fastest takes {fastest.median_ms:.4g} ms, "
            f"give or take {fastest.mad_ms:.2g} ms ({fastest.provenance}), on {device.name} in "
            f"{device.precision} with {device.threads} thread(s). "
            "Raise --latency, use more --threads, a smaller --input-size or another --space."
        )

    def _limits_exclude_each_other(
        self, generator: Generator, fastest: Measurement
    ) -> NoNetworkFitsError:
        budget = self.request.budget
        limits, reached = list[str](), list[str]()
        if budget.latency_ms is not None:
            limits.append(f"{budget.latency_ms:g} ms")
            reached.append(f"{fastest.median_ms:.4g} ms")
        if budget.memory_bytes is not None:
            least = int(least_peak(self.space, self._working_set_bytes))
            limits.append(f"{budget.memory_bytes:,} bytes of working set")
            reached.append(f"{least:,} bytes of working set")
        for index, (name, limit) in enumerate(self._others.items(), start=1):
            least = int(generator.cheapest(index).costs[index]) + self._constants[name]
            limits.append(f"{limit:,} {name}")
            reached.append(f"{least:,} {name}")
        return NoNetworkFitsError(
            f"No network of space {self.space.name!r} keeps {' and '.join(limits)}: the least of "
            f"each alone is {' and '.join(reached)} as predicted, and none keeps all once it is "
            "built. Raise a limit or name another --space."
        )

    @property
    def _within_memory(self) -> str:
        limit = self.request.budget.memory_bytes
        return "" if limit is None else f" in a working set of {limit:,} bytes"

    def _allows(self, block: BlockSpec) -> bool:
        limit = self.request.budget.memory_bytes
        return limit is None or self._working_set_bytes(block) <= limit

    def _working_set_bytes(self, block: BlockSpec) -> int:
        return working_set_bytes(block, self.request.device)

    def _block_file_bytes(self, block: BlockSpec) -> int:
        return block_file_bytes(block, self.request.device)

    @cached_property
    def _prices(self) -> Sequence[Price]:
        available: dict[str, Price] = {
            "parameters": lambda block: block.n_parameters,
            "MACs": lambda block: block.n_macs,
            "bytes of file": self._block_file_bytes,
        }
        return [self.model.block_ms, *(available[name] for name in self._others)]

    @cached_property
    def _others(self) -> dict[str, int]:
        """The limits beside latency that are sums over blocks."""
        budget = self.request.budget
        limits = {
            "parameters": budget.n_parameters,
            "MACs": budget.n_macs,
            "bytes of file": budget.file_bytes,
        }
        return {name: limit for name, limit in limits.items() if limit is not None}

    @cached_property
    def _constants(self) -> dict[str, int]:
        """What a network costs beside its blocks."""
        any_network = Architecture(tuple(d.options[0] for d in self.space.decisions))
        architecture = architecture_to_json(self.space, any_network)
        card = card_bytes(self.data, self.request.device, architecture)
        return {"parameters": 0, "MACs": 0, "bytes of file": EMPTY_FILE_BYTES + card}

    @property
    def _no_scores(self) -> dict[str, dict[str, float]]:
        return {d.name: dict.fromkeys(d.options, 0.0) for d in self.space.decisions}
