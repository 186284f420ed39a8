"""NAS-Bench-Macro (Su et al. 2021): the true accuracy of all 6,561 networks of its space."""

import json
from pathlib import Path

from hwnas.errors import DataError, HwnasError
from hwnas.space import Architecture
from hwnas.space.nasbench_macro import architecture_from_digits, digits_of


class MacroBenchmark:
    """Mean CIFAR-10 test accuracy over three seeds, by query; counts distinct queries."""

    def __init__(self, path: Path) -> None:
        """Read the published JSON file.

        Raises:
            DataError: It is missing or something else.
        """
        try:
            entries = json.loads(path.read_text())
            self._accuracies: dict[Architecture, float] = {
                architecture_from_digits(digits): entry["mean_acc"] / 100
                for digits, entry in entries.items()
            }
        except (HwnasError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DataError(
                f"{path} is not the NAS-Bench-Macro table: {error!r}. "
                "Name its nas-bench-macro_cifar10.json."
            ) from error
        self._asked: set[Architecture] = set()

    @property
    def n_queries(self) -> int:
        """How many different networks were asked for."""
        return len(self._asked)

    @property
    def architectures(self) -> tuple[Architecture, ...]:
        """Every network of the table."""
        return tuple(self._accuracies)

    def accuracy(self, architecture: Architecture) -> float:
        """The published accuracy, from 0 to 1; counts as a query.

        Raises:
            DataError: The table does not hold the network.
        """
        if architecture not in self._accuracies:
            raise DataError(
                f"The table has no network {digits_of(architecture)!r}. Use the complete table."
            )
        self._asked.add(architecture)
        return self._accuracies[architecture]
