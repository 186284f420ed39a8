"""Training settings from a command line."""

from hwnas.errors import InvalidInputError
from hwnas.train import FinetuneSettings, SupernetSettings


def settings_from(
    epoch_images: int, warmup_epochs: int, epochs: int
) -> tuple[SupernetSettings, FinetuneSettings]:
    """How supernet and chosen network are trained.

    Raises:
        InvalidInputError: A number is negative, or an epoch has no image.
    """
    try:
        return (
            SupernetSettings(epoch_images=epoch_images, warmup_epochs=warmup_epochs),
            FinetuneSettings(epochs=epochs),
        )
    except ValueError as error:
        raise InvalidInputError(f"{error}. Give a larger number.") from error
