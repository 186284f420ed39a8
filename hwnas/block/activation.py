"""The activations a block may name."""

from hwnas.record import unknown_name

ACTIVATIONS = ("none", "relu", "relu6", "hard_swish", "swish")


def check_activation(name: str) -> None:
    """Refuse an activation that no module implements.

    Raises:
        UnknownNameError: It is not in ``ACTIVATIONS``.
    """
    if name not in ACTIVATIONS:
        raise unknown_name("activation", name, ACTIVATIONS)
