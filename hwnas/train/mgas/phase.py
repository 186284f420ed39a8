"""One phase of pruning: a stage up to its end, or the whole network down to its target."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from hwnas.network.granular import GRANULARITIES, Candidate, Relaxed, RelaxedNode
from hwnas.train.hardware import half_precision
from hwnas.train.images import Batch
from hwnas.train.loss import checked_cross_entropy
from hwnas.train.mgas.costs import Costs
from hwnas.train.mgas.loss import price_at, resource_loss, threshold_loss
from hwnas.train.mgas.regrow import masks_of
from hwnas.train.mgas.settings import MgasSettings
from hwnas.train.mgas.strength import Strength, is_capped
from hwnas.train.mgas.units import commit, cost_above, narrow, settle

SLACK = 1.5
"""How much more than its share of the limits a stage leaves at least, for the global phase."""
FASTEST = 2
"""Times the pace that one group is pruned at most: a threshold passes many gates at once."""
GLOBAL_CAP, STAGE_CAP = 0.5, 1.0
"""Shares of the regularization that cross-entropy may fall to before it grows no more."""


Trains = Literal["weights", "gates", "everything"]
"""Weights alone; gates too, by cross-entropy and with masks as they are; thresholds too."""


@dataclass(frozen=True)
class Stretch:
    """What a phase trains: the first ``n_nodes``, or all of them and the head."""

    name: str
    n_nodes: int | None = None


class PhaseTraining:
    """Optimizer, auxiliary head, strength and goal of a phase, from its begin to its end."""

    def __init__(
        self,
        relaxed: Relaxed,
        stretch: Stretch,
        settings: MgasSettings,
        costs: Costs,
        *,
        seed: int = 0,
    ) -> None:
        """The seed decides the weights of an auxiliary head."""
        self.stretch = stretch
        self.epoch = 0
        self.cross_entropy = math.nan
        self._relaxed, self._settings, self._costs = relaxed, settings, costs
        self._auxiliary: nn.Module | None = None
        n_nodes = stretch.n_nodes
        if n_nodes is not None and n_nodes < relaxed.n_all:
            hardware = next(relaxed.parameters()).device
            self._auxiliary = relaxed.auxiliary(n_nodes, seed).to(hardware)
        self._optimizer = self._fresh_optimizer()
        self.strength = Strength.begun(
            settings.first_strength, settings.growth, settings.largest_strength
        )
        self._regularization = 0.0
        self.begun = masks_of(relaxed)
        self._note_thresholds()
        self._last_cost = self.cost()
        self._goal = self._goal_of(self._last_cost)
        self._needs_cheapest = "op" in relaxed.searched and self._least_of_dearest() > 1

    def train(self, mode: bool = True) -> None:
        """Statistics of batches while it trains, else those that were kept: of all its parts."""
        self._relaxed.train(mode)
        if self._auxiliary is not None:
            self._auxiliary.train(mode)

    def lower_thresholds(self) -> None:
        """To 0, where all is kept that was not pruned for good."""
        for threshold in self._thresholds():
            threshold.data.zero_()
        self._note_thresholds()

    @property
    def n_epochs(self) -> int:
        """The most that it takes, with the last one, of masks as they are."""
        return self._last_pruning + 1

    @property
    def _last_pruning(self) -> int:
        return self._settings.warmup_epochs + self._settings.most_epochs

    @property
    def is_reached(self) -> bool:
        """Whether what it trains costs what it may."""
        return self.cost() <= self._goal

    @property
    def finished(self) -> bool:
        """Whether nothing is left to train: the goal is reached, or every epoch is done."""
        is_warm = self.epoch >= self._settings.warmup_epochs
        return is_warm and (self.is_reached or self.epoch >= self._last_pruning)

    def nodes(self) -> list[RelaxedNode[Candidate]]:
        """Those that it prunes."""
        return [node for _, node in self._relaxed.placed(self.stretch.n_nodes)]

    def cost(self) -> float:
        """Of what it trains, as a share of the limits."""
        n_nodes = self.stretch.n_nodes
        n_zeros = self._relaxed.n_zeros(n_nodes)
        if n_nodes is None:
            return self._costs.of_network(self._relaxed.network(), n_zeros)
        blocks = self._relaxed.blocks(n_nodes)
        return sum(map(self._costs.price, blocks)) - n_zeros * self._costs.weight_price

    def logits(self, images: Tensor) -> Tensor:
        """Those of the head at its end."""
        logits: Tensor = self._relaxed(images, self.stretch.n_nodes, self._auxiliary)
        return logits

    def step(self, batch: Batch, trains: Trains) -> float:
        """One batch. Returns the cross-entropy."""
        self._optimizer.zero_grad()
        loss, cross_entropy = self.loss(batch, prunes=trains == "everything")
        loss.backward()  # type: ignore[no-untyped-call]
        for parameter in self._frozen(trains):
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self._weights(), self._settings.largest_gradient)
        self._optimizer.step()
        return float(cross_entropy)

    def loss(self, batch: Batch, *, prunes: bool) -> tuple[Tensor, Tensor]:
        """With the regularization, and the cross-entropy alone."""
        images, labels = batch
        with half_precision(images.device):
            logits = self.logits(images)
        cross_entropy = checked_cross_entropy(logits.float(), labels, epoch=self.epoch)
        if not prunes:
            return cross_entropy, cross_entropy.detach()
        settings, nodes = self._settings, self.nodes()
        resources = resource_loss(
            nodes,
            self._costs,
            count_share=settings.count_share,
            cost_share=settings.cost_share,
        )
        self._regularization = self.strength.value * float(resources.detach())
        pushed = self.strength.value * (resources + threshold_loss(nodes))
        return cross_entropy + pushed, cross_entropy.detach()

    def commit(self) -> None:
        """Prune for good what is below its threshold, and set the strength by how much that was.

        At the pace that would do, the cost comes to the goal in the commits that are left. No
        more goes at once, and of the filters or weights of an operation at most ``FASTEST``
        times that; further units below their threshold wait, those nearest to it. Where too
        little is below, more goes as if all thresholds had risen as much further; weights only
        where they cost something that is limited.
        """
        begun = self._last_cost
        n_left = (self._last_pruning - self.epoch) // self._settings.commit_epochs + 1
        pace = max(0.0, math.log(begun / self._goal)) / n_left
        above = cost_above(self.nodes, self.cost, self._price)
        share = GLOBAL_CAP if self.stretch.n_nodes is None else STAGE_CAP
        self.strength = self.strength.after(
            math.log(begun / above),
            pace,
            is_capped=is_capped(self.cross_entropy, self._regularization, share),
        )
        wanted = max(self._goal, begun * math.exp(-pace))
        most_share = 1 - math.exp(-FASTEST * pace)
        commit(self.nodes, self.cost, wanted, price=self._price, most_share=most_share)
        self._settle()  # what waits below its threshold is not the first to go by rank
        if self.cost() > wanted:
            costing = [g for g in GRANULARITIES if g != "weight" or self._costs.weight_price]
            commit(self.nodes, self.cost, wanted, ranked=costing, price=self._price)
        is_last = self.stretch.n_nodes is None and n_left == 1
        if self._price is not None and is_last and not self.is_reached:
            narrow(self.nodes, self.cost, self._goal, self._price)
        self._settle()
        self._note_thresholds()
        for threshold in self._thresholds():  # which else goes on past where it was settled
            self._optimizer.state.pop(threshold, None)
        self._last_cost = self.cost()

    def momentum(self, parameter: Tensor) -> Tensor:
        """Of a parameter, as the optimizer holds it; zeros where it never moved."""
        held = self._optimizer.state.get(parameter, {}).get("momentum_buffer")
        return torch.zeros_like(parameter) if held is None else held

    @property
    def _price(self) -> Callable[[Candidate], float] | None:
        """By which the cheapest operation of a node is told, where that may be needed."""
        if not self._needs_cheapest:
            return None
        return lambda one: price_at(one, one.built_sizes, self._costs)

    def state(self) -> dict[str, Any]:
        """All that training changes, but for the network."""
        return {
            "epoch": self.epoch,
            "cross_entropy": self.cross_entropy,
            "regularization": self._regularization,
            "strength": asdict(self.strength),
            "goal": self._goal,
            "last_cost": self._last_cost,
            "begun": self.begun,
            "optimizer": self._optimizer.state_dict(),
            "auxiliary": None if self._auxiliary is None else self._auxiliary.state_dict(),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from ``state()``."""
        self.epoch, self.cross_entropy = state["epoch"], state["cross_entropy"]
        self._regularization = state["regularization"]
        self.strength = Strength(**state["strength"])
        self._goal, self._last_cost = state["goal"], state["last_cost"]
        self.begun = state["begun"]
        self._optimizer.load_state_dict(state["optimizer"])
        self._note_thresholds()
        if self._auxiliary is not None:
            self._auxiliary.load_state_dict(state["auxiliary"])

    def _goal_of(self, begin: float) -> float:
        """A share of what a stage begins with, but no less than its part of the limits allows."""
        if self.stretch.n_nodes is None:
            return 1.0
        origin = self._relaxed.origin
        allowed = SLACK / self._costs.of_network(origin.whole(), 0)
        whole_part = origin.whole_part(self.stretch.n_nodes)
        part = allowed * sum(map(self._costs.price, whole_part))
        return max(self._settings.stage_share * begin, part)

    def _least_of_dearest(self) -> float:
        """What the network costs where every node keeps its dearest operation alone."""
        origin, searched = self._relaxed.origin, self._relaxed.searched
        dearest = origin.dearest(filters="filter" in searched)
        n_zeros = origin.n_prunable_weights(dearest) if "weight" in searched else 0
        return self._costs.of_network(dearest, n_zeros)

    def _fresh_optimizer(self) -> torch.optim.Optimizer:
        settings = self._settings
        groups = [
            {
                "params": self._weights(),
                "lr": settings.learning_rate,
                "weight_decay": settings.weight_decay,
            },
            {"params": self._gates(), "lr": settings.gate_rate},
            {"params": self._thresholds(), "lr": settings.threshold_rate},
        ]
        return torch.optim.SGD([g for g in groups if g["params"]], momentum=settings.momentum)

    def _candidates(self) -> list[Candidate]:
        """Those that were alive as the phase began, so that a resumed one has the same."""
        return [one for node in self.nodes() for one in node.built.values()]

    def _settle(self) -> None:
        settle(self.nodes(), lambda t: float(t.detach()) - self._settled[id(t)])

    def _note_thresholds(self) -> None:
        """Where they stand after a commit, which is also where a checkpoint has them."""
        self._settled = {id(t): float(t.detach()) for t in self._thresholds()}

    def _thresholds(self) -> list[Tensor]:
        return [t for one in self._candidates() for t in one.thresholds.values()]

    def _gates(self) -> list[Tensor]:
        """What operations and filters are weighted by."""
        gates: list[Tensor] = []
        for one in self._candidates():
            gates += [one.logit] if "op" in one.searched else []
            gates += [of_axis.logits for of_axis in one.gates.values()]
        return gates

    def _frozen(self, trains: Trains) -> list[Tensor]:
        """What does not move."""
        if trains == "everything":
            return []
        return self._thresholds() if trains == "gates" else [*self._gates(), *self._thresholds()]

    def _weights(self) -> list[Tensor]:
        """All else that the stretch trains: stem, operations, head."""
        head = self._relaxed.head if self._auxiliary is None else self._auxiliary
        parts: list[nn.Module] = [self._relaxed.stem, *self._candidates(), head]
        weights = [
            parameter
            for part in parts
            for name, parameter in part.named_parameters()
            if not name.endswith("logit") and "gates." not in name and "thresholds." not in name
        ]
        return list(dict.fromkeys(weights))  # the head may be among the operations
