"""A predictor, a latency table and the fronts that both lead to, for DONNA's benchmarks."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from steps_of import steps_of

from hwnas.latency import PricedSpace, latency_model
from hwnas.measure.engine import engine_for
from hwnas.pipeline.arguments import device_with
from hwnas.pipeline.block_library import BlockLibrary
from hwnas.pipeline.distilled import Distillation, measures_of
from hwnas.profile import fill_table, wanted_by
from hwnas.regression.qualities import QualityRegression
from hwnas.search import EvolvedGenerator
from hwnas.search.pool import Pool
from hwnas.search.priced_graph import Allows, Price, allow_all
from hwnas.space import Architecture, all_blocks
from hwnas.train.reference import Reference

Values = NDArray[np.float64]
"""``(n, 2)``: minus the accuracy, and milliseconds."""


@dataclass(frozen=True)
class Study:
    """What all comparisons share."""

    steps: Distillation
    library: BlockLibrary
    reference: Reference
    learned: QualityRegression
    priced: PricedSpace
    block_ms: Price

    def evolved(self, seed: int, allows: Allows) -> EvolvedGenerator:
        """NSGA-II of these blocks."""
        return EvolvedGenerator(self.steps.space, self.learned, [self.block_ms], allows, seed=seed)

    def along(self, seed: int, n: int, allows: Allows = allow_all) -> list[Architecture]:
        """So many of a front, evenly from its cheapest network to its dearest."""
        front = self.evolved(seed, allows).front()
        places = np.linspace(0, len(front) - 1, n).round().astype(int)
        return [front[place].architecture for place in places]

    def predicted(self, rows: NDArray[np.int64]) -> Values:
        """Of rows of options, as the predictor tells."""
        return np.column_stack([-self.learned.predict(rows), self.priced.price(rows)])

    def true(self, networks: Sequence[Architecture]) -> Values:
        """Of networks, fine-tuned."""
        accuracies = self.steps.accuracies(self.library, self.reference, networks)
        return np.column_stack([-np.array(accuracies), self.priced.price(self.rows(networks))])

    def rows(self, networks: Sequence[Architecture]) -> NDArray[np.int64]:
        """Places of their options."""
        pool = Pool(self.steps.space.decisions)
        return np.array([pool.row(network) for network in networks])


def study_of(arguments: argparse.Namespace) -> Study:
    """Profile, distil, fine-tune some networks, and learn from them."""
    steps = steps_of(arguments)
    device = device_with("local", threads=1)
    table = fill_table(wanted_by(steps.space), device, engine_for(device), print)
    model = latency_model(table, all_blocks(steps.space))
    reference = steps.reference()
    library = steps.library(reference)
    fitted = steps.finetuned(library, reference)
    pool = Pool(steps.space.decisions)
    rows = np.array([pool.row(network) for network, _ in fitted])
    known = np.array([accuracy for _, accuracy in fitted])
    learned = QualityRegression.learn(measures_of(steps.space, library.qualities), rows, known)
    priced = PricedSpace(steps.space, model.block_ms, model.constant_ms)
    return Study(steps, library, reference, learned, priced, model.block_ms)
