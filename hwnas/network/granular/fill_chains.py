"""The weights of relaxed operations, gates folded in, written into the blocks that are left."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from hwnas.network.granular.gates import MaskedConv
from hwnas.network.granular.of_chains import HIDDEN, HeadCandidate, MBConvCandidate
from hwnas.network.mbconv_modules import MBConvBlock
from hwnas.network.modules import HeadBlock


@torch.no_grad()
def fill_inverted(target: nn.Module, alike: Sequence[tuple[MBConvCandidate, float]]) -> None:
    """Operations of one branch, each times its weight, become one block that computes their sum.

    Their projections' BatchNorms become one: each projection is scaled as its own would, and the
    statistics of the sum are those of independent summands, which training makes true.
    """
    block = cast(MBConvBlock, target)
    parts = [(one, one.built_filters(HIDDEN), weight) for one, weight in alike]
    if len(block.expand):
        expand, norm = block.expand
        _write(expand, [_kept(one.expand)[filters] for one, filters, _ in parts])
        norms = [(one.expand_norm, filters, None) for one, filters, _ in parts]
        write_norm(norm, norms)
    depthwise, norm = block.depthwise
    _write(depthwise, [_kept(one.filter)[filters] for one, filters, _ in parts])
    write_norm(norm, [(one.filter_norm, f, one.scales(HIDDEN)[f]) for one, f, _ in parts])
    project, norm = block.project
    columns, statistics = [], []
    for one, filters, weight in parts:
        own, state = one.project_norm, one.project_norm.state_dict()
        variance = state["running_var"]
        scale = weight * state["weight"] / torch.sqrt(variance + own.eps)
        columns.append(_kept(one.project)[:, filters] * scale[:, None, None, None])
        statistics.append(
            torch.stack(
                [scale * state["running_mean"], scale.square() * variance, weight * state["bias"]]
            )
        )
    _write(project, columns, axis=1)
    _leave_as_is(norm, *torch.stack(statistics).sum(0))


@torch.no_grad()
def fill_head(target: nn.Module, head: HeadCandidate, weight: float) -> None:
    """The classifier, times its weight."""
    block, filters = cast(HeadBlock, target), head.built_filters(HIDDEN)
    _write(block.conv, [_kept(head.widen)[filters]])
    write_norm(block.norm, [(head.norm, filters, head.scales(HIDDEN)[filters])])
    block.classify.weight.copy_(weight * head.classify.weight[:, filters])
    block.classify.bias.copy_(weight * head.classify.bias)


def _kept(convolution: MaskedConv | None) -> Tensor:
    if convolution is None:
        raise ValueError("of the operations of a branch all expand, or none")
    return convolution.kept_weight()


def _write(convolution: nn.Module, pieces: Sequence[Tensor], axis: int = 0) -> None:
    cast(nn.Conv2d, convolution).weight.copy_(torch.cat(list(pieces), dim=axis))


def write_norm(
    target: nn.Module,
    pieces: Sequence[tuple[nn.BatchNorm2d | None, Tensor | slice, Tensor | None]],
) -> None:
    """Channels of several, scale and shift times what gates let through."""
    norm = cast(nn.BatchNorm2d, target)
    names = ("weight", "bias", "running_mean", "running_var")
    taken: dict[str, list[Tensor]] = {name: [] for name in names}
    for own, filters, scales in pieces:
        state = {} if own is None else own.state_dict()
        for name, values in taken.items():
            value = state[name][filters]
            is_gated = scales is not None and name in ("weight", "bias")
            values.append(value * scales if is_gated else value)
    state = norm.state_dict()
    norm.load_state_dict(state | {name: torch.cat(values) for name, values in taken.items()})


def _leave_as_is(norm: nn.Module, mean: Tensor, variance: Tensor, shift: Tensor) -> None:
    """Let it only take the mean off what it normalises, and shift it."""
    target = cast(nn.BatchNorm2d, norm)
    told = {
        "running_mean": mean,
        "running_var": variance,
        "weight": torch.sqrt(variance + target.eps),
        "bias": shift,
    }
    target.load_state_dict(target.state_dict() | told)
