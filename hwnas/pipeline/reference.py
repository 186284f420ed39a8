"""The reference network of a search by blockwise distillation, and the space that it spans."""

import hashlib
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hwnas.block.spec import strided
from hwnas.data import DataSet
from hwnas.errors import InvalidInputError, RunError
from hwnas.pipeline.donna import ReferenceRequest
from hwnas.space import Space
from hwnas.space.donna import DonnaBlock, DonnaSpace
from hwnas.train import load_checkpoint
from hwnas.train.reference import Cut, Reference, cuts_named, proposed_cuts

MOST_TOLD = 160
"""Characters of torch's own words."""


def user_reference(request: ReferenceRequest, data: DataSet) -> Reference:
    """Make, load and cut it.

    Raises:
        InvalidInputError: The factory cannot be called, the weights are of another network, the
            logits are not one a class, or it cannot be cut.
    """
    network = _made(request.factory)
    if request.weights is not None:
        _load(network, request.weights)
    image = torch.zeros(1, data.in_channels, data.input_size, data.input_size)
    try:
        with torch.no_grad():
            logits = network.eval()(image)
    except (RuntimeError, TypeError, ValueError) as error:
        raise InvalidInputError(
            f"{request.factory} does not take images of {tuple(image.shape[1:])}: {error}. Give "
            "the --input-size that it was trained for."
        ) from error
    if not isinstance(logits, torch.Tensor) or logits.shape != (1, data.n_classes):
        is_tensor = isinstance(logits, torch.Tensor)
        found = tuple(logits.shape) if is_tensor else f"a {type(logits).__name__}"
        raise InvalidInputError(
            f"{request.factory} answers one image with {found}, not with {data.n_classes} logits. "
            "Name a factory for the classes of --data."
        )
    if not torch.isfinite(logits).all():
        weights = "" if request.weights is None else f" {request.weights}"
        answer = logits[~torch.isfinite(logits)][0].item()
        raise InvalidInputError(
            f"{request.factory} answers a blank image with {answer}, which is no number to "
            f"learn from. Look into its weights{weights}."
        )
    if request.cuts:
        return Reference(network, cuts_named(network, request.cuts, image))
    cuts = proposed_cuts(network, image)
    if len(cuts) < 2:
        raise InvalidInputError(
            f"Nothing in {request.factory} runs block by block. Name where blocks begin, and the "
            "head, with --cuts first,second,head."
        )
    return Reference(network, cuts)


def _made(factory: str) -> nn.Module:
    module_name, colon, name = factory.partition(":")
    try:
        if not (module_name and colon and name):
            raise ValueError("it is not written as package.module:factory")
        made = getattr(importlib.import_module(module_name), name)()
    except Exception as error:
        raise InvalidInputError(
            f"--teacher {factory!r} makes no network: {error}. Name a function without arguments "
            "that returns a torch.nn.Module, as package.module:factory."
        ) from error
    if not isinstance(made, nn.Module):
        raise InvalidInputError(
            f"--teacher {factory!r} makes a {type(made).__name__}, not a torch.nn.Module. Name a "
            "function that returns one."
        )
    return made


def _load(network: nn.Module, weights: Path) -> None:
    try:
        state = load_checkpoint(weights)
    except RunError as error:
        raise InvalidInputError(
            f"{weights} is damaged, or holds more than tensors, such as a whole model. Save the "
            "network's state_dict() with torch.save."
        ) from error
    if state is None:
        raise InvalidInputError(f"There is no weights file {weights}. Name one that exists.")
    try:
        network.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise InvalidInputError(
            f"{weights} holds the weights of another network: {_why(state, str(error))}. Name a "
            "file of the state_dict() of what the factory makes."
        ) from error


def _why(state: Any, told: str) -> str:  # noqa: ANN401
    """What is wrong with weights; wrapped ones are the usual mistake."""
    if not isinstance(state, Mapping):
        return f"it is a {type(state).__name__}"
    wrapped = [key for key, value in state.items() if isinstance(value, Mapping)]
    if wrapped:
        return f"they are wrapped, under {wrapped[0]!r}"
    if state and all(str(key).startswith("module.") for key in state):
        return "every name begins with 'module.', as DataParallel saves them"
    lines = [line.strip(" \t.") for line in told.splitlines() if line.strip()]
    first = lines[min(1, len(lines) - 1)]
    return first if len(first) <= MOST_TOLD else f"{first[:MOST_TOLD]} …"


def donna_space(space: Space) -> DonnaSpace:
    """The space as one that blocks can be distilled for.

    Raises:
        InvalidInputError: It is another.
    """
    if not isinstance(space, DonnaSpace):
        raise InvalidInputError(
            f"--strategy donna replaces blocks of a reference, and space {space.name!r} has none. "
            "Give --space donna, or a .toml file of family donna."
        )
    return space


def space_around(offered: DonnaSpace, cuts: Sequence[Cut]) -> DonnaSpace:
    """What a space offers, for the blocks between these cuts.

    Raises:
        InvalidInputError: A block changes its size in a way that no stride does.
    """
    blocks = []
    for before, after in pairwise(cuts):
        stride = _stride(before.size, after.size, f"Block {before.module!r}")
        blocks.append(DonnaBlock(out_channels=after.channels, stride=stride))
    return replace(
        offered,
        stem_channels=cuts[0].channels,
        stem_stride=_stride(offered.input_size, cuts[0].size, "The stem"),
        blocks=tuple(blocks),
    )


def _stride(before: int, after: int, what: str) -> int:
    stride = -(-before // after) if after else 0
    for tried in (stride, stride - 1):
        if tried > 0 and strided(before, tried) == after:
            return tried
    raise InvalidInputError(
        f"{what} of the reference makes {after} pixels of {before}, which no stride does. Cut "
        "elsewhere with --cuts."
    )


def digest_of_reference(reference: Reference) -> str:
    """A few digits that its weights and its cuts decide."""
    digest = hashlib.sha256(repr(reference.cuts).encode())
    for name, value in reference.network.state_dict().items():
        digest.update(name.encode() + value.cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
