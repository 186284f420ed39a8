"""Training settings from a command line."""

from hwnas.pipeline.quantity import check_least
from hwnas.train import FinetuneSettings, SupernetSettings


def settings_from(
    epoch_images: int, warmup_epochs: int, epochs: int
) -> tuple[SupernetSettings, FinetuneSettings]:
    """How supernet and chosen network are trained.

    Raises:
        InvalidInputError: A number is negative, or an epoch has no image.
    """
    check_least(1, epoch_images=epoch_images)
    check_least(0, warmup_epochs=warmup_epochs, epochs=epochs)
    return (
        SupernetSettings(epoch_images=epoch_images, warmup_epochs=warmup_epochs),
        FinetuneSettings(epochs=epochs),
    )
