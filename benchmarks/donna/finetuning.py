r"""Fine-tuning from a block library against training the same networks from fresh weights.

    python benchmarks/donna/finetuning.py fashion-mnist --out FILE.json \
        [--space benchmarks/donna/space.toml --scratch-epochs 10 --share 0.2 --networks 3] \
        [--front FRONT.json --of diverse-0]

All have the same recipe; what differs is where they begin, for how long they are trained and, but
for "alone, long", that the reference is their teacher. The networks lie along the front that
NSGA-II evolves; with ``--front`` they are the fastest of those that ``front.py`` wrote, and their
own blocks are all that is distilled. Accuracies are those of validation images, float, mean of the
seeds; each is kept beside FILE.json. "as distilled" is the library's network before any training
of the whole.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from steps_of import add_options, steps_of
from study import study_of

from hwnas.network import build
from hwnas.pipeline.block_library import BlockLibrary, digest_of_facts
from hwnas.pipeline.distilled import Distillation, accuracy_of
from hwnas.space import Architecture, blocks_of
from hwnas.train import Finetuner
from hwnas.train.reference import Reference
from hwnas.whole_file import write_whole

ALONE = "alone, long"
"""From fresh weights without a teacher, which is what the paper holds its fine-tuning against."""


@dataclass(frozen=True)
class Subjects:
    """What is trained both ways, and by whom it is taught."""

    steps: Distillation
    library: BlockLibrary
    reference: Reference
    networks: Sequence[Architecture]


def main() -> None:
    """Train each network both ways."""
    arguments = _arguments()
    subjects = _subjects(arguments)
    rows = []
    for architecture in subjects.networks:
        rows.append(_row(subjects, architecture, arguments))
        print(rows[-1], flush=True)
    document = {
        "scratch_epochs": arguments.scratch_epochs,
        "reference": 100 * accuracy_of(subjects.reference.network, subjects.steps.data),
        "blockwise": asdict(subjects.library.settings),
        "networks": rows,
    }
    write_whole(arguments.out, json.dumps(document, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--scratch-epochs", type=int, default=10)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--networks", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--front", type=Path)
    parser.add_argument("--of", default="diverse-0")
    return parser.parse_args()


def _subjects(arguments: argparse.Namespace) -> Subjects:
    if arguments.front is None:
        study = study_of(arguments)
        networks = study.along(arguments.seed, arguments.networks)
        return Subjects(study.steps, study.library, study.reference, networks)
    steps = steps_of(arguments)
    front = json.loads(arguments.front.read_text())["networks"][arguments.of]
    fastest = sorted(front, key=lambda one: float(one["latency_ms"]))[: arguments.networks]
    networks = [Architecture(tuple(one["choices"].split(","))) for one in fastest]
    reference = steps.reference()
    return Subjects(steps, steps.library(reference, networks), reference, networks)


def _row(
    subjects: Subjects, architecture: Architecture, arguments: argparse.Namespace
) -> dict[str, object]:
    few = max(1, round(arguments.share * arguments.scratch_epochs))
    distilled = subjects.library.network(architecture)
    row: dict[str, object] = {
        "network": str(architecture),
        "epochs": few,
        "as distilled": 100 * accuracy_of(distilled, subjects.steps.data),
    }
    long = arguments.scratch_epochs
    ways = {"library": few, ALONE: long, "fresh": few, "fresh, long": long}
    for way, epochs in ways.items():
        accuracies = [
            _trained(subjects, architecture, way, epochs, seed, arguments.out)
            for seed in arguments.seeds
        ]
        row[way] = float(np.mean(accuracies))
    return row


def _trained(
    subjects: Subjects, architecture: Architecture, way: str, epochs: int, seed: int, out: Path
) -> float:
    """Once: the accuracy is kept."""
    steps, library = subjects.steps, subjects.library
    facts = {
        "network": str(architecture),
        "taught_by": library.taught_by,
        "blockwise": asdict(library.settings),
        "finetune": asdict(steps.finetune),
        "way": [way, epochs, seed],
    }
    known = out.with_suffix(f".{digest_of_facts(facts)}")
    if not known.is_file():
        network = (
            library.network(architecture)
            if way == "library"
            else build(blocks_of(steps.space, architecture), seed)
        )
        settings = replace(steps.finetune, epochs=epochs)
        teacher = None if way == ALONE else subjects.reference.network
        finetuner = Finetuner(network, steps.data, settings, seed=seed, teacher=teacher)
        finetuner.train()
        write_whole(known, str(100 * finetuner.validation_accuracy()))
    return float(known.read_text())


if __name__ == "__main__":
    main()
