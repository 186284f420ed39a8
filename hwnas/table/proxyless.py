"""Tables of ProxylessNAS and Once-for-All: YAML of ``key: {mean, …}`` in milliseconds a layer.

A block's key is, in one line, ``expanded_conv-input:112x112x32-output:112x112x16`` and then
``-expand:1-kernel:3-stride:1-idskip:0``. MobileNetV3's keys add ``-se:1-hs:1``, and their
``expand`` counts hidden channels. Stem and classifier are told layer by layer: ``Conv`` is the
stem, always 3×3; ``Conv_1`` with ``Logits`` at its size (pooling within), or with ``AvgPool2D``
and a ``Logits`` or ``Conv_2`` of one pixel, is the head. A head that widens again after pooling,
as MobileNetV3's does with ``Conv_2`` before ``Logits``, is no block of hwnas.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hwnas.block import BlockSpec, HeadSpec, MBConvSpec, StemSpec
from hwnas.errors import TableError, reason
from hwnas.measure import Measurement, Provenance
from hwnas.record import told

KEY = re.compile(r"(?P<name>\w+)-input:(?P<input>[\dx]+)-output:(?P<output>[\dx]+)(?P<facts>.*)")
SHAPE = re.compile(r"(?:(\d+)x\1x)?(\d+)")
"""Height, width and channels of a square, or channels alone; one pixel then."""
FACT = re.compile(r"-(\w+):(\d+)")
STEM_KERNEL = 3
SE_RATIO = 0.25


@dataclass(frozen=True)
class ForeignRows:
    """What became rows, and the keys that did not."""

    rows: Mapping[BlockSpec, Measurement]
    unmapped: tuple[str, ...]


@dataclass(frozen=True)
class _Layer:
    """One key; shapes are ``(height, channels)``."""

    key: str
    name: str
    input: tuple[int, int]
    output: tuple[int, int]
    facts: Mapping[str, int]
    mean_ms: float
    n_runs: int


def read_proxyless(path: Path) -> ForeignRows:
    """Read a table of MobileNetV2's activation, or of MobileNetV3's where its keys tell ``hs``.

    A row holds a mean without its spread, so none is settled.

    Raises:
        TableError: It is no YAML mapping of keys to ``{mean: milliseconds}``.
    """
    document = _mapping(path)
    layers = [layer for key, value in document.items() if (layer := _layer(str(key), value, path))]
    stem_activation = "hard_swish" if any("hs" in layer.facts for layer in layers) else "relu6"
    rows: dict[BlockSpec, Measurement] = {}
    used: set[str] = set()
    for block, parts in _blocks(layers, stem_activation):
        rows[block] = _measured(parts)
        used.update(part.key for part in parts)
    if not rows:
        raise TableError(
            f"None of the {len(document)} keys of {path} is a block, such as "
            f"{str(next(iter(document)))!r}. Name a table with expanded_conv-input:… keys."
        )
    return ForeignRows(rows, tuple(str(key) for key in document if str(key) not in used))


def _mapping(path: Path) -> dict[Any, Any]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _EachKeyOnce)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise TableError(f"Cannot read {path}: {_fault(error)}. Name a YAML table.") from error
    if not isinstance(document, dict) or not document:
        raise TableError(f"{path} maps no keys to latencies. Name a ProxylessNAS-style table.")
    return document


class _EachKeyOnce(yaml.SafeLoader):
    """Of a key that stands twice YAML would keep the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ANN401
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value} stands in it twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return mapping


def _fault(error: Exception) -> str:
    """What is wrong with a file, and in which line, without how its reader works."""
    if isinstance(error, OSError | UnicodeError):
        return reason(error)
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"{error.problem} (line {mark.line + 1}, column {mark.column + 1})"
    return "it is nested too deeply or holds what is no YAML"


def _number(mean: object) -> float:
    """A mean as it is written; YAML takes ``1e-05`` for text."""
    try:
        return math.nan if isinstance(mean, bool) else float(mean)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def _layer(key: str, value: Any, path: Path) -> _Layer | None:  # noqa: ANN401
    """The layer a key spells out; nothing for a key of another form."""
    found = KEY.fullmatch(key)
    shapes = [SHAPE.fullmatch(found[which]) for which in ("input", "output")] if found else []
    if found is None or not all(shapes) or FACT.sub("", found["facts"]):
        return None
    mean, count = (
        (value.get("mean"), value.get("count")) if isinstance(value, dict) else (value, 1)
    )
    mean_ms = _number(mean)
    if not 0 < mean_ms < math.inf:
        raise TableError(
            f"{path}: {key!r} has the mean {told(mean)}. Give it a positive number of "
            "milliseconds."
        )
    before, after = ((int(shape[1] or 1), int(shape[2])) for shape in shapes if shape)
    facts = {name: int(number) for name, number in FACT.findall(found["facts"])}
    n_runs = count if type(count) is int and count > 0 else 1
    return _Layer(key, found["name"], before, after, facts, mean_ms, n_runs)


def _blocks(
    layers: Sequence[_Layer], stem_activation: str
) -> Iterator[tuple[BlockSpec, tuple[_Layer, ...]]]:
    """Every block with the layers whose times add up to its own."""
    for layer in layers:
        try:
            block = _block(layer, stem_activation)
        except (KeyError, ValueError, ZeroDivisionError):
            continue  # it stays among the keys that became no row
        if block is not None and block.output_size == layer.output[0]:
            yield block, (layer,)
    yield from _heads(layers, stem_activation)


def _block(layer: _Layer, stem_activation: str) -> StemSpec | MBConvSpec | None:
    """A stem or an inverted residual; nothing for other layers."""
    size, channels = layer.input
    shape = {"input_size": size, "in_channels": channels, "out_channels": layer.output[1]}
    if layer.name == "Conv":
        stride = round(size / layer.output[0])
        return StemSpec(
            **shape, kernel_size=STEM_KERNEL, stride=stride, activation=stem_activation
        )
    if layer.name != "expanded_conv":
        return None
    expansion, activation = layer.facts["expand"], "relu6"
    if "hs" in layer.facts:
        expansion, rest = divmod(expansion, channels)
        activation = "hard_swish" if layer.facts["hs"] else "relu"
        if rest:
            return None
    block = MBConvSpec(
        **shape,
        kernel_size=layer.facts["kernel"],
        expansion=expansion,
        stride=layer.facts["stride"],
        activation=activation,
        se_ratio=SE_RATIO if layer.facts.get("se") else 0.0,
    )
    return block if bool(layer.facts["idskip"]) == block.has_residual else None


def _heads(
    layers: Sequence[_Layer], activation: str
) -> Iterator[tuple[HeadSpec, tuple[_Layer, ...]]]:
    """Widening convolution, mean and classifier wherever one's output is the next one's input."""
    named = {
        name: [layer for layer in layers if layer.name == name]
        for name in ("Conv_1", "AvgPool2D", "Conv_2", "Logits")
    }
    if named["Conv_2"] and named["Logits"]:
        return  # a head that widens again after pooling
    for widen in named["Conv_1"]:
        pooled = [
            (pool, classify)
            for pool in named["AvgPool2D"]
            for classify in (*named["Conv_2"], *named["Logits"])
            if pool.input == widen.output and pool.output == classify.input
        ]
        within = [(classify,) for classify in named["Logits"] if classify.input == widen.output]
        for rest in (*pooled, *within):
            with suppress(ValueError):  # it stays among the keys that became no row
                head = HeadSpec(
                    input_size=widen.input[0],
                    in_channels=widen.input[1],
                    hidden_channels=widen.output[1],
                    n_classes=rest[-1].output[1],
                    activation=activation,
                )
                yield head, (widen, *rest)


def _measured(parts: Sequence[_Layer]) -> Measurement:
    mean_ms = sum(part.mean_ms for part in parts)
    return Measurement(
        median_ms=mean_ms,
        p90_ms=mean_ms,
        min_ms=mean_ms,
        mad_ms=0.0,
        n_runs=min(part.n_runs for part in parts),
        provenance=Provenance.IMPORTED,
        settled=False,
    )
