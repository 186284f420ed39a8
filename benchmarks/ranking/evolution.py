"""Regularized (aging) evolution (Real et al. 2019), the rival of the ranking benchmarks.

Population 50, sample 10, one decision mutated, the oldest dies. Mutants that do not fit are drawn
again, and there are 20 children a query at most.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence

import numpy as np

from hwnas.space import Architecture, Decision

POPULATION, SAMPLE = 50, 10


def aging_evolution(
    fitting: Sequence[Architecture],
    decisions: Sequence[Decision],
    accuracy: Callable[[Architecture], float],
    n_queries: int,
    rng: np.random.Generator,
) -> dict[Architecture, float]:
    """Search until so many distinct architectures were asked for.

    Args:
        fitting: What may be asked for, in a fixed order.
        decisions: Of the space.
        accuracy: What is asked; the same for the same architecture.
        n_queries: Distinct architectures; all of ``fitting`` if there are no more.
        rng: Where chance comes from.

    Returns:
        The accuracies asked for, in order.
    """
    if len(fitting) <= n_queries:
        return {architecture: accuracy(architecture) for architecture in fitting}
    allowed = frozenset(fitting)
    first = [fitting[at] for at in rng.permutation(len(fitting))[: min(POPULATION, n_queries)]]
    asked = {architecture: accuracy(architecture) for architecture in first}
    population = deque(first)
    for _ in range(20 * n_queries):
        if len(asked) >= n_queries:
            break
        sample = rng.choice(len(population), min(SAMPLE, len(population)), replace=False)
        parent = max((population[at] for at in sample), key=asked.__getitem__)
        child = _mutant(parent, decisions, allowed, rng)
        if child not in asked:
            asked[child] = accuracy(child)
        population.append(child)
        population.popleft()
    return asked


def _mutant(
    parent: Architecture,
    decisions: Sequence[Decision],
    allowed: Collection[Architecture],
    rng: np.random.Generator,
) -> Architecture:
    """One decision with another option; the parent itself where none of 100 mutants fits."""
    for _ in range(100):
        place = int(rng.integers(len(decisions)))
        others = [o for o in decisions[place].options if o != parent.choices[place]]
        changed = list(parent.choices)
        changed[place] = others[int(rng.integers(len(others)))]
        if Architecture(tuple(changed)) in allowed:
            return Architecture(tuple(changed))
    return parent
