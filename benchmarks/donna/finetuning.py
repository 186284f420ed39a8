r"""Fine-tuning from a block library against training the same networks from fresh weights.

    python benchmarks/donna/finetuning.py fashion-mnist --out FILE.json \
        [--space benchmarks/donna/space.toml --scratch-epochs 10 --share 0.2 --networks 3]

Both have the same recipe and the reference as teacher; what differs is where they begin and for
how long they are trained. The networks lie along the front that NSGA-II evolves. Accuracies are
those of validation images, float, mean of the seeds; each is kept beside FILE.json.
"""

import argparse
import json
from dataclasses import asdict, replace

import numpy as np
from steps_of import add_options
from study import study_of

from hwnas.network import build
from hwnas.pipeline.block_library import digest_of_facts
from hwnas.space import blocks_of
from hwnas.train import Finetuner
from hwnas.whole_file import write_whole


def main() -> None:
    """Train each network both ways."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--scratch-epochs", type=int, default=10)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--networks", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    study = study_of(arguments)
    steps, library = study.steps, study.library
    few = max(1, round(arguments.share * arguments.scratch_epochs))
    found = []
    for architecture in study.along(arguments.seed, arguments.networks):
        row: dict[str, object] = {"network": str(architecture), "epochs": few}
        ways = {"library": few, "fresh": few, "fresh, long": arguments.scratch_epochs}
        for name, epochs in ways.items():
            accuracies = []
            for seed in arguments.seeds:
                facts = {
                    "network": str(architecture),
                    "taught_by": library.taught_by,
                    "blockwise": asdict(library.settings),
                    "finetune": asdict(steps.finetune),
                    "way": [name, epochs, seed],
                }
                known = arguments.out.with_suffix(f".{digest_of_facts(facts)}")
                if not known.is_file():
                    network = (
                        library.network(architecture)
                        if name == "library"
                        else build(blocks_of(steps.space, architecture), seed)
                    )
                    settings = replace(steps.finetune, epochs=epochs)
                    teacher = study.reference.network
                    finetuner = Finetuner(
                        network, steps.data, settings, seed=seed, teacher=teacher
                    )
                    finetuner.train()
                    write_whole(known, str(100 * finetuner.validation_accuracy()))
                accuracies.append(float(known.read_text()))
            row[name] = float(np.mean(accuracies))
        found.append(row)
        print(row, flush=True)
    document = {"scratch_epochs": arguments.scratch_epochs, "networks": found}
    write_whole(arguments.out, json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
