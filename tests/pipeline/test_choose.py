"""What the chooser makes of the timings, on networks that are no more than numbers."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from hwnas.errors import NoNetworkFitsError
from hwnas.measure import Measurement, Provenance
from hwnas.pipeline.choose import MAX_ROUNDS, N_CANDIDATES, TIGHTEN, Chooser, Timed, Timing
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.progress import Progress
from hwnas.search import Candidate
from hwnas.space import Architecture


def measured(median_ms: float, mad_ms: float = 0.0) -> Measurement:
    return Measurement(
        median_ms=median_ms,
        p90_ms=median_ms,
        min_ms=median_ms,
        mad_ms=mad_ms,
        n_runs=3,
        provenance=Provenance.SIMULATED,
    )


def network(predicted_ms: int, place: str = "here") -> Architecture:
    """Its first choice is its prediction and its score; its place changes no block."""
    return Architecture((str(predicted_ms), place))


@dataclass
class Slower:
    """Another device: blocks say the same of it, and networks take ``factor`` times as long."""

    factor: float
    budget_ms: float = math.inf

    def predict_ms(self, blocks: tuple[str, ...]) -> float:
        return float(blocks[0])

    def measure(self, blocks: tuple[str, ...]) -> Measurement:
        return measured(self.factor * self.predict_ms(blocks))

    def fits(self, measurement: Measurement, slowdown: float) -> bool:
        return slowdown * measurement.median_ms <= self.budget_ms


@dataclass
class Numbers:
    """Problem, generator and accuracy source in one."""

    architectures: Sequence[Architecture]
    slowdown: Callable[[float], float]
    budget_ms: float = math.inf
    mad_ms: float = 0.0
    accuracies: dict[str, float] = field(default_factory=dict)
    limits_asked: list[float] = field(default_factory=list)
    n_measured: int = 0
    others: tuple["Slower", ...] = ()

    def blocks(self, architecture: Architecture) -> tuple[str, ...]:
        return architecture.choices[:1]

    def predict_ms(self, blocks: tuple[str, ...] | Architecture) -> float:
        choices = blocks.choices if isinstance(blocks, Architecture) else blocks
        return float(choices[0])

    @property
    def first_ratios(self) -> tuple[float, ...]:
        return (1.0,) * len(self.devices)

    @property
    def devices(self) -> tuple[Any, ...]:
        return (self, *self.others)

    def measure(self, blocks: tuple[str, ...]) -> Measurement:
        self.n_measured += 1
        return measured(self.slowdown(self.predict_ms(blocks)), self.mad_ms)

    def fits(self, measurement: Measurement, slowdown: float) -> bool:
        return slowdown * measurement.median_ms + measurement.mad_ms <= self.budget_ms

    def limits(self, ratios: Sequence[float]) -> tuple[float]:
        budgets_ms = (device.budget_ms for device in self.devices)
        return (min(budget / ratio for budget, ratio in zip(budgets_ms, ratios, strict=True)),)

    def best(self, limits: Sequence[float]) -> Iterator[Candidate]:
        self.limits_asked.append(limits[0])
        for architecture in sorted(self.architectures, key=self.predict_ms, reverse=True):
            cost = self.predict_ms(architecture)
            if cost <= limits[0]:
                yield Candidate(architecture, cost, (cost,))

    def priced(self, architecture: Architecture) -> Candidate:
        cost = self.predict_ms(architecture)
        return Candidate(architecture, cost, (cost,))

    def cheapest(self, _: int) -> Candidate:
        architecture = min(self.architectures, key=self.predict_ms)
        return Candidate(architecture, 0.0, (self.predict_ms(architecture),))

    def accuracy(self, architecture: Architecture) -> float:
        return self.accuracies.get(architecture.choices[0], 0.5)

    def nothing_fits(self, _: object) -> NoNetworkFitsError:
        fastest = self.measure(self.blocks(self.cheapest(0).architecture))
        return NoNetworkFitsError(f"the fastest takes {fastest.median_ms:g} ms")


@pytest.fixture
def progress() -> list[Progress]:
    return []


@pytest.fixture
def chooser_for(
    tmp_path: Path, progress: list[Progress], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Chooser]:
    monkeypatch.setattr("hwnas.pipeline.choose.nothing_fits", Numbers.nothing_fits)

    def make(numbers: Numbers, *found: Architecture) -> Chooser:
        fake = cast(Any, numbers)
        work = WorkFolder(tmp_path / "run", "key", progress.append)
        return Chooser(fake, fake, fake, work, found)

    return make


Make = Callable[..., Chooser]


def numbers(
    n_networks: int = 100,
    factor: float = 1.0,
    budget_ms: float = 50,
    mad_ms: float = 0.0,
    accuracies: dict[str, float] | None = None,
) -> Numbers:
    """Networks of 1, 2, 3 … ms that take ``factor`` times as long."""
    architectures = [network(ms) for ms in range(1, n_networks + 1)]
    slowdown: Callable[[float], float] = lambda ms: factor * ms  # noqa: E731
    return Numbers(architectures, slowdown, budget_ms, mad_ms, accuracies or {})


def predictions(chooser: Chooser) -> list[float]:
    return [timed.predicted_ms for timed in chooser.timed]


def test_the_ratio_is_one_before_anything_was_timed(chooser_for: Make) -> None:
    assert chooser_for(numbers()).ratios[0] == 1.0


def test_the_ratio_is_the_median_of_measured_over_predicted(chooser_for: Make) -> None:
    chooser = chooser_for(numbers())
    chooser.timed = [
        Timed(network(10), 0.0, (Timing(10.0, measured(ms)),), 0.5) for ms in (11.0, 12.0, 40.0)
    ]
    assert chooser.ratios[0] == pytest.approx(1.2)


def test_a_right_prediction_is_timed_in_one_round(chooser_for: Make) -> None:
    chooser = chooser_for(numbers())
    chooser.best()
    assert predictions(chooser) == list(range(50, 50 - N_CANDIDATES, -1))


def test_what_the_strategy_found_is_timed_first_if_it_fits(chooser_for: Make) -> None:
    chooser = chooser_for(numbers(), network(70), network(3), network(49))
    chooser.best()
    assert predictions(chooser) == [3, 49, 50, *range(48, 41, -1)]


def test_half_of_the_candidates_are_of_the_best_scores(chooser_for: Make) -> None:
    chooser = chooser_for(numbers(), *map(network, range(1, 20)))
    chooser.best()
    assert predictions(chooser) == [1, 2, 3, 4, 5, 50, 49, 48, 47, 46]


def test_every_network_timed_is_told(chooser_for: Make, progress: list[Progress]) -> None:
    chooser_for(numbers()).best()
    assert [(p.phase, p.done) for p in progress] == [("choose", n) for n in range(1, 11)]


def test_the_most_accurate_of_the_fitting_is_chosen(chooser_for: Make) -> None:
    chooser = chooser_for(numbers(accuracies={"44": 0.9, "99": 1.0}))
    assert chooser.best().architecture == network(44)


def test_the_better_score_decides_between_equal_accuracies(chooser_for: Make) -> None:
    assert chooser_for(numbers()).best().architecture == network(50)


def test_a_slow_network_is_never_chosen_for_its_accuracy(chooser_for: Make) -> None:
    fake = numbers(accuracies={"50": 0.99})
    fake.slowdown = lambda ms: 51.0 if ms == 50 else ms
    assert chooser_for(fake).best().architecture == network(49)


def test_the_spread_must_fit_too(chooser_for: Make) -> None:
    chosen = chooser_for(numbers(mad_ms=2.0)).best()
    assert chosen.measurement.median_ms + 2.0 <= 50


def test_an_optimistic_prediction_is_corrected(chooser_for: Make) -> None:
    fake = numbers(factor=1.3)
    chosen = chooser_for(fake).best()
    assert 45 < chosen.measurement.median_ms <= 50
    assert fake.limits_asked[1] == pytest.approx(50 / 1.3 / TIGHTEN)


def test_what_is_assumed_after_a_bad_round_is_not_what_was_measured(chooser_for: Make) -> None:
    chooser = chooser_for(numbers(factor=1.3))
    chooser.best()
    assert chooser.ratios[0] == pytest.approx(1.3)


def test_a_round_with_a_fit_does_not_tighten(chooser_for: Make) -> None:
    fake = numbers(factor=1.1)
    chooser_for(fake).best()
    assert fake.limits_asked[1] == pytest.approx(50 / 1.1)


def test_noise_beyond_the_first_networks_does_not_end_the_search(chooser_for: Make) -> None:
    fake = numbers(n_networks=11)
    fake.slowdown = lambda ms: 60.0 if ms > 1 else 1.0
    assert chooser_for(fake).best().architecture == network(1)


def test_no_network_is_timed_twice(chooser_for: Make) -> None:
    chooser = chooser_for(numbers(factor=1.1))
    chooser.best()
    assert len(set(predictions(chooser))) == len(chooser.timed)


def test_a_pessimistic_prediction_is_corrected_too(chooser_for: Make) -> None:
    fake = numbers(n_networks=20, factor=0.5, budget_ms=8)
    assert chooser_for(fake).best().measurement.median_ms == 8


def test_architectures_of_the_same_blocks_are_one_network(chooser_for: Make) -> None:
    twins = [network(ms, place) for ms in range(1, 101) for place in ("here", "there")]
    fake = Numbers(twins, lambda ms: ms, budget_ms=50)
    chooser = chooser_for(fake)
    chooser.best()
    assert predictions(chooser) == list(range(50, 40, -1))


def test_a_small_space_is_timed_whole_and_once(chooser_for: Make) -> None:
    fake = numbers(n_networks=3)
    chooser_for(fake).best()
    assert fake.n_measured == 3


def test_without_a_latency_budget_the_best_networks_are_timed(chooser_for: Make) -> None:
    chooser = chooser_for(numbers(budget_ms=math.inf))
    assert chooser.best().architecture == network(100)


def test_a_device_that_nothing_fits_is_given_up(chooser_for: Make) -> None:
    fake = numbers(factor=100)
    fake.slowdown = lambda ms: 100.0 + ms
    with pytest.raises(NoNetworkFitsError, match="the fastest takes 101 ms"):
        chooser_for(fake).best()
    assert len(fake.limits_asked) <= MAX_ROUNDS


def test_after_a_rejection_all_are_held_to_be_slower_when_trained(chooser_for: Make) -> None:
    chooser = chooser_for(numbers())
    first = chooser.best()
    assert first.architecture == network(50)
    chooser.reject(first, [measured(60)])
    assert chooser.best().architecture == network(41)  # 1.2 times 41 is within 50


def test_one_outlier_does_not_rule_every_network_out(chooser_for: Make) -> None:
    chooser = chooser_for(numbers())
    chooser.reject(chooser.best(), [measured(1e9)])
    assert chooser.best().architecture == network(49)


def test_a_rejected_network_keeps_the_time_it_took_trained(chooser_for: Make) -> None:
    chooser = chooser_for(numbers())
    first = chooser.best()
    chooser.reject(first, [measured(60)])
    assert chooser.timed[0].measurement.median_ms == 60


def test_a_choice_survives_the_process(chooser_for: Make) -> None:
    before = chooser_for(numbers(factor=1.3))
    chosen = before.best()
    fake = numbers(factor=1.3)
    after = chooser_for(fake)
    assert after.best() == chosen
    assert (after.timed, after.ratios[0], fake.n_measured) == (before.timed, before.ratios[0], 0)


def test_a_rejection_survives_the_process(chooser_for: Make) -> None:
    before = chooser_for(numbers())
    before.reject(before.best(), [measured(60)])
    fake = numbers()
    after = chooser_for(fake)
    assert after.n_rejected == 1
    assert after.best().architecture == network(41)
    assert fake.n_measured == len(after.timed) - N_CANDIDATES


def test_timings_survive_a_process_killed_between_two(chooser_for: Make) -> None:
    fake = numbers()
    before = chooser_for(fake)
    with pytest.raises(KeyboardInterrupt):
        _interrupted_after(before, fake, 3)
    after = chooser_for(numbers())
    assert predictions(after) == [50, 49, 48]


def _interrupted_after(chooser: Chooser, fake: Numbers, n_networks: int) -> None:
    normal = fake.slowdown

    def slowdown(ms: float) -> float:
        if fake.n_measured > n_networks:
            raise KeyboardInterrupt
        return normal(ms)

    fake.slowdown = slowdown
    chooser.best()


def test_a_search_given_up_begins_anew(chooser_for: Make) -> None:
    busy = numbers(factor=100)
    busy.slowdown = lambda ms: 100.0 + ms
    with pytest.raises(NoNetworkFitsError):
        chooser_for(busy).best()
    assert chooser_for(numbers()).timed == []


def test_every_timing_is_logged(chooser_for: Make, tmp_path: Path) -> None:
    chooser = chooser_for(numbers())
    chooser.best()
    (log,) = tmp_path.glob(".run*/log.jsonl")
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert [event["measured_ms"] for event in events] == predictions(chooser)


def on_two_devices(budget_ms: float = math.inf) -> Numbers:
    made = numbers()
    made.others = (Slower(2.0, budget_ms),)
    return made


def test_each_device_has_its_ratio(chooser_for: Make) -> None:
    chooser = chooser_for(on_two_devices())
    chooser.best()
    assert chooser.ratios == pytest.approx((1.0, 2.0))


def test_the_tighter_budget_binds(chooser_for: Make) -> None:
    best = chooser_for(on_two_devices(budget_ms=20.0)).best()
    assert 18 <= best.timings[1].measurement.median_ms <= 20  # one of the fastest is left out


def test_a_slow_training_elsewhere_slows_no_other_device(chooser_for: Make) -> None:
    chooser = chooser_for(on_two_devices())
    first = chooser.best()
    chooser.reject(first, [first.measurement, measured(1e6)])
    assert chooser.best().predicted_ms == first.predicted_ms - 1


def test_timings_of_all_devices_are_kept(chooser_for: Make) -> None:
    before = chooser_for(on_two_devices())
    before.best()
    after = chooser_for(on_two_devices())
    assert after.timed == before.timed and after.ratios == before.ratios
