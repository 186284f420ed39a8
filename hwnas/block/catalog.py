"""Every kind of block, and how one is written to and read from a table's row."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hwnas.block.conv import ConvSpec, PreactConvSpec, StemSpec
from hwnas.block.dispatch import DispatchSpec
from hwnas.block.head import HeadSpec, LinearHeadSpec, NormHeadSpec
from hwnas.block.join import AddSpec, ConcatSpec, PoolSpec, ReluSpec, ZeroSpec
from hwnas.block.mbconv import MBConvSpec
from hwnas.block.reduce import FactorizedReduceSpec
from hwnas.block.residual import PreactResidualSpec, ResidualSpec
from hwnas.block.separable import DilConvSpec, SepConvSpec
from hwnas.block.spec import BlockSpec
from hwnas.errors import UnknownNameError
from hwnas.record import read_record, unknown_name

BLOCKS: Mapping[str, type[BlockSpec]] = {
    spec.kind: spec
    for spec in (
        ConvSpec,
        StemSpec,
        PreactConvSpec,
        MBConvSpec,
        ResidualSpec,
        PreactResidualSpec,
        SepConvSpec,
        DilConvSpec,
        FactorizedReduceSpec,
        PoolSpec,
        ReluSpec,
        AddSpec,
        ConcatSpec,
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
        UnknownNameError: Its kind is not in ``BLOCKS``.
        InvalidInputError: A key or value does not fit the kind.
    """
    kind = str(row.get("kind"))
    if kind not in BLOCKS:
        raise UnknownNameError(f"{unknown_name('kind of block', kind, BLOCKS)} {advice}".strip())
    values = {key: value for key, value in row.items() if key != "kind"}
    return read_record(BLOCKS[kind], values, source, advice)
