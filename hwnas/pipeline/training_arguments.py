"""What people write about trainings, made into settings."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from hwnas.accuracy.teacher import check_teacher
from hwnas.errors import InvalidInputError
from hwnas.pipeline.arguments import given
from hwnas.pipeline.donna import DonnaSettings, ReferenceRequest
from hwnas.pipeline.quantity import check_least
from hwnas.regression.qualities import FEWEST
from hwnas.train import DEFAULT_RULE, FinetuneSettings, SupernetSettings
from hwnas.train.blockwise import BlockwiseSettings
from hwnas.train.mgas import MgasSettings
from hwnas.train.rules import OPTIONS_OF


def settings_from(  # noqa: PLR0913 - a command's options
    epoch_images: int,
    warmup_epochs: int = SupernetSettings.warmup_epochs,
    epochs: int = FinetuneSettings.epochs,
    *,
    supernet: str = DEFAULT_RULE,
    supernet_epochs: int = 0,
    teacher: str | None = None,
    rank_weight: str | None = None,
    distance: str | None = None,
    paths_per_batch: int | None = None,
) -> tuple[SupernetSettings, FinetuneSettings]:
    """How supernet and chosen network are trained.

    Raises:
        UnknownNameError: No such rule, teacher, weight or distance.
        InvalidInputError: A number is negative, an epoch has no image, or an option is of
            another rule.
    """
    check_least(1, epoch_images=epoch_images)
    check_least(0, warmup_epochs=warmup_epochs, epochs=epochs, supernet_epochs=supernet_epochs)
    if paths_per_batch is not None:
        check_least(1, paths_per_batch=paths_per_batch)
    options = given(
        {
            "teacher": teacher,
            "rank_weight": rank_weight,
            "distance": distance,
            "paths_per_batch": paths_per_batch,
        }
    )
    settings = SupernetSettings(
        rule=supernet,
        epochs=supernet_epochs,
        epoch_images=epoch_images,
        warmup_epochs=warmup_epochs,
        **options,
    )
    check_teacher(settings.teacher)
    if supernet_epochs and not settings.trains_whole:
        raise InvalidInputError(
            f"--supernet-epochs {supernet_epochs} goes with a supernet that is trained whole, not "
            f"with {supernet!r}. Leave it out, or give another --supernet."
        )
    for rule, names in OPTIONS_OF.items():
        for option in names:
            if option in options and supernet != rule:
                raise InvalidInputError(
                    f"--{option.replace('_', '-')} {options[option]} goes with --supernet {rule}, "
                    f"not with {supernet!r}. Leave it out, or give --supernet {rule}."
                )
    return settings, FinetuneSettings(epochs=epochs)


def donna_settings(
    *,
    teacher: str | None = None,
    teacher_weights: str | None = None,
    cuts: str | None = None,
    finetuned: int | None = None,
    distil_images: int | None = None,
    distil_epochs: int | None = None,
) -> DonnaSettings:
    """How blocks are distilled and how many networks teach the predictor.

    Raises:
        InvalidInputError: A number is below 1, or weights or cuts are of no network.
    """
    numbers = given(
        {"finetuned": finetuned, "distil_images": distil_images, "distil_epochs": distil_epochs}
    )
    least = {"finetuned": FEWEST}
    for name, number in numbers.items():
        check_least(least.get(name, 1), **{name: number})
    if teacher is None and (teacher_weights or cuts):
        option = f"--teacher-weights {teacher_weights}" if teacher_weights else f"--cuts {cuts}"
        raise InvalidInputError(
            f"{option} is of a network that --teacher package.module:factory makes. Give that too."
        )
    reference = None
    if teacher is not None:
        reference = ReferenceRequest(
            factory=teacher,
            weights=None if teacher_weights is None else Path(teacher_weights),
            cuts=tuple(name.strip() for name in cuts.split(",")) if cuts else (),
        )
    blockwise = given({"images": distil_images, "epochs": distil_epochs})
    settings = DonnaSettings(reference=reference, blockwise=BlockwiseSettings(**blockwise))
    return settings if finetuned is None else replace(settings, finetuned=finetuned)


def mgas_settings(
    *, granularity: str | None = None, prune_epochs: int | None = None
) -> MgasSettings:
    """What is pruned and for how long at most; granularities such as ``op,filter``.

    Raises:
        UnknownNameError: No such granularity.
        InvalidInputError: One is named twice, or there is no epoch.
    """
    options: dict[str, Any] = {}
    if granularity is not None:
        names = tuple(name.strip() for name in granularity.split(","))
        if len(set(names)) < len(names):
            raise InvalidInputError(
                f"--granularity {granularity} names one twice. Give any of op,filter,weight once."
            )
        options["granularities"] = names
    if prune_epochs is not None:
        check_least(1, prune_epochs=prune_epochs)
        options["most_epochs"] = prune_epochs
    return MgasSettings(**options)
