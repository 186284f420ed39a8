"""A place where operations are summed up, each by its weight, as long as they are alive."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hwnas.network.granular.candidate import Candidate
from hwnas.network.granular.heaviside import kept_units

Kind = TypeVar("Kind", bound=Candidate)


class RelaxedNode(nn.Module, Generic[Kind]):
    """The sum of its operations, each of one of its inputs, and of the input where that is added.

    Of a node that may not be empty, the last operation is never pruned.
    """

    def __init__(
        self,
        candidates: Mapping[str, Kind],
        *,
        adds_input: bool = False,
        may_be_empty: bool = False,
    ) -> None:
        super().__init__()
        self._candidates = nn.ModuleDict(candidates)
        self.adds_input, self.may_be_empty = adds_input, may_be_empty

    @property
    def living(self) -> dict[str, Kind]:
        """The operations that were not pruned for good, by name."""
        return {name: one for name, one in self.built.items() if bool(one.alive)}

    @property
    def built(self) -> dict[str, Kind]:
        """Those that are there, dead ones that were not rebuilt yet among them."""
        return dict(self._candidates.items())  # type: ignore[arg-type]

    def put(self, name: str, candidate: Kind) -> None:
        """In place of the operation of that name, if there was one."""
        self._candidates[name] = candidate

    def drop(self, name: str) -> None:
        """Take a dead operation out."""
        del self._candidates[name]

    def weights(self) -> dict[str, Float[Tensor, ""]]:
        """Of each living operation, 0 where it is below its threshold."""
        living = self.living
        if not living or any("op" not in one.searched for one in living.values()):
            return {name: one.strength for name, one in living.items()}
        margins = torch.stack([one.margin for one in living.values()])
        kept = kept_units(margins, margins > -torch.inf, may_be_empty=self.may_be_empty)
        return {
            name: one.strength * kept[place] for place, (name, one) in enumerate(living.items())
        }

    def forward(self, *inputs: Tensor) -> Tensor:
        """The sum; operations of weight 0 are computed too, as their gradient tells of them."""
        total = inputs[0] if self.adds_input else None
        living = self.living
        for name, weight in self.weights().items():
            given = weight * living[name](inputs[living[name].source])
            total = given if total is None else total + given
        if total is None:
            raise ValueError("a node without operations has no input to give")
        return total
