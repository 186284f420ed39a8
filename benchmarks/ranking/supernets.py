"""Ranking distillation and its rivals on a published table: how well each supernet ranks.

    python benchmarks/ranking/supernets.py PATH/nas-bench-macro_cifar10.json --data cifar10.npz \
        --out results [--space nasbench-macro] [--rules spos fair sandwich rd] [--seeds 0 1 2] \
        [--budget images]

``--space`` is the table's, maybe in other sizes or with fewer operations, by a ``.toml`` file.
Each rule trains one supernet a seed on the same images, and the same random networks are ranked by
all of a seed. With ``--budget images`` networks see as many images in all by every rule, so that
all cost the same (a rule that trains k networks a step gets 1/k of ``--epochs``); with ``--budget
steps`` all take as many optimiser steps, and a rule that trains k networks costs k times as much.
A run that is done is not repeated, and an interrupted one goes on.

The teachers' own agreement is told beside the supernets': a supernet that ranks no better than
its teacher has learned nothing from images.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from pictures import draw_beside

import hwnas
from hwnas.accuracy.ranking import kendall_tau
from hwnas.accuracy.teacher import COUNTS
from hwnas.data import load_data
from hwnas.pipeline.supernet import teacher_of
from hwnas.progress import Progress
from hwnas.space import Architecture, Space, space_named
from hwnas.train import RULES
from hwnas.train.rules import OPTIONS_OF, RuleParts
from hwnas.whole_file import write_whole

RIVALS = tuple(rule for rule in RULES if rule != "path")
CIFAR10 = {"in_channels": 3, "n_classes": 10}
"""The images of the known tables."""


def main() -> None:
    """Train and rank what is not there yet, and write ``supernets.json``."""
    arguments = _arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    runs = {
        rule: [_run(rule, seed, arguments) for seed in arguments.seeds] for rule in arguments.rules
    }
    teachers = {
        teacher: _teacher_taus(teacher, runs[arguments.rules[0]], arguments)
        for teacher in dict.fromkeys((*COUNTS, arguments.teacher))
    }
    summary = {
        "settings": _settings(arguments),
        "kendall_of_teachers": teachers,
        "rules": {rule: _summary(found) for rule, found in runs.items()},
    }
    text = json.dumps(summary, indent=2) + "\n"
    path = arguments.out / "supernets.json"
    write_whole(path, text)
    draw_beside(path)
    print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--space", default="nasbench-macro", help="a name or a .toml file")
    parser.add_argument("--rules", nargs="+", choices=RIVALS, default=RIVALS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--budget", choices=("images", "steps"), default="images")
    parser.add_argument("--epochs", type=int, default=120, help="of a rule of one network a step")
    parser.add_argument("--epoch-images", type=int, default=45_000)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--paths-per-batch", type=int, default=1, help="of spos")
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--input-size", type=int)
    parser.add_argument("--teacher", default="macs")
    parser.add_argument("--rank-weight", default="warmup")
    parser.add_argument("--distance", default="group")
    return parser.parse_args()


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """All but places, of which only the names count, and what the space is."""
    known = {
        "table": arguments.table.name,
        "data": Path(arguments.data).name,
        "space": _space(arguments).to_json(),
    }
    return {key: value for key, value in vars(arguments).items() if key != "out"} | known


def _space(arguments: argparse.Namespace) -> Space:
    return space_named(arguments.space, input_size=arguments.input_size or 32, **CIFAR10)


def _run(rule: str, seed: int, arguments: argparse.Namespace) -> Mapping[str, Any]:
    """What ``hwnas rank`` writes, made now unless it is there."""
    space = _space(arguments)
    n_paths = RULES[rule](RuleParts(space=space)).n_paths
    share = n_paths if arguments.budget == "images" else 1
    heeds_paths = "paths_per_batch" in OPTIONS_OF.get(rule, ())
    settings = hwnas.SupernetSettings(
        rule=rule,
        epochs=max(1, round(arguments.epochs / share)),
        epoch_images=arguments.epoch_images,
        batch_size=arguments.batch_size,
        learning_rate=arguments.learning_rate,
        paths_per_batch=arguments.paths_per_batch if heeds_paths else 1,
        teacher=arguments.teacher,
        rank_weight=arguments.rank_weight,
        distance=arguments.distance,
    )
    out = arguments.out / f"{rule}-{seed}"
    asked = {
        "settings": asdict(settings),
        "samples": arguments.samples,
        "space": json.loads(json.dumps(space.to_json())),
        "table": arguments.table.name,
        "data": Path(arguments.data).name,
    }
    note = arguments.out / f"{rule}-{seed}.json"
    if not out.exists():
        write_whole(note, json.dumps(asked))
        hwnas.rank(
            truth=arguments.table,
            samples=arguments.samples,
            space=arguments.space,
            data=arguments.data,
            input_size=arguments.input_size,
            supernet=settings,
            seed=seed,
            out=out,
            on_progress=_say,
        )
    if not note.is_file() or json.loads(note.read_text()) != asked:
        raise SystemExit(f"{out} was made with other settings. Name another --out, or remove it.")
    report: dict[str, Any] = json.loads((out / "rank.json").read_text())
    return report


def _say(progress: Progress) -> None:
    if progress.total and progress.done % max(1, progress.total // 10) == 0:
        print(f"{progress.phase} {progress.done}/{progress.total}", flush=True)


def _summary(reports: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Kendall's tau over the seeds, and what the supernets cost."""
    taus = [report["figures"]["kendall"]["value"] for report in reports]
    known = [np.nan if tau is None else tau for tau in taus]
    return {
        "kendall": [report["figures"]["kendall"] for report in reports],
        "kendall_mean": float(np.mean(known)),
        "kendall_deviation": float(np.std(known, ddof=1)) if len(known) > 1 else None,
        "spearman": [report["figures"]["spearman"]["value"] for report in reports],
        "pearson": [report["figures"]["pearson"]["value"] for report in reports],
        "top": [report["figures"]["top"] for report in reports],
        "n_epochs": reports[0]["n_epochs"],
        "n_paths": reports[0]["n_paths"],
        "seconds_of_training": [report["seconds"]["train"] for report in reports],
        "images_per_second": [report["images_per_second"] for report in reports],
    }


def _teacher_taus(
    teacher: str, reports: list[Mapping[str, Any]], arguments: argparse.Namespace
) -> list[float]:
    """Of the teacher alone, on the networks of each report."""
    data = load_data(arguments.data, input_size=arguments.input_size)
    taus = []
    for report in reports:
        worth = teacher_of(teacher, _space(arguments), data, report["seed"])
        networks = report["networks"]
        expected = [worth(Architecture(tuple(n["choices"].split(",")))) for n in networks]
        taus.append(kendall_tau(np.array(expected), np.array([n["truth"] for n in networks])))
    return taus


if __name__ == "__main__":
    main()
