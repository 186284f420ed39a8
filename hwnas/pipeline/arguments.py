"""What people write on a command line or pass from Python, made into what the rooms take."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict, Unpack, get_args

from hwnas.device import CALIBRATIONS, LOCAL, RAY, TRACKER, DeviceSpec, Precision, load_device
from hwnas.errors import InvalidInputError
from hwnas.measure.engine import ENGINES
from hwnas.pipeline.exploration import KeptRun, refuse_contradictions
from hwnas.pipeline.images import load_images, usable_space
from hwnas.pipeline.quantity import byte_count, count, milliseconds
from hwnas.pipeline.request import OBJECTIVES, DeviceBudget
from hwnas.progress import OnProgress
from hwnas.record import unknown_name
from hwnas.search import ANNEALED, Budget
from hwnas.space import Space, without_operations
from hwnas.train import DEFAULT_RULE, SupernetSettings

PRECISIONS: tuple[str, ...] = get_args(Precision)
FOXNAS = "foxnas"
"""The space of two faces, and the strategy that searches it unless another space is named."""
DONNA = "donna"
"""The space of blocks that are replaced as a whole, and the strategy for it."""
N_SEEDS = 2**63
"""As many as torch takes."""


class DeviceSettings(TypedDict, total=False):
    """What a command line may say of a device; ``None`` leaves the device file's."""

    engine: str | None
    connection: str | None
    precision: str | None
    threads: int | None
    batch: int | None
    calibration: str | None


def device_with(name: str = "local", **settings: Unpack[DeviceSettings]) -> DeviceSpec:
    """A device by name or TOML file, with some of its settings changed.

    Raises:
        UnknownNameError: No such device, engine, precision or calibration.
        InvalidInputError: A setting is out of range.
    """
    device = load_device(name)
    changed: dict[str, Any] = {k: value for k, value in settings.items() if value is not None}
    known = {"engine": ENGINES, "precision": PRECISIONS, "calibration": CALIBRATIONS}
    for what, names in known.items():
        if what in changed and changed[what] not in names:
            raise unknown_name(what, changed[what], names)
    if "calibration" in changed:
        changed["recipe"] = replace(device.recipe, calibration=changed.pop("calibration"))
    try:
        return replace(device, **changed)
    except ValueError as error:
        raise InvalidInputError(f"{error}. Give another value.") from error


def through_cluster(device: DeviceSpec, address: str) -> DeviceSpec:
    """The device as machines of a Ray cluster reach it; ``address`` is ``auto`` or the head's.

    Raises:
        InvalidInputError: It is not reached by an agent, or through a cluster already.
    """
    way = device.connection.split()[0]
    if way in (RAY, TRACKER) or not device.engine.startswith("onnxruntime"):
        raise InvalidInputError(
            f"--ray {address} cannot lead to {device.name!r}, whose engine is {device.engine} and "
            f"whose connection is {device.connection!r}. Leave --ray out, or give another "
            "--connection."
        )
    command = "" if way == LOCAL else f" {device.connection}"
    return replace(device, connection=f"{RAY} {address}{command}")


def space_for(
    device: DeviceSpec,
    space: str,
    shape: tuple[int, int, int],
    data: str | None,
    on_progress: OnProgress,
) -> Space:
    """The space that the device can search, for images of a shape or for those of a data set.

    ``shape`` is the images' size in pixels, their channels and their classes.
    """
    if data is not None:
        images = load_images(data, None, on_progress, skip_bad=True)  # for their shape only
        shape = images.input_size, images.in_channels, images.n_classes
    input_size, in_channels, n_classes = shape
    offered = usable_space(
        space_on(space, device),
        input_size=input_size,
        in_channels=in_channels,
        n_classes=n_classes,
    )
    return without_operations(offered, device.refused_operations)


def budget_from(
    latency: str | None,
    *,
    max_params: str | None = None,
    max_macs: str | None = None,
    max_memory: str | None = None,
    max_size: str | None = None,
) -> Budget:
    """The budget that texts such as ``20ms``, ``3M``, ``300M``, ``2MiB`` and ``500kB`` make.

    Raises:
        InvalidInputError: All are missing, or one cannot be read.
    """
    given = (latency, max_params, max_macs, max_memory, max_size)
    if all(text is None for text in given):
        raise InvalidInputError("A search needs a budget. Give one with --latency 20ms.")
    return Budget(
        latency_ms=None if latency is None else milliseconds(latency),
        n_parameters=None if max_params is None else count(max_params, "--max-params"),
        n_macs=None if max_macs is None else count(max_macs, "--max-macs"),
        memory_bytes=None if max_memory is None else byte_count(max_memory, "--max-memory"),
        file_bytes=None if max_size is None else byte_count(max_size, "--max-size"),
    )


def device_budgets(texts: Sequence[str], first: DeviceSpec) -> tuple[DeviceBudget, ...]:
    """Other devices, each a name or file with or without a budget: ``board.toml=20ms``.

    Raises:
        InvalidInputError: Two have one name, or a budget cannot be read.
        UnknownNameError: No such device.
    """
    found: list[DeviceBudget] = []
    for text in texts:
        name, has_budget, latency = text.rpartition("=") if "=" in text else (text, "", "")
        device = load_device(name.strip())
        if device.name in (first.name, *(other.device.name for other in found)):
            raise InvalidInputError(
                f"--also-on {text}: two devices are named {device.name!r}. Leave one out, or give "
                "its device file another name."
            )
        limit = milliseconds(latency) if has_budget else None
        found.append(DeviceBudget(device=device, latency_ms=limit))
    return tuple(found)


def objectives_from(names: Sequence[str]) -> tuple[str, ...]:
    """Further objectives, each once.

    Raises:
        UnknownNameError: There is none of that name.
    """
    for name in names:
        if name not in OBJECTIVES:
            raise unknown_name("objective", name, OBJECTIVES)
    return tuple(dict.fromkeys(names))


DEFAULTS: Mapping[str, Any] = {
    "strategy": "ddpnas",
    "data": "digits",
    "seed": 0,
    "input_size": None,
    "skip_bad": False,
}
"""Of options of a search that its exploration settles; space and supernet go by the strategy."""


def settled(start: KeptRun | None, **named: Any) -> dict[str, Any]:  # noqa: ANN401
    """The options of ``DEFAULTS``, and the supernet's: as named, else as ``start`` has them.

    Raises:
        InvalidInputError: One contradicts the run to start from.
    """
    if start is not None:
        refuse_contradictions(start.folder, start.exploration.settled, named)
        return start.exploration.settled
    options = {**DEFAULTS, **given(named)}
    supernet = SupernetSettings(rule=rule_of(options["strategy"]))
    return {"supernet": supernet, "space": default_space(options["strategy"]), **options}


def default_space(strategy: str) -> str:
    """Where a strategy searches unless that is said."""
    return {FOXNAS: FOXNAS, DONNA: DONNA}.get(strategy, "mobilenet")


def rule_of(strategy: str) -> str:
    """How the supernet is trained for a strategy unless that is said."""
    return "spos" if strategy in ANNEALED else DEFAULT_RULE


def space_on(space: str, device: DeviceSpec) -> str:
    """The face of ``foxnas`` that suits the device; any other space is what it is."""
    return f"{FOXNAS}-{device.face}" if space == FOXNAS else space


def checked_drop(points: float | None, device: DeviceSpec) -> float | None:
    """The points that int8 may lose, as they are.

    Raises:
        InvalidInputError: They are no points of accuracy, or the device is not int8.
    """
    if points is None:
        return None
    if not 0 <= points <= 100:
        raise InvalidInputError(
            f"--max-int8-drop is {points:g}. Give points of accuracy from 0 to 100, such as 0.5."
        )
    if device.precision != "int8":
        raise InvalidInputError(
            f"--max-int8-drop {points:g} goes with int8, not with {device.precision}. Leave it "
            "out, or search with --precision int8."
        )
    return points


def check_seed(seed: int) -> None:
    """Refuse a seed that torch or numpy would.

    Raises:
        InvalidInputError: It is negative or too large.
    """
    if not 0 <= seed < N_SEEDS:
        raise InvalidInputError(f"--seed is {seed}. Give one from 0 to {N_SEEDS - 1}.")


def default_out(data: str, space: str, device: str, latency: str | None) -> Path:
    """Where a run goes when no ``--out`` is given: ``runs/<data>-<space>-<device>-<latency>``."""
    parts = (_short(data), _short(space), _short(device), latency or "no-latency")
    return Path("runs") / "-".join(part.strip() for part in parts)


def rank_out(run: str | Path | None, data: str, space: str, rule: str) -> Path:
    """Where figures go when no ``--out`` is given: beside the run, or under ``runs``."""
    if run is not None:
        return Path(run).with_name(f"{Path(run).name}-rank")
    return Path("runs") / f"rank-{_short(data)}-{_short(space)}-{rule}"


def _short(name_or_path: str) -> str:
    """The last part of a path without its suffix; ``mobilenetv2@0.5`` has none."""
    return Path(name_or_path).name.removesuffix(".toml").removesuffix(".npz")


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are not left out."""
    return {name: value for name, value in options.items() if value is not None}
