"""Giving back a share of what a stage pruned, where what is left is strong and still moves."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hwnas.network.granular import Candidate, Relaxed

Momentum = Callable[[Tensor], Tensor]
"""Of a parameter, as the optimizer holds it."""
Masks = Mapping[str, Tensor]
"""What is alive, by the names of a network's buffers."""
Vector = NDArray[np.float64]
N_SEEDS = 2**31


@dataclass(frozen=True)
class Regrown:
    """How many units of each granularity came back."""

    op: int
    filter: int
    weight: int


@dataclass(frozen=True, kw_only=True)
class Regrower:
    """Gives back ``share`` of the units that a stage pruned, drawn by ``rng``.

    ``begun`` is ``masks_of`` the network as the stage began: what was dead then was not pruned by
    it.
    """

    relaxed: Relaxed
    n_nodes: int
    momentum: Momentum
    share: float
    begun: Masks
    rng: np.random.Generator

    def regrow(self) -> Regrown:
        """At all three granularities; filters and weights only of operations that live."""
        filters = self._regrow_filters()
        weights = self._regrow_weights()
        return Regrown(op=self._regrow_operations(), filter=filters, weight=weights)

    def _regrow_operations(self) -> int:
        """Fresh ones with all of their units, by the importance of their node and their type."""
        nodes = list(self.relaxed.placed(self.n_nodes))
        n_pruned = sum(not bool(one.alive) for _, node in nodes for one in node.built.values())
        whole = self.relaxed.whole
        dead = [
            (position, name)
            for position, node in nodes
            for name in whole[position]
            if name not in node.living and self.relaxed.grows(position, name)
        ]
        type_of = self.relaxed.operation_type
        living = [(p, name, one) for p, node in nodes for name, one in node.living.items()]
        of_node = _importances([(p, one) for p, _, one in living], self.momentum)
        of_type = _importances([(type_of(name), one) for _, name, one in living], self.momentum)
        node_weights = _filled([of_node.get(position) for position, _ in dead])
        type_weights = _filled([of_type.get(type_of(name)) for _, name in dead])
        counts = shared_out(
            round(self.share * n_pruned),
            node_weights * type_weights,
            np.ones(len(dead), int),
            self.rng,
        )
        placed = dict(nodes)
        for (position, name), count in zip(dead, counts, strict=True):
            if count:
                fresh = self.relaxed.fresh(position, name, int(self.rng.integers(N_SEEDS)))
                placed[position].put(name, fresh.to(next(self.relaxed.parameters()).device))
        return int(counts.sum())

    def _regrow_filters(self) -> int:
        gated = [(one, axis) for one in self._living() for axis in one.gates]
        gates = [one.gates[axis] for one, axis in gated]
        dead = [~gate.alive for gate in gates]
        counts = self._drawn(
            [gate.openness() for gate in gates],
            [self.momentum(gate.logits) for gate in gates],
            [gate.alive for gate in gates],
            dead,
        )
        for (one, axis), candidates, count in zip(gated, dead, counts, strict=True):
            one.revive(axis, self._chosen(candidates, int(count)))
        return int(counts.sum())

    def _regrow_weights(self) -> int:
        searched = [one for one in self._living() if "weight" in one.searched]
        convolutions = [convolution for one in searched for convolution in one.convolutions]
        dead = [weights for one in searched for weights in one.dead_weights()]
        counts = self._drawn(
            [convolution.weight.abs() for convolution in convolutions],
            [self.momentum(convolution.weight) for convolution in convolutions],
            [convolution.alive for convolution in convolutions],
            dead,
        )
        for convolution, candidates, count in zip(convolutions, dead, counts, strict=True):
            convolution.alive.view(-1)[self._chosen(candidates, int(count))] = True
        return int(counts.sum())

    def _living(self) -> list[Candidate]:
        nodes = (node for _, node in self.relaxed.placed(self.n_nodes))
        return [one for node in nodes for one in node.living.values()]

    def _drawn(
        self,
        magnitudes: Sequence[Tensor],
        momenta: Sequence[Tensor],
        alive: Sequence[Tensor],
        dead: Sequence[Tensor],
    ) -> NDArray[np.int64]:
        """How many of each group's dead units come back, by importance of those alive.

        Any of them may; how many follows from those that were alive when the stage began.
        """
        name_of = {id(mask): name for name, mask in self.relaxed.named_buffers()}
        n_dead = np.array([int(units.sum()) for units in dead], int)
        n_pruned = sum(
            int((units & self.begun[name_of[id(kept)]].to(units.device)).sum())
            for units, kept in zip(dead, alive, strict=True)
        )
        magnitude = _means(magnitudes, alive)
        momentum = _means(momenta, alive)
        importance = 0.5 * _normalised(momentum) + 0.5 * _normalised(magnitude)
        return shared_out(round(self.share * n_pruned), importance, n_dead, self.rng)

    def _chosen(self, dead: Tensor, n: int) -> Tensor:
        """The indices of ``n`` dead units, drawn uniformly."""
        indices = torch.nonzero(dead.flatten()).flatten()
        drawn = self.rng.choice(len(indices), n, replace=False)
        return indices[torch.from_numpy(drawn).to(indices.device)]


def masks_of(relaxed: Relaxed) -> dict[str, Tensor]:
    """A copy of what is alive now."""
    buffers = relaxed.named_buffers()
    return {name: mask.clone() for name, mask in buffers if name.endswith("alive")}


def shared_out(
    n: int, importance: Vector, room: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """``n`` units drawn among groups by importance, none beyond its room: ``(n_groups,)``."""
    counts = np.zeros(len(room), int)
    left = min(n, int(room.sum()))
    while left > 0:
        weights = np.where(counts < room, np.maximum(importance, 1e-12), 0.0)
        drawn = rng.multinomial(left, weights / weights.sum())
        counts = np.minimum(counts + drawn, room)
        left = min(n, int(room.sum())) - int(counts.sum())
    return counts


def _importances(named: Sequence[tuple[str, Candidate]], momentum: Momentum) -> dict[str, float]:
    """Of each name, half by the mean momentum of its strengths and half by their mean."""
    count = Counter(name for name, _ in named)
    moved, strong = dict.fromkeys(count, 0.0), dict.fromkeys(count, 0.0)
    for name, one in named:
        moved[name] += float(momentum(one.logit).abs()) / count[name]
        strong[name] += float(one.strength.detach()) / count[name]
    by_momentum, by_strength = (
        _normalised(np.array(list(values.values()))) for values in (moved, strong)
    )
    return dict(zip(count, 0.5 * (by_momentum + by_strength), strict=True))


def _filled(importances: Sequence[float | None]) -> Vector:
    """Where nothing is left to tell of, half of the least."""
    known = [value for value in importances if value is not None]
    least = min(known, default=1.0)
    return np.array([0.5 * least if value is None else value for value in importances])


def _means(values: Sequence[Tensor], alive: Sequence[Tensor]) -> Vector:
    """0 where none is alive."""
    pairs = zip(values, alive, strict=True)
    means = [float(value.detach()[kept].abs().mean()) for value, kept in pairs]
    return np.array([0.0 if math.isnan(mean) else mean for mean in means])


def _normalised(values: Vector) -> Vector:
    total = values.sum()
    return values / total if total > 0 else np.full(len(values), 1 / max(1, len(values)))
