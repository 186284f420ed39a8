"""Dynamic distribution pruning (DDPNAS, Zheng et al., IJCV 2023): drop the worst options in turn.

One *epoch* tries one architecture, drawn fairly: each decision takes an option from its own bag,
without replacement. A *round* is as many epochs as the longest decision has options left, so that
it tries each of them once. A *period* is ``steps`` rounds; at its end

    share = mean over rounds of softmax(accuracy / temperature)

moves ``theta``, by one of two rules: ``velocity``, ``v <- g v + (1 - g) share``,
``theta <- theta + v``; or ``decay``, ``theta <- share + g theta``. The option left with the
smallest theta is dropped, rows are scaled to sum to 1, and the next period begins. Under
``velocity`` a dropped option keeps its theta, so network generation can still choose it; under
``decay`` it is 0.

The paper's decisions all have the same number of options. Where they differ, which is ours:

* a bag is filled anew when a round begins and whenever it is empty, so a shorter decision tries
  its options several times a round, and each counts with its mean accuracy;
* only the decisions with as many options left as the longest one drop an option at a period's
  end; the shorter wait until the longest have come down to their size.

With equal numbers this is the paper's algorithm, epoch by epoch. Its rule for the DARTS cell, that
each edge keeps a parametric and a non-parametric option until 2 are left, is
``DdpnasSettings(option_classes=…, final_options=2)``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwnas.search.ddpnas_state import DdpnasState
from hwnas.search.saved import Identity, identity_of, restore_rng, saved, state_in
from hwnas.search.strategy import check_told
from hwnas.space import Architecture, Decision


class UpdateRule(StrEnum):
    """How a period's shares move theta."""

    VELOCITY = "velocity"
    DECAY = "decay"


GAMMA = {UpdateRule.VELOCITY: 0.8, UpdateRule.DECAY: 0.5}
"""How much of the past is kept, as the authors set it for either rule."""


@dataclass(frozen=True, kw_only=True)
class DdpnasSettings:
    """The paper's settings; ``steps`` sets the length of a search in proportion.

    The authors' code stops at 2 ``final_options`` for network generation. With a fixed number of
    architectures that leaves more for the options that matter (``benchmarks/nasbench_macro.py``);
    with fixed ``steps``, as in ``hwnas search``, going on to 1 costs 2 ``steps`` more.
    """

    steps: int = 3
    final_options: int = 1
    temperature: float = 0.01
    update: UpdateRule = UpdateRule.VELOCITY
    option_classes: tuple[tuple[str, ...], ...] = ()
    """Of each class a decision keeps one of its options at least."""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.final_options < 1:
            raise ValueError(f"steps and final_options must be at least 1, got {self}")
        if not 0 < self.temperature < math.inf:
            raise ValueError(f"temperature must be positive, got {self.temperature}")
        if len(self.option_classes) > self.final_options:
            raise ValueError(
                f"{len(self.option_classes)} classes cannot all be kept in {self.final_options=}"
            )


class Ddpnas:
    """The search as a ``Strategy``: its scores are theta.

    Feed it accuracies as fractions: the temperature makes five points a decision, and percent or
    an error rate would keep the wrong options.
    """

    def __init__(
        self,
        decisions: Sequence[Decision],
        rng: np.random.Generator,
        settings: DdpnasSettings | None = None,
    ) -> None:
        if not decisions:
            raise ValueError("a search needs at least one decision")
        self._decisions = tuple(decisions)
        self._rng = rng
        self._settings = settings or DdpnasSettings()
        self._state = DdpnasState.fresh(self._decisions)
        self._classes = _members(self._decisions, self._settings.option_classes)

    @property
    def n_asks(self) -> int:
        """``steps`` epochs for each option left, from the longest decision to the final size."""
        n_options = max(len(decision.options) for decision in self._decisions)
        return self._settings.steps * sum(range(self._settings.final_options + 1, n_options + 1))

    @property
    def n_asked(self) -> int:
        """Epochs begun."""
        return self._state.n_told + (self._state.pending is not None)

    @property
    def finished(self) -> bool:
        """Whether no decision has more than ``final_options`` left."""
        return self._state.n_alive <= self._settings.final_options

    @property
    def scores(self) -> Mapping[str, Mapping[str, float]]:
        """Theta; each decision's scores sum to 1."""
        rows = self._state.theta.tolist()
        return {
            decision.name: dict(zip(decision.options, row, strict=False))  # the row is padded
            for decision, row in zip(self._decisions, rows, strict=True)
        }

    @property
    def alive(self) -> Mapping[str, tuple[str, ...]]:
        """The options not dropped yet."""
        return {
            decision.name: tuple(decision.options[place] for place in np.flatnonzero(row))
            for decision, row in zip(self._decisions, self._state.is_alive, strict=True)
        }

    @property
    def best(self) -> Sequence[Architecture]:
        """None: theta is the answer, and a supernet's accuracies rise while it is trained."""
        return ()

    @property
    def told(self) -> Sequence[tuple[Architecture, float]]:
        """None, for the same reason."""
        return ()

    def ask(self) -> Architecture:
        """See ``Strategy.ask``."""
        if self._state.pending is None:
            if self.finished:
                raise ValueError(f"the search is finished after {self.n_asks} architectures")
            self._state.pending = [self._draw(row) for row in range(len(self._decisions))]
        return self._architecture(self._state.pending)

    def tell(self, architecture: Architecture, accuracy: float) -> None:
        """See ``Strategy.tell``."""
        state = self._state
        asked = None if state.pending is None else self._architecture(state.pending)
        check_told(asked, architecture, accuracy)
        tried = (np.arange(len(self._decisions)), state.pending)
        state.accuracy_sums[tried] += accuracy
        state.n_tries[tried] += 1
        state.pending = None
        state.n_told += 1
        state.n_epochs += 1
        if state.n_epochs == state.n_alive:
            self._end_round()

    def to_json(self) -> dict[str, Any]:
        """See ``Strategy.to_json``."""
        return saved(self._identity, self._rng, self._state.to_json())

    def restore(self, document: Mapping[str, Any]) -> None:
        """See ``Strategy.restore``."""
        state = self._state.from_json(state_in(document, self._identity))
        restore_rng(self._rng, document)
        self._state = state

    @property
    def _identity(self) -> Identity:
        classes = [list(members) for members in self._settings.option_classes]
        settings = asdict(self._settings) | {"option_classes": classes}
        return identity_of("ddpnas", self._decisions, settings)

    def _architecture(self, places: Sequence[int]) -> Architecture:
        chosen = zip(self._decisions, places, strict=True)
        return Architecture(tuple(decision.options[place] for decision, place in chosen))

    def _draw(self, row: int) -> int:
        bag = self._state.bags[row]
        if not bag:
            bag.extend(np.flatnonzero(self._state.is_alive[row]).tolist())
        return bag.pop(int(self._rng.integers(len(bag))))

    def _end_round(self) -> None:
        state = self._state
        state.share_sums += _shares(state, self._settings.temperature)
        state.accuracy_sums.fill(0)
        state.n_tries.fill(0)
        state.bags = [[] for _ in state.bags]
        state.n_epochs = 0
        state.n_rounds += 1
        if state.n_rounds == self._settings.steps:
            self._end_period()

    def _end_period(self) -> None:
        state = self._state
        shares = state.share_sums / state.n_rounds
        gamma = GAMMA[self._settings.update]
        if self._settings.update is UpdateRule.VELOCITY:
            state.velocity = gamma * state.velocity + (1 - gamma) * shares
            state.theta += state.velocity
        else:
            state.theta = shares + gamma * state.theta
        for row, place in self._worst_places(shares):
            state.is_alive[row, place] = False
            if self._settings.update is UpdateRule.DECAY:
                state.theta[row, place] = 0.0
        state.theta /= state.theta.sum(axis=1, keepdims=True)
        state.share_sums.fill(0)
        state.n_rounds = 0

    def _worst_places(self, shares: NDArray[np.float64]) -> list[tuple[int, int]]:
        """Row and column of the smallest theta in each of the longest decisions.

        Equal thetas, as shares below round-off leave them, are told apart by those shares. The
        last option of its class is passed over.
        """
        state = self._state
        is_longest = state.is_alive.sum(axis=1) == state.n_alive
        worst = []
        for row in np.flatnonzero(is_longest).tolist():
            is_free = state.is_alive[row] & ~self._is_last_of_class(row)
            free = np.flatnonzero(is_free)
            order = np.lexsort((shares[row, free], state.theta[row, free]))
            worst.append((row, int(free[order[0]])))
        return worst

    def _is_last_of_class(self, row: int) -> NDArray[np.bool_]:
        members_left = self._classes[:, row] & self._state.is_alive[row]
        is_single = members_left.sum(axis=1) == 1
        is_last: NDArray[np.bool_] = members_left[is_single].any(axis=0)
        return is_last


def _shares(state: DdpnasState, temperature: float) -> NDArray[np.float64]:
    """Softmax over the options tried in the round; exactly 0 for the others.

    The paper leaves the accuracy of the others at 0, which comes to the same unless all
    accuracies are within a few temperatures of 0.
    """
    was_tried = state.n_tries > 0
    accuracies = state.accuracy_sums / np.maximum(state.n_tries, 1)
    logits = np.where(was_tried, accuracies / temperature, -np.inf)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return shares


def _members(
    decisions: Sequence[Decision], option_classes: Sequence[Sequence[str]]
) -> NDArray[np.bool_]:
    """``(n_classes, n_decisions, n_options)`` which options belong to which class."""
    n_options = max(len(decision.options) for decision in decisions)
    members = np.zeros((len(option_classes), len(decisions), n_options), dtype=bool)
    for class_index, options in enumerate(option_classes):
        for row, decision in enumerate(decisions):
            is_member = [option in options for option in decision.options]
            members[class_index, row, : len(is_member)] = is_member
    return members
