"""A trained reference network, cut into blocks before named modules.

What a block of the reference reads and gives is what the modules at its two cuts read, so any
``torch.nn.Module`` can be a reference: nothing is known of it but its modules' names.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hwnas.errors import InvalidInputError

Images = Float[Tensor, "batch channels height width"]
FeatureMap = Float[Tensor, "batch channels height width"]
Logits = Float[Tensor, "batch classes"]


@dataclass(frozen=True)
class Cut:
    """A module with which a block begins, or the head, and the shape of what it reads."""

    module: str
    channels: int
    size: int


class Reference:
    """The network in eval mode, and what flows between its blocks."""

    def __init__(self, network: nn.Module, cuts: Sequence[Cut]) -> None:
        """``cuts``, in order: where each block begins, and last the head."""
        self.network = network.eval().requires_grad_(requires_grad=False)
        self.cuts = tuple(cuts)

    @torch.no_grad()
    def features(self, images: Images) -> tuple[list[FeatureMap], Logits]:
        """What is read at every cut, and the logits."""
        names = [cut.module for cut in self.cuts]
        with _read_by(self.network, names) as read:
            logits = self.network(images)
        return [read[name] for name in names], logits

    @torch.no_grad()
    def logits(self, images: Images) -> Logits:
        """The network's answer."""
        logits: Tensor = self.network(images)
        return logits


def cuts_named(network: nn.Module, names: Sequence[str], image: Images) -> tuple[Cut, ...]:
    """The cuts before these modules, with the shapes that they have for an image.

    Raises:
        InvalidInputError: Fewer than two, a name that is none of the network's, a module that
            reads no square feature map, or one that runs before the one named before it.
    """
    known = dict(network.named_modules())
    for name in names:
        if name not in known:
            raise InvalidInputError(
                f"The reference has no module {name!r}. {_advice(network, image)}"
            )
    if len(names) < 2 or len(set(names)) < len(names):
        raise InvalidInputError(
            "A reference is cut before one block at least and before its head, each once. "
            f"{_advice(network, image)}"
        )
    with _read_by(network, names) as read, torch.no_grad():
        network.eval()(image)
    if list(read) != list(names):
        raise InvalidInputError(
            f"The reference runs these modules in the order {', '.join(read)}. Name the cuts so."
        )
    for name, features in read.items():
        if not _is_square(features):
            raise InvalidInputError(
                f"Module {name!r} of the reference reads no square feature map. "
                f"{_advice(network, image)}"
            )
    return tuple(Cut(name, *read[name].shape[1:3]) for name in names)


def proposed_cuts(network: nn.Module, image: Images) -> tuple[Cut, ...]:
    """Where the shape of the feature maps changes, among the modules that run one after another.

    A block begins with the first module of several layers with weights, and with each such that
    gives another shape than it reads; the head with what follows the last of them.
    """
    chain = _chain(network, image)
    modules = dict(network.named_modules())
    blocks = [
        at
        for at, link in enumerate(chain)
        if _is_square(link.gives) and _n_weights(modules[link.module]) > 1
    ]
    if not blocks or blocks[-1] + 1 == len(chain):
        return ()
    # One that reads the image is the stem.
    blocks = blocks[1:] if blocks[0] == 0 else blocks
    begins = [at for at in blocks if at == blocks[0] or _changes(chain[at])]
    return tuple(_cut(chain[at]) for at in (*begins, blocks[-1] + 1))


@dataclass(frozen=True)
class _Link:
    module: str
    reads: Tensor
    gives: Tensor


def _chain(network: nn.Module, image: Images) -> list[_Link]:
    """Modules that read just what the one before gave, from the image on, outermost first."""
    ran: list[_Link] = []

    def note(name: str) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
        def hook(_: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ANN401
            if inputs and isinstance(inputs[0], Tensor) and isinstance(output, Tensor):
                ran.append(_Link(name, inputs[0], output))

        return hook

    named = [(name, module) for name, module in network.named_modules() if name]
    handles = [module.register_forward_hook(note(name)) for name, module in named]
    try:
        with torch.no_grad():
            network.eval()(image)
    finally:
        for handle in handles:
            handle.remove()
    modules = dict(network.named_modules())
    return [inner for link in _followed(image, ran) for inner in _opened(link, ran, modules)]


def _followed(at: Tensor, ran: Sequence[_Link]) -> list[_Link]:
    """From one module to the next that reads what it gave, the outermost of several."""
    outermost = sorted(ran, key=lambda link: link.module.count("."))
    chain: list[_Link] = []
    while True:
        links = (link for link in outermost if link.reads is at and link.gives is not at)
        following = next(links, None)
        if following is None:
            return chain
        chain.append(following)
        at = following.gives


def _opened(link: _Link, ran: Sequence[_Link], modules: dict[str, nn.Module]) -> list[_Link]:
    """The module itself; or, of a mere row of several blocks, those."""
    inside = [inner for inner in ran if inner.module.startswith(f"{link.module}.")]
    row = _followed(link.reads, inside)
    blocks = [inner for inner in row if _n_weights(modules[inner.module]) > 1]
    if len(blocks) < 2 or row[-1].gives is not link.gives:
        return [link]
    return [deeper for inner in row for deeper in _opened(inner, ran, modules)]


def _n_weights(module: nn.Module) -> int:
    """Convolutions and matrices in it."""
    return sum(parameter.ndim > 1 for parameter in module.parameters())


def _changes(link: _Link) -> bool:
    return link.reads.shape != link.gives.shape


def _cut(link: _Link) -> Cut:
    return Cut(link.module, *link.reads.shape[1:3])


def _is_square(features: Tensor) -> bool:
    return features.ndim == 4 and features.shape[2] == features.shape[3]


def _advice(network: nn.Module, image: Images) -> str:
    cuts = ",".join(cut.module for cut in proposed_cuts(network, image))
    if cuts:
        return f"Where shapes change it would be --cuts {cuts}."
    return "Name modules that run one after the other, each on a feature map."


@contextmanager
def _read_by(network: nn.Module, names: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """What these modules read first while the context lasts, in the order in which they ran."""
    read: dict[str, Tensor] = {}
    modules = dict(network.named_modules())

    def note(name: str) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        def hook(_: nn.Module, inputs: tuple[Any, ...]) -> None:
            read.setdefault(name, inputs[0])

        return hook

    handles = [modules[name].register_forward_pre_hook(note(name)) for name in names]
    try:
        yield read
    finally:
        for handle in handles:
            handle.remove()
