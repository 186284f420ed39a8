"""What every phase of a search needs: images, space, engine, latency model and limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwnas.block import BlockSpec
from hwnas.data import DataSet
from hwnas.footprint import (
    EMPTY_FILE_BYTES,
    block_file_bytes,
    network_working_set_bytes,
    working_set_bytes,
)
from hwnas.latency import LatencyModel, PricedSpace
from hwnas.measure import Measurement
from hwnas.measure.engine import Engine
from hwnas.pipeline.finish import card_bytes
from hwnas.pipeline.request import SearchRequest
from hwnas.pipeline.timed_device import TimedDevice
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
    """A search's givens; the first prices are latencies, one a device, whether limited or not."""

    request: SearchRequest
    data: DataSet
    space: Space
    devices: tuple[TimedDevice, ...]
    """The device that the network is made for, then others whose budgets it keeps; none as long as
    nothing is timed.
    """

    @property
    def engine(self) -> Engine:
        """Of the device that the network is made for."""
        return self.devices[0].engine

    @property
    def model(self) -> LatencyModel:
        """Of the device that the network is made for."""
        return self.devices[0].model

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

    def evolver(
        self, expected: QualityRegression, seed: int, starts: Sequence[Architecture]
    ) -> EvolvedGenerator:
        """NSGA-II on the accuracies that blocks' qualities predict, and on all devices."""
        return EvolvedGenerator(
            self.space,
            expected,
            self._prices,
            self._allows,
            seed=seed,
            objectives=[priced.price for priced in self._objectives],
            starts=starts,
        )

    @cached_property
    def generated(self) -> Space:
        """The networks that the search may end in.

        Raises:
            InvalidInputError: The request limits cells, and the space has none, or not so.
        """
        return generated_space(self.space, self.request.cells)

    def limits(self, ratios: Sequence[float]) -> tuple[float, ...]:
        """One limit a price, when networks take ``ratios``, one a device, of what blocks say."""
        latencies = (
            timed.limit_ms(ratio) for timed, ratio in zip(self.devices, ratios, strict=True)
        )
        others = (float(limit.most - limit.constant) for limit in self.sum_limits)
        return (*latencies, *others)

    @cached_property
    def first_ratios(self) -> tuple[float, ...]:
        """Of latencies to what blocks say, before networks are timed: 1, or less if none fits."""
        as_told = (1.0,) * len(self.devices)
        return as_told if self.has_networks(as_told) else self.hoped_ratios

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
        return priced is not None and priced.keeps(self.limits(self.hoped_ratios))

    def predict_memory_bytes(self, architecture: Architecture) -> int:
        """The network's peak working set."""
        return network_working_set_bytes(self.blocks(architecture), self.request.device)

    def predict_file_bytes(self, architecture: Architecture) -> int:
        """The file's size, metadata included."""
        added = sum(map(self._block_file_bytes, self.blocks(architecture)))
        return added + self._empty_file_bytes

    def keeps_bytes(self, memory_bytes: int | None, file_bytes: int) -> bool:
        """Whether working set and file are within the budget; one that nobody tells is."""
        budget = self.request.budget
        pairs = ((memory_bytes, budget.memory_bytes), (file_bytes, budget.file_bytes))
        return all(None in (limit, found) or found <= limit for found, limit in pairs)  # type: ignore[operator]

    @cached_property
    def fastest(self) -> tuple[Measurement, ...]:
        """Of each device the network that is fastest there by the blocks, timed whole."""
        return tuple(timed.measure(blocks) for timed, blocks in self._fastest)

    @cached_property
    def hoped_ratios(self) -> tuple[float, ...]:
        """Of the fastest networks' latencies to what their blocks say; 1 at most."""
        return tuple(
            min(1.0, measurement.median_ms / timed.predict_ms(blocks))
            for (timed, blocks), measurement in zip(self._fastest, self.fastest, strict=True)
        )

    @property
    def _fastest(self) -> list[tuple[TimedDevice, Network]]:
        return [
            (timed, self.blocks(self.unscored.cheapest(place).architecture))
            for place, timed in enumerate(self.devices)
        ]

    def has_networks(self, ratios: Sequence[float]) -> bool:
        """Whether any keeps all limits, if networks take ``ratios`` of what blocks say."""
        return next(self.unscored.best(self.limits(ratios)), None) is not None

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
        latencies = (timed.model.block_ms for timed in self.devices)
        return [*latencies, *(limit.price for limit in self.sum_limits)]

    @property
    def _objectives(self) -> list[PricedSpace]:
        """Beside accuracy and the first device's latency: other devices', and those asked for."""
        known: Mapping[str, Callable[[], PricedSpace]] = {
            "parameters": lambda: PricedSpace(self.space, lambda block: block.n_parameters),
            "macs": lambda: PricedSpace(self.space, lambda block: block.n_macs),
            "size": lambda: PricedSpace(self.space, self._block_file_bytes),
            "memory": lambda: PricedSpace(self.space, self._working_set_bytes, 0.0, np.maximum),
        }
        return [
            *(PricedSpace(self.space, timed.model.block_ms) for timed in self.devices[1:]),
            *(known[name]() for name in self.request.objectives),
        ]

    @cached_property
    def _empty_file_bytes(self) -> int:
        """What a file holds beside its blocks."""
        any_network = Architecture(tuple(d.options[0] for d in self.space.decisions))
        architecture = architecture_to_json(self.space, any_network)
        return EMPTY_FILE_BYTES + card_bytes(self.data, self.request.device, architecture)
