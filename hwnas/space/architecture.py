"""One network of a space, as the options chosen for its decisions."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """One thing to choose: ``stage2.block1`` out of ``k3e3``, ``k5e6`` and ``skip``.

    A decision with one option is fixed; it still names a position in the network.
    """

    name: str
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.options or len(set(self.options)) != len(self.options):
            raise ValueError(f"{self.name} needs distinct options, got {self.options}")


@dataclass(frozen=True)
class Architecture:
    """The option chosen for each decision of a space, in the space's order."""

    choices: tuple[str, ...]

    def __str__(self) -> str:
        return ",".join(self.choices)
