"""Every kind of block, and how one is written to and read from a table's row."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hwnas.block.attention import AttentionSpec
from hwnas.block.conv import ConvSpec, PreactConvSpec, StemSpec
from hwnas.block.dispatch import DispatchSpec
from hwnas.block.head import HeadSpec, LinearHeadSpec, NormHeadSpec
from hwnas.block.installed import installed_blocks, unusable_blocks
from hwnas.block.join import (
    AddSpec,
    ConcatSpec,
    PoolSpec,
    ReluSpec,
    ScaleSpec,
    UnevenConcatSpec,
    ZeroSpec,
)
from hwnas.block.mbconv import FusedMBConvSpec, GroupedMBConvSpec, MBConvSpec
from hwnas.block.reduce import FactorizedReduceSpec, ThinReduceSpec
from hwnas.block.residual import LinearResidualSpec, PreactResidualSpec, ResidualSpec
from hwnas.block.separable import DilConvSpec, SepConvSpec, ThinSepConvSpec
from hwnas.block.shuffle import ShuffleSpec
from hwnas.block.spec import BlockSpec
from hwnas.block.thin import ThinMBConvSpec
from hwnas.errors import UnknownNameError
from hwnas.record import read_record, unknown_name

BLOCKS: dict[str, type[BlockSpec]] = {
    spec.kind: spec
    for spec in (
        ConvSpec,
        StemSpec,
        PreactConvSpec,
        MBConvSpec,
        FusedMBConvSpec,
        GroupedMBConvSpec,
        ThinMBConvSpec,
        ShuffleSpec,
        AttentionSpec,
        ResidualSpec,
        LinearResidualSpec,
        PreactResidualSpec,
        SepConvSpec,
        ThinSepConvSpec,
        DilConvSpec,
        FactorizedReduceSpec,
        ThinReduceSpec,
        PoolSpec,
        ReluSpec,
        AddSpec,
        ConcatSpec,
        UnevenConcatSpec,
        ScaleSpec,
        ZeroSpec,
        HeadSpec,
        NormHeadSpec,
        LinearHeadSpec,
        DispatchSpec,
    )
}


def block_to_json(block: BlockSpec) -> dict[str, Any]:
    """The block as a flat JSON object, its kind first."""
    return {"kind": block.kind, **asdict(block)}  # type: ignore[call-overload]


def block_from_json(row: Mapping[str, Any], source: str, advice: str = "") -> BlockSpec:
    """The block a JSON object describes; ``source`` and ``advice`` as ``read_record`` takes them.

    Raises:
        UnknownNameError: Its kind is neither in ``BLOCKS`` nor installed.
        InvalidInputError: A key or value does not fit the kind.
    """
    kind, known = str(row.get("kind")), BLOCKS
    if kind not in known:
        known = BLOCKS | {spec.kind: spec for spec in installed_blocks().values()}
    if kind not in known:
        told = (str(unknown_name("kind of block", kind, known)), unusable_blocks(), advice)
        raise UnknownNameError(" ".join(filter(None, told)))
    values = {key: value for key, value in row.items() if key != "kind"}
    return read_record(known[kind], values, source, advice)
