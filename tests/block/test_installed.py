"""A block type of another package: one module and one BlockSpec."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from hwnas.block import FeatureMap, Operator, block_from_json, block_to_json, operators_of
from hwnas.block import installed as installed_file
from hwnas.block.spec import strided
from hwnas.errors import UnknownNameError
from hwnas.network import build
from hwnas.space import Architecture, blocks_of
from hwnas.space.block_types import Layer, block_type
from hwnas.space.donna import DonnaBlock, DonnaSpace


@dataclass(frozen=True, kw_only=True)
class PooledSpec:
    """A strided 1×1 convolution."""

    kind: ClassVar[str] = "pooled"
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1
    module: ClassVar[str] = "a_plugin:PooledBlock"
    heeds: ClassVar[tuple[str, ...]] = ()

    input_size: int
    in_channels: int
    out_channels: int
    stride: int

    @property
    def output_size(self) -> int:
        return strided(self.input_size, self.stride)

    @property
    def n_macs(self) -> int:
        return self.in_channels * self.out_channels * self.output_size**2

    @property
    def n_parameters(self) -> int:
        return (self.in_channels + 1) * self.out_channels

    def operators(self, reads: FeatureMap) -> Iterator[Operator]:
        gives = FeatureMap(self.out_channels, self.output_size)
        yield Operator(kind="convolution", reads=reads, gives=gives)

    @staticmethod
    def layers(layer: Layer) -> tuple["PooledSpec", ...]:
        return (
            PooledSpec(
                input_size=layer.input_size,
                in_channels=layer.in_channels,
                out_channels=layer.out_channels,
                stride=layer.stride,
            ),
        )


class PooledBlock(nn.Module):
    def __init__(self, spec: PooledSpec) -> None:
        super().__init__()
        self.conv = nn.Conv2d(spec.in_channels, spec.out_channels, 1, spec.stride)

    def forward(self, features: Tensor) -> Tensor:
        result: Tensor = self.conv(features)
        return result


@dataclass(frozen=True)
class Entry:
    name: str
    spec: type | Exception

    def load(self) -> type:
        if isinstance(self.spec, Exception):
            raise self.spec
        return self.spec


@pytest.fixture(autouse=True)
def plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = ModuleType("a_plugin")
    module.PooledBlock = PooledBlock  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_plugin", module)

    lost = ModuleNotFoundError("No module named 'lost_package'")
    specs: dict[str, type | Exception] = {
        "pooled": PooledSpec,
        "bare": object,
        "lost": lost,
        "silent": AssertionError(),
    }
    entries = [Entry(name, spec) for name, spec in specs.items()]
    monkeypatch.setattr(installed_file, "entry_points", lambda group: entries)
    installed_file._loaded.cache_clear()
    yield
    installed_file._loaded.cache_clear()


def test_it_can_be_chosen_built_and_written() -> None:
    space = DonnaSpace(
        input_size=8,
        in_channels=1,
        n_classes=3,
        stem_channels=8,
        stem_stride=1,
        blocks=(DonnaBlock(out_channels=16, stride=2),),
        head_channels=16,
        types=("mbconv", "pooled"),
    )
    blocks = blocks_of(space, Architecture(("pooled-d1",)))
    assert build(blocks).eval()(torch.zeros(2, 1, 8, 8)).shape == (2, 3)
    block = blocks[1]
    assert block_from_json(block_to_json(block), "a row") == block
    assert sum(op.n_macs for op in operators_of(block)) == block.n_macs


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lost", "ModuleNotFoundError: No module named 'lost_package'"),
        ("silent", "AssertionError"),
        ("bare", "it has no kind and no module and no operators and no layers"),
    ],
)
def test_a_broken_package_is_told_where_its_block_is_asked_for(name: str, why: str) -> None:
    with pytest.raises(UnknownNameError, match=f"{name!r} is installed, .*: {why}"):
        block_type(name)
    assert block_type("pooled").make is PooledSpec.layers
    with pytest.raises(UnknownNameError, match="'lost' is installed"):
        block_from_json({"kind": "no such"}, "a row")
