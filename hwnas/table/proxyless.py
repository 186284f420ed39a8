"""Tables of ProxylessNAS and Once-for-All: YAML of ``key: {mean, …}`` in milliseconds a block.

A block's key is, in one line, ``expanded_conv-input:112x112x32-output:112x112x16`` and then
``-expand:1-kernel:3-stride:1-idskip:0``; some add ``-se:1-hs:1``.
Stem and classifier are told layer by layer: ``Conv`` is the stem; ``Conv_1``, ``AvgPool2D`` and
``Conv_2`` or ``Logits`` together make the head.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hwnas.block import BlockSpec, HeadSpec, MBConvSpec, StemSpec
from hwnas.errors import TableError
from hwnas.measure import Measurement, Provenance

Shape = tuple[int, int]
"""Height and channels."""


@dataclass(frozen=True)
class ForeignRows:
    """What became rows, and the keys that did not."""

    rows: Mapping[BlockSpec, Measurement]
    unmapped: tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    key: str
    name: str
    facts: Mapping[str, str]
    mean_ms: float

    def shape(self, which: str) -> Shape:
        parts = [int(part) for part in self.facts[which].split("x")]
        return (parts[0], parts[-1]) if len(parts) > 1 else (1, parts[0])


def read_proxyless(path: Path, activation: str = "relu6") -> ForeignRows:
    """Read a table whose networks use one activation, MobileNetV2's unless told otherwise.

    A row holds a mean without its spread, so none is settled.

    Raises:
        TableError: It is no YAML mapping of keys to ``{mean: milliseconds}``.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise TableError(f"Cannot read {path}: {reason}. Name a YAML table.") from error
    if not isinstance(document, dict) or not document:
        raise TableError(f"{path} maps no keys to latencies. Name a ProxylessNAS-style table.")
    entries = [_entry(str(key), value, path) for key, value in document.items()]
    rows: dict[BlockSpec, Measurement] = {}
    used: set[str] = set()
    for entry in entries:
        block = _block(entry, activation)
        if block is not None:
            rows[block] = _measured(entry.mean_ms)
            used.add(entry.key)
    for block, parts in _heads(entries, activation):
        rows[block] = _measured(sum(part.mean_ms for part in parts))
        used.update(part.key for part in parts)
    if not rows:
        raise TableError(
            f"None of the {len(entries)} keys of {path} is a block, such as {entries[0].key!r}. "
            "Name a table with expanded_conv-input:… keys."
        )
    return ForeignRows(rows, tuple(entry.key for entry in entries if entry.key not in used))


def _entry(key: str, value: Any, path: Path) -> _Entry:  # noqa: ANN401
    mean = value.get("mean") if isinstance(value, dict) else value
    if isinstance(mean, bool) or not isinstance(mean, int | float) or not mean > 0:
        raise TableError(
            f"{path}: {key!r} has the mean {mean!r}. Give it a positive number of milliseconds."
        )
    name, *facts = re.split(r"-(?=[a-z]+:)", key)
    pairs = (fact.partition(":") for fact in facts)
    return _Entry(key, name, {name: value for name, _, value in pairs}, float(mean))


def _block(entry: _Entry, activation: str) -> BlockSpec | None:
    """A stem or an inverted residual; nothing for other layers."""
    try:
        if entry.name not in ("Conv", "expanded_conv"):
            return None
        (size, channels), (out_size, out_channels) = entry.shape("input"), entry.shape("output")
        shape = {"input_size": size, "in_channels": channels, "out_channels": out_channels}
        if entry.name == "Conv":
            stride = round(size / out_size)
            return StemSpec(**shape, kernel_size=3, stride=stride, activation=activation)
        block = MBConvSpec(
            **shape,
            kernel_size=int(entry.facts["kernel"]),
            expansion=int(entry.facts["expand"]),
            stride=int(entry.facts["stride"]),
            activation=activation,
            se_ratio=0.25 if entry.facts.get("se", "0") == "1" else 0.0,
        )
    except (KeyError, ValueError, ZeroDivisionError):
        return None
    skips = entry.facts.get("idskip", str(int(block.has_residual)))
    return block if skips == str(int(block.has_residual)) else None


def _heads(
    entries: list[_Entry], activation: str
) -> Iterator[tuple[HeadSpec, tuple[_Entry, ...]]]:
    """Widening convolution, mean (if it has a row), classifier: each fit of the three."""
    for widen in (entry for entry in entries if entry.name == "Conv_1"):
        size, channels = widen.shape("input")
        hidden = widen.shape("output")[1]
        pools = [e for e in entries if e.name == "AvgPool2D" and e.shape("input")[1] == hidden]
        for logits in entries:
            if logits.name in ("Logits", "Conv_2") and logits.shape("input")[1] == hidden:
                head = HeadSpec(
                    input_size=size,
                    in_channels=channels,
                    hidden_channels=hidden,
                    n_classes=logits.shape("output")[1],
                    activation=activation,
                )
                yield head, (widen, *pools[:1], logits)


def _measured(mean_ms: float) -> Measurement:
    return Measurement(
        median_ms=mean_ms,
        p90_ms=mean_ms,
        min_ms=mean_ms,
        mad_ms=0.0,
        n_runs=1,
        provenance=Provenance.MEASURED,
        settled=False,
    )
