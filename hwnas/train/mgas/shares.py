"""How much of each granularity is left, stage by stage."""

from collections.abc import Mapping, Sequence

from hwnas.network.granular import Candidate, RelaxedChain, RelaxedNode

Node = tuple[str, RelaxedNode[Candidate]]


def shares_left(chain: RelaxedChain, ends: Sequence[int]) -> Mapping[str, tuple[float, ...]]:
    """Of each searched granularity the share that is left of each stage, the head with the last.

    Of filters, those of operations that live; of weights, those of filters that are left.
    """
    nodes = list(chain.placed())
    begins = (0, *ends[:-1])
    stages = [nodes[begin:end] for begin, end in zip(begins, (*ends[:-1], None), strict=True)]
    told = {"op": _operations, "filter": _filters, "weight": _weights}
    return {
        granularity: tuple(share(chain, stage) for stage in stages)
        for granularity, share in told.items()
        if granularity in chain.searched
    }


def _operations(chain: RelaxedChain, stage: Sequence[Node]) -> float:
    n_all = sum(len(chain.whole[position]) for position, _ in stage)
    return sum(len(node.living) for _, node in stage) / n_all


def _filters(chain: RelaxedChain, stage: Sequence[Node]) -> float:
    living = [one for _, node in stage for one in node.living.values()]
    n_all = sum(one.full_width for one in living)
    return sum(one.n_kept for one in living) / n_all if living else 0.0


def _weights(chain: RelaxedChain, stage: Sequence[Node]) -> float:
    living = [one for _, node in stage for one in node.living.values()]
    n_all = sum(one.n_weights() for one in living)
    return 1 - sum(one.n_zeros() for one in living) / n_all if living else 0.0
