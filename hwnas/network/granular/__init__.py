"""Networks that are pruned while they train: operations, filters and weights (MGAS)."""

from hwnas.network.granular.candidate import Candidate
from hwnas.network.granular.cells import RelaxedCells
from hwnas.network.granular.chain import RelaxedChain
from hwnas.network.granular.gates import GRANULARITIES, FilterGates, Granularity, MaskedConv
from hwnas.network.granular.heaviside import heaviside, kept_units
from hwnas.network.granular.node import RelaxedNode
from hwnas.network.granular.of_chains import HeadCandidate, MBConvCandidate
from hwnas.network.granular.relax import relaxed
from hwnas.network.granular.relaxed import Relaxed

__all__ = [
    "GRANULARITIES",
    "Candidate",
    "FilterGates",
    "Granularity",
    "HeadCandidate",
    "MBConvCandidate",
    "MaskedConv",
    "Relaxed",
    "RelaxedCells",
    "RelaxedChain",
    "RelaxedNode",
    "heaviside",
    "kept_units",
    "relaxed",
]
