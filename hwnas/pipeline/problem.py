"""What every phase of a search needs: images, space, engine, latency model and limits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hwnas.block import BlockSpec
from hwnas.data import DataSet
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
from hwnas.pipeline.request import SearchRequest
from hwnas.profile import ready_blocks
from hwnas.regression import ArchitectureRegression
from hwnas.regression.qualities import QualityRegression
from hwnas.search import AnnealedGenerator, EvolvedGenerator, Generator, least_peak
from hwnas.search.priced_graph import Price, Scores
from hwnas.space import (
    Architecture,
    Network,
    Space,
    architecture_to_json,
    blocks_of,
    generated_space,
    worth,
)
from hwnas.verify import measure_within


@dataclass(frozen=True, kw_only=True)
class SumLimit:
    """The most a network may cost of what adds up over its blocks."""

    unit: str
    most: int
    price: Price
    constant: int
    """What every network costs beside its blocks."""


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
        space = self.generated
        return Generator(space, worth(space, scores), self._prices, self._allows)

    def annealer(self, expected: ArchitectureRegression, seed: int) -> AnnealedGenerator:
        """Annealing on the accuracies that a regression expects."""
        return AnnealedGenerator(self.space, expected, self._prices, self._allows, seed=seed)

    def evolver(self, expected: QualityRegression, seed: int) -> EvolvedGenerator:
        """NSGA-II on the accuracies that blocks' qualities predict."""
        return EvolvedGenerator(self.space, expected, self._prices, self._allows, seed=seed)

    @cached_property
    def generated(self) -> Space:
        """The networks that the search may end in.

        Raises:
            InvalidInputError: The request limits cells, and the space has none, or not so.
        """
        return generated_space(self.space, self.request.cells)

    def limits(self, ratio: float) -> tuple[float, ...]:
        """One limit a price, when networks take ``ratio`` times what their blocks say."""
        budget = self.request.budget
        latency_ms = math.inf if budget.latency_ms is None else budget.latency_ms / ratio
        others = (float(limit.most - limit.constant) for limit in self.sum_limits)
        return (latency_ms - self.model.constant_ms, *others)

    @cached_property
    def first_ratio(self) -> float:
        """Of latencies to what blocks say, before networks are timed: 1, or less if none fits."""
        return 1.0 if self.has_networks(1.0) else self.hoped_ratio

    def predict_ms(self, architecture: Architecture) -> float:
        """What the blocks say, uncorrected."""
        return self.model.predict_ms(self.blocks(architecture))

    def keeps_prediction(self, architecture: Architecture) -> bool:
        """Whether the blocks say that every limit is kept; anything, where it cannot be chosen.

        A network that is asked for its options' scores only, as are all of a space of which
        others are generated, may cost what it likes.
        """
        if self.generated is not self.space:
            return True
        priced = self.unscored.priced(architecture)
        return priced is not None and priced.keeps(self.limits(self.hoped_ratio))

    def predict_memory_bytes(self, architecture: Architecture) -> int:
        """The network's peak working set."""
        return network_working_set_bytes(self.blocks(architecture), self.request.device)

    def predict_file_bytes(self, architecture: Architecture) -> int:
        """The file's size, metadata included."""
        added = sum(map(self._block_file_bytes, self.blocks(architecture)))
        return added + self._empty_file_bytes

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

    def keeps_bytes(self, memory_bytes: int | None, file_bytes: int) -> bool:
        """Whether working set and file are within the budget; one that nobody tells is."""
        budget = self.request.budget
        pairs = ((memory_bytes, budget.memory_bytes), (file_bytes, budget.file_bytes))
        return all(None in (limit, found) or found <= limit for found, limit in pairs)  # type: ignore[operator]

    def fits(self, measurement: Measurement, slowdown: float = 1.0) -> bool:
        """Whether a median that may grow by ``slowdown`` is, with its spread to spare."""
        return self.keeps_latency(slowdown * measurement.median_ms + measurement.mad_ms)

    @cached_property
    def fastest(self) -> tuple[Architecture, Measurement]:
        """By the blocks; timed whole."""
        architecture = self.unscored.cheapest(0).architecture
        return architecture, self.measure(architecture)

    @cached_property
    def hoped_ratio(self) -> float:
        """Of the fastest network's latency to what its blocks say; 1 at most."""
        architecture, measurement = self.fastest
        return min(1.0, measurement.median_ms / self.predict_ms(architecture))

    def has_networks(self, ratio: float) -> bool:
        """Whether any keeps all limits, if networks take ``ratio`` times what blocks say."""
        return next(self.unscored.best(self.limits(ratio)), None) is not None

    @cached_property
    def unscored(self) -> Generator:
        """Generation without preference."""
        return self.generator(
            {d.name: dict.fromkeys(d.options, 0.0) for d in self.space.decisions}
        )

    @cached_property
    def least_memory_bytes(self) -> int:
        """The smallest working set that any network runs in."""
        return int(least_peak(self.generated, self._working_set_bytes))

    @cached_property
    def sum_limits(self) -> tuple[SumLimit, ...]:
        """What the budget says beside latency and memory."""
        budget = self.request.budget
        limits = (
            ("parameters", budget.n_parameters, lambda block: block.n_parameters, 0),
            ("MACs", budget.n_macs, lambda block: block.n_macs, 0),
            ("bytes of file", budget.file_bytes, self._block_file_bytes, self._empty_file_bytes),
        )
        return tuple(
            SumLimit(unit=unit, most=most, price=price, constant=constant)
            for unit, most, price, constant in limits
            if most is not None
        )

    def _allows(self, block: BlockSpec) -> bool:
        limit = self.request.budget.memory_bytes
        return limit is None or self._working_set_bytes(block) <= limit

    def _working_set_bytes(self, block: BlockSpec) -> int:
        return working_set_bytes(block, self.request.device)

    def _block_file_bytes(self, block: BlockSpec) -> int:
        return block_file_bytes(block, self.request.device)

    @property
    def _prices(self) -> Sequence[Price]:
        return [self.model.block_ms, *(limit.price for limit in self.sum_limits)]

    @cached_property
    def _empty_file_bytes(self) -> int:
        """What a file holds beside its blocks."""
        any_network = Architecture(tuple(d.options[0] for d in self.space.decisions))
        architecture = architecture_to_json(self.space, any_network)
        return EMPTY_FILE_BYTES + card_bytes(self.data, self.request.device, architecture)
