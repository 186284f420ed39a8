"""What every phase of a search needs: images, space, engine, latency model and limits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hwnas.block import BlockSpec
from hwnas.data import DataSet
from hwnas.errors import NoNetworkFitsError
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
from hwnas.search import Generator, least_peak
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
        others = (float(limit - self._constants[name]) for name, limit in self._others.items())
        return (latency_ms - self.model.constant_ms, *others)

    @cached_property
    def first_ratio(self) -> float:
        """Of latencies to what blocks say, before networks are timed: 1, or less if none fits."""
        return 1.0 if self._has_networks(1.0) else self._hoped_ratio

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
        priced = self._unscored.priced(architecture)
        return priced is not None and priced.keeps(self.limits(self._hoped_ratio))

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
        _, measurement = self._fastest
        if not self.fits(measurement) or not self._has_networks(self._hoped_ratio):
            raise self._nothing_fits(self._unscored, measurement)

    def _refuse_too_little_memory(self) -> None:
        limit = self.request.budget.memory_bytes
        least = int(least_peak(self.generated, self._working_set_bytes))
        if limit is not None and least > limit:
            device = self.request.device
            raise NoNetworkFitsError(
                f"{self._no_network} runs in {limit:,} bytes: the least "
                f"working set is {least:,} bytes in {device.precision} with batch {device.batch}. "
                "Raise --max-memory, use a smaller --input-size or another --space."
            )

    def nothing_fits(self, generator: Generator) -> NoNetworkFitsError:
        """The error that says how fast the fastest network is, or what each limit allows."""
        return self._nothing_fits(generator, self.measure(generator.cheapest(0).architecture))

    def _nothing_fits(self, generator: Generator, fastest: Measurement) -> NoNetworkFitsError:
        if self.fits(fastest):
            return self._limits_not_kept(generator, fastest)
        device = self.request.device
        return NoNetworkFitsError(
            f"{self._no_network} fits {self.request.budget.latency_ms:g} ms"
            f"{self._within_memory}: the fastest takes {fastest.median_ms:.4g} ms, "
            f"give or take {fastest.mad_ms:.2g} ms ({fastest.provenance}; its blocks add up to "
            f"{self.predict_ms(generator.cheapest(0).architecture):.4g} ms), on {device.name} in "
            f"{device.precision} with {device.threads} thread(s). "
            "Raise --latency, use more --threads, a smaller --input-size or another --space."
        )

    def _limits_not_kept(self, generator: Generator, fastest: Measurement) -> NoNetworkFitsError:
        budget = self.request.budget
        rows: list[tuple[float, float, str, str]] = []
        if budget.latency_ms is not None:
            rows.append((budget.latency_ms, fastest.median_ms, "ms", str(fastest.provenance)))
        if budget.memory_bytes is not None:
            peak = int(least_peak(self.generated, self._working_set_bytes))
            rows.append((budget.memory_bytes, peak, "bytes of working set", "predicted"))
        for index, (name, limit) in enumerate(self._others.items(), start=1):
            cheapest = int(generator.cheapest(index).costs[index]) + self._constants[name]
            rows.append((limit, cheapest, name, "predicted"))
        beyond = [row for row in rows if row[1] > row[0]]
        told = beyond or rows
        limits = " and ".join(f"{_number(limit)} {unit}" for limit, _, unit, _ in told)
        least = " and ".join(f"{_number(n)} {unit} ({how})" for _, n, unit, how in told)
        both = "it once built" if len(told) == 1 else "all of them"
        why = "" if beyond else f", yet no network keeps {both}"
        return NoNetworkFitsError(
            f"{self._no_network} keeps {limits}{self._within_memory}: the least is {least}{why}. "
            "Raise a limit or name another --space."
        )

    @property
    def _no_network(self) -> str:
        return f"No network of space {self.space.name!r}{self.request.cells}"

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
    def _fastest(self) -> tuple[Architecture, Measurement]:
        """By the blocks; timed whole."""
        architecture = self._unscored.cheapest(0).architecture
        return architecture, self.measure(architecture)

    @cached_property
    def _hoped_ratio(self) -> float:
        """Of the fastest network's latency to what its blocks say; 1 at most."""
        architecture, measurement = self._fastest
        return min(1.0, measurement.median_ms / self.predict_ms(architecture))

    def _has_networks(self, ratio: float) -> bool:
        return next(self._unscored.best(self.limits(ratio)), None) is not None

    @cached_property
    def _unscored(self) -> Generator:
        return self.generator(self._no_scores)

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


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
