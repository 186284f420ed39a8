"""How much of each granularity is left, stage by stage."""

from collections.abc import Mapping, Sequence

from hwnas.network.granular import Candidate, Relaxed, RelaxedNode

Placed = tuple[str, RelaxedNode[Candidate]]


def shares_left(relaxed: Relaxed, ends: Sequence[int]) -> Mapping[str, tuple[float, ...]]:
    """Of each searched granularity the share that is left of each stage, the head with the last.

    Of filters, those of operations that live; of weights, those of filters that are left. Where
    operations live that have none, nothing can go and all is left.
    """
    nodes = list(relaxed.placed())
    begins = (0, *ends[:-1])
    stages = [nodes[begin:end] for begin, end in zip(begins, (*ends[:-1], None), strict=True)]
    told = {"op": _operations, "filter": _filters, "weight": _weights}
    return {
        granularity: tuple(share(relaxed, stage) for stage in stages)
        for granularity, share in told.items()
        if granularity in relaxed.searched
    }


def _operations(relaxed: Relaxed, stage: Sequence[Placed]) -> float:
    searched = [
        (position, node)
        for position, node in stage
        if any("op" in one.searched for one in node.built.values()) or not node.built
    ]
    n_all = sum(len(relaxed.whole[position]) for position, _ in searched)
    return sum(len(node.living) for _, node in searched) / n_all


def _filters(relaxed: Relaxed, stage: Sequence[Placed]) -> float:
    living = _living(stage)
    gated = [(one, axis) for one in living for axis in one.gates]
    n_all = sum(one.full_sizes[axis] for one, axis in gated)
    n_left = sum(int(one.gates[axis].alive.sum()) for one, axis in gated)
    return n_left / n_all if n_all else float(bool(living))


def _weights(relaxed: Relaxed, stage: Sequence[Placed]) -> float:
    living = _living(stage)
    searched = [one for one in living if "weight" in one.searched]
    n_all = sum(one.n_weights(one.built_cuts) for one in searched)
    n_zeros = sum(one.n_zeros(one.built_cuts) for one in searched)
    return 1 - n_zeros / n_all if n_all else float(bool(living))


def _living(stage: Sequence[Placed]) -> list[Candidate]:
    return [one for _, node in stage for one in node.living.values()]
