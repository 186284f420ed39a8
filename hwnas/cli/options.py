"""The options that several commands share, each explained once."""

from typing import Annotated

import typer

Device = Annotated[
    str, typer.Option("--device", help="A name of 'hwnas devices' or a device file (.toml).")
]
TableName = Annotated[str, typer.Argument(help="A name of 'hwnas table list' or a .jsonl file.")]
Space = Annotated[
    str,
    typer.Option(
        "--space",
        help="mobilenet, foxnas, donna, nasbench-macro, nasbench201, darts, resnet, a preset "
        "(mobilenetv2@0.5) or a .toml file.",
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="onnxruntime, onnxruntime-qnn, tvm or roofline (an estimate). "
        "[default: the device file's]",
    ),
]
Connection = Annotated[
    str | None,
    typer.Option(
        "--connection",
        help="How the device is reached: local, a command that starts a Python there, such as "
        "'ssh pi@board python3', or 'ray auto' for a machine of a cluster that has it. "
        "[default: the device file's]",
    ),
]
Precision = Annotated[
    str | None,
    typer.Option("--precision", help="int8, float16 or float32. [default: the device file's]"),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", help="Threads of one inference. [default: the device file's]"),
]
Batch = Annotated[
    int | None,
    typer.Option("--batch", help="Images of one inference. [default: the device file's]"),
]
Calibration = Annotated[
    str | None,
    typer.Option("--calibration", help="minmax, percentile or entropy. [default: the device's]"),
]
InputSize = Annotated[
    int, typer.Option("--input-size", help="Height and width of the images, in pixels.")
]
Channels = Annotated[int, typer.Option("--channels", help="1 for grey images, 3 for colour.")]
Classes = Annotated[int, typer.Option("--classes", help="Outputs of the classifier.")]
DataForShape = Annotated[
    str | None,
    typer.Option("--data", help="Take size, channels and classes from this data set."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help="Leave unreadable and mislabelled images out.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes on the way.")]
Seed = Annotated[int, typer.Option("--seed", help="Of everything random.")]
MaxMemory = Annotated[
    str | None,
    typer.Option("--max-memory", help="Most memory while it runs, weights apart: 2MiB, 300kB."),
]
MaxSize = Annotated[str | None, typer.Option("--max-size", help="Largest file: 500kB, 1.5MB.")]
SupernetRule = Annotated[
    str | None,
    typer.Option(
        "--supernet",
        help="How its weights are trained: path (what the strategy asks for), spos, fair, "
        "sandwich or rd (ranking distillation). [default: path; of foxnas spos]",
    ),
]
SupernetEpochs = Annotated[
    int,
    typer.Option(
        "--supernet-epochs",
        help="Search epochs of all but path; 0: as many as by path, about 115 at most.",
    ),
]
EpochImages = Annotated[int, typer.Option("--epoch-images", help="Images of one search epoch.")]
Teacher = Annotated[
    str | None,
    typer.Option(
        "--teacher",
        help="Of rd: macs, parameters, a zero-cost proxy such as naswot or zen, or ensemble. "
        "[default: macs] Of donna: package.module:factory of a network whose blocks are replaced.",
    ),
]
PathsPerBatch = Annotated[
    int | None,
    typer.Option(
        "--paths-per-batch",
        help="Of spos: networks that a mini-batch is divided among. [default: 1]",
    ),
]
RankWeight = Annotated[
    str | None,
    typer.Option(
        "--rank-weight",
        help="Of rd: constant, warmup, cosine or multi-stage. [default: warmup]",
    ),
]
PairDistance = Annotated[
    str | None,
    typer.Option("--distance", help="Of rd's pairs: group or hamming. [default: group]"),
]
TeacherWeights = Annotated[
    str | None,
    typer.Option("--teacher-weights", help="The state_dict() of donna's --teacher, saved."),
]
Cuts = Annotated[
    str | None,
    typer.Option(
        "--cuts",
        help="Of donna's --teacher: the modules with which blocks begin, and last the head's. "
        "[default: where shapes change]",
    ),
]
Queries = Annotated[
    int | None,
    typer.Option(
        "--queries",
        help="The most networks to ask for their accuracy: of a table (--accuracy), or of the "
        "supernet. [default: 420 of a table, 300 of foxnas]",
    ),
]
Plan = Annotated[
    str | None,
    typer.Option(
        "--plan",
        help="Of foxnas: how these networks are spread: random, filling (the space) or annealing "
        "(near what looks best so far). [default: annealing]",
    ),
]
Finetuned = Annotated[
    int | None,
    typer.Option("--finetuned", help="Of donna: networks that teach the predictor. [default: 24]"),
]
DistilImages = Annotated[
    int | None,
    typer.Option("--distil-images", help="Of donna: images a block learns from. [default: 8192]"),
]
DistilEpochs = Annotated[
    int | None,
    typer.Option("--distil-epochs", help="Of donna: how often it sees them. [default: 1]"),
]
Granularity = Annotated[
    str | None,
    typer.Option(
        "--granularity",
        help="Of mgas: what is pruned, any of op,filter,weight. [default: op,filter; with "
        "--max-params weight too]",
    ),
]
PruneEpochs = Annotated[
    int | None,
    typer.Option(
        "--prune-epochs", help="Of mgas: the most search epochs of each stage. [default: 8]"
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        "--ray",
        help="Run donna's tasks on a Ray cluster: local, auto or an address. [default: in this "
        "process]",
    ),
]
