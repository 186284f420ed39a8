"""Networks that are pruned while they train: operations, filters and weights (MGAS)."""

from hwnas.network.granular.candidate import Candidate, HeadCandidate, MBConvCandidate
from hwnas.network.granular.chain import RelaxedChain, relaxed
from hwnas.network.granular.gates import GRANULARITIES, FilterGates, Granularity, MaskedConv
from hwnas.network.granular.heaviside import heaviside, kept_units
from hwnas.network.granular.node import RelaxedNode

__all__ = [
    "GRANULARITIES",
    "Candidate",
    "FilterGates",
    "Granularity",
    "HeadCandidate",
    "MBConvCandidate",
    "MaskedConv",
    "RelaxedChain",
    "RelaxedNode",
    "heaviside",
    "kept_units",
    "relaxed",
]
