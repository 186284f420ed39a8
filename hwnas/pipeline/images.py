"""The images of a request, and the space that fits them."""

from collections.abc import Sequence
from pathlib import Path

from hwnas.data import DataSet, load_data
from hwnas.errors import DataError, InvalidInputError, reason
from hwnas.pipeline.origin import Origin
from hwnas.pipeline.quantity import check_least
from hwnas.pipeline.reference import donna_space, space_around, user_reference
from hwnas.pipeline.request import DeviceBudget, RankRequest, SearchRequest
from hwnas.pipeline.sizes import check_sizes
from hwnas.progress import OnProgress, Progress
from hwnas.space import Space, all_blocks, space_named, without_operations


def load_images(
    name: str, input_size: int | None, on_progress: OnProgress, *, skip_bad: bool = False
) -> DataSet:
    """Load a data set, telling progress and what was left out.

    Raises:
        DataError: It cannot be read or learned from.
        UnknownNameError: There is none of that name.
    """
    if not name.strip():
        raise DataError(f"{name!r} names no data set. Give --data digits or a folder.")
    try:
        return load_data(
            name,
            input_size=input_size,
            skip_bad=skip_bad,
            warn=lambda text: on_progress(Progress("images", 0, 0, text)),
            progress=lambda done, total: on_progress(Progress("images", done, total)),
        )
    except OSError as error:
        raise DataError(
            f"Cannot read the data {name}: {reason(error)}. Name another with --data."
        ) from error


def usable_space(name: str, *, input_size: int, in_channels: int, n_classes: int) -> Space:
    """The space ``--space`` asks for, once all of its blocks could be told.

    Raises:
        UnknownNameError: No such space.
        InvalidInputError: A file, a multiplier, a size or an option that cannot be used.
    """
    check_least(1, input_size=input_size, channels=in_channels, classes=n_classes)
    try:
        space = space_named(
            name, input_size=input_size, in_channels=in_channels, n_classes=n_classes
        )
        blocks = all_blocks(space)
    except (ValueError, ZeroDivisionError) as error:
        raise InvalidInputError(
            f"Space {name} holds no networks: {error}. Correct that value."
        ) from error
    check_sizes(name, blocks)
    return space


def images_and_space(
    request: SearchRequest | RankRequest, on_progress: OnProgress
) -> tuple[DataSet, Space]:
    """The data set at the largest resolution the space asks for, and the space for it."""
    if isinstance(request, SearchRequest) and request.start is not None:
        start = request.start
        origin = start.exploration.origin
        _check_taken(request.devices, origin.space, start.folder)
        return images_of(origin, start.folder, on_progress), origin.space

    def load(input_size: int | None) -> DataSet:
        return load_images(request.data, input_size, on_progress, skip_bad=request.skip_bad)

    data = load(request.input_size)
    space = usable_space(
        request.space,
        input_size=data.input_size,
        in_channels=data.in_channels,
        n_classes=data.n_classes,
    )
    if isinstance(request, SearchRequest):
        if request.donna.reference is not None:
            reference = user_reference(request.donna.reference, data)
            space = space_around(donna_space(space), reference.cuts)
        for timed in request.devices:
            space = without_operations(space, timed.device.refused_operations)
    largest = largest_input(space)
    return (data if largest == data.input_size else load(largest)), space


def _check_taken(devices: Sequence[DeviceBudget], space: Space, run: Path) -> None:
    """Refuse a device that does not take what a run's networks may have.

    Raises:
        InvalidInputError: It names operations that the space has.
    """
    for timed in devices:
        refused = timed.device.refused_operations
        if without_operations(space, refused) != space:
            raise InvalidInputError(
                f"Device {timed.device.name!r} does not take {', '.join(refused)}, and networks "
                f"of {run} may have one. Search anew for it, without --from."
            )


def images_of(origin: Origin, run: Path, on_progress: OnProgress) -> DataSet:
    """The images that a supernet was trained on.

    Raises:
        DataError: They are no longer there, or others are.
    """
    size = largest_input(origin.space)
    data = load_images(origin.data, size, on_progress, skip_bad=origin.skip_bad)
    if data.fingerprint != origin.data_fingerprint:
        raise DataError(
            f"The images of {origin.data} are not those that {run} was trained on. "
            "Bring them back, or train it again."
        )
    return data


def largest_input(space: Space) -> int:
    """The most pixels a network of the space reads, height or width."""
    return max(block.input_size for block in all_blocks(space) if block.reads_image)
