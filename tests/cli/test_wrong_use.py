"""Bad commands, options, names and numbers get one sentence with the value and a next step."""

from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")

Refused = Callable[..., str]


def test_an_unknown_command_names_the_nearest(refused: Refused) -> None:
    assert "No such command 'serch'. Did you mean 'search'?" in refused("serch")


def test_an_unknown_option_names_the_nearest(refused: Refused) -> None:
    message = refused("search", "--latncy", "1ms")
    assert "--latncy" in message
    assert "--latency" in message
    assert message.endswith("See: hwnas search --help")


def test_an_option_without_its_value_is_refused(refused: Refused) -> None:
    assert "'--latency' requires an argument. See: hwnas" in refused("search", "--latency")


def test_a_missing_argument_is_named(refused: Refused) -> None:
    assert refused("verify") == "Missing argument 'model'. See: hwnas verify --help"


def test_a_missing_out_of_export_is_named(refused: Refused) -> None:
    assert refused("export", "mobilenetv2").startswith("Missing option '--out'. See: hwnas export")


def test_a_word_too_many_is_named(refused: Refused) -> None:
    assert "unexpected extra argument(s) (twice)" in refused("search", "twice")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("search", "--latency", "1ms", "--out", ""), "--out"),
        (("search", "--latency", ""), "--latency"),
        (("export", "mobilenetv2", "--out", ""), "--out"),
        (("table", "export", "any", "--csv", ""), "--csv"),
        (("table", "merge", "a", "", "--out", "x.jsonl"), "names"),
        (("table", "score", "--keep", ""), "--keep"),
        (("rank", "--truth", ""), "--truth"),
        (("verify", ""), "model"),
        (("devices", "show", ""), "name"),
    ],
)
def test_an_empty_value_is_refused_by_its_name(
    refused: Refused, arguments: tuple[str, ...], named: str
) -> None:
    message = refused(*arguments)
    assert message.startswith(f"Invalid value for '{named}': it is empty. See: hwnas ")


def test_a_number_that_is_none_is_quoted(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--threads", "two")
    assert "'--threads'" in message
    assert "'two'" in message


@pytest.mark.parametrize(
    ("option", "value", "nearest"),
    [
        ("--strategy", "dpnas", "ddpnas"),
        ("--supernet", "sandwitch", "sandwich"),
        ("--teacher", "mac", "macs"),
        ("--rank-weight", "warm-up", "warmup"),
        ("--distance", "groups", "group"),
        ("--data", "digit", "digits"),
        ("--precision", "int4", "int8"),
        ("--calibration", "min-max", "minmax"),
        ("--baseline", "mobilnetv2", "mobilenetv2"),
    ],
)
def test_an_unknown_name_names_the_nearest(
    search_refused: Refused, option: str, value: str, nearest: str
) -> None:
    message = search_refused("--latency", "1ms", option, value)
    assert f"{value!r}; did you mean {nearest!r}? Known: " in message


def test_epochs_of_a_whole_supernet_are_refused_by_path(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--supernet-epochs", "5")
    assert message.startswith("--supernet-epochs 5 goes with a supernet that is trained whole")
    assert message.endswith("Leave it out, or give another --supernet.")


def test_an_option_of_ranking_distillation_is_refused_by_others(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--supernet", "fair", "--teacher", "macs")
    assert message.startswith("--teacher macs goes with --supernet rd, not with 'fair'.")


def test_a_batch_is_divided_by_spos_only(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--supernet", "fair", "--paths-per-batch", "2")
    assert message.startswith("--paths-per-batch 2 goes with --supernet spos, not with 'fair'.")
    message = search_refused("--latency", "1ms", "--supernet", "spos", "--paths-per-batch", "0")
    assert message == "--paths-per-batch is 0. Give 1 or more."


def test_a_ranking_needs_the_truth(refused: Refused) -> None:
    assert refused("rank") == "Missing option '--truth'. See: hwnas rank --help"


def test_a_truth_that_is_missing_is_named(refused: Refused) -> None:
    message = refused("rank", "--truth", "gone.json", "--quiet")
    assert message.startswith("Cannot read the benchmark table gone.json: No such file")


@pytest.mark.parametrize("verb", ["search", "profile", "export"])
def test_an_unknown_space_names_the_nearest(refused: Refused, verb: str) -> None:
    arguments = {
        "search": ["--latency", "1ms", "--space", "mobilnet"],
        "profile": ["--space", "mobilnet"],
        "export": ["mobilnet", "--out", "model.onnx"],
    }
    message = refused(verb, *arguments[verb], "--device", SIMULATED)
    assert "No space 'mobilnet'; did you mean 'mobilenet'?" in message


def test_a_baseline_of_many_networks_is_refused(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--baseline", "mobilenet")
    assert "'mobilenet' holds many networks. Name one: a preset (mobilenetv2" in message


@pytest.mark.parametrize("multiplier", ["wide", "0", "nan", "-1", "9"])
def test_a_width_multiplier_out_of_reach_is_refused(
    search_refused: Refused, multiplier: str
) -> None:
    message = search_refused("--latency", "1ms", "--space", f"mobilenetv2@{multiplier}")
    assert multiplier in message
    assert "mobilenetv2" in message


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--threads", "0"),
        ("--batch", "0"),
        ("--batch", "-3"),
        ("--input-size", "0"),
        ("--seed", "-1"),
        ("--seed", str(2**63)),
        ("--epochs", "-1"),
        ("--epoch-images", "0"),
        ("--warmup-epochs", "-2"),
        ("--supernet-epochs", "-2"),
    ],
)
def test_a_number_out_of_range_is_quoted(search_refused: Refused, option: str, value: str) -> None:
    message = search_refused("--latency", "1ms", option, value)
    assert option.removeprefix("--") in message
    assert value in message


@pytest.mark.parametrize("option", ["--input-size", "--channels", "--classes"])
@pytest.mark.parametrize(
    "verb", [("profile",), ("table", "score"), ("export", "mobilenetv2", "--out", "a.onnx")]
)
def test_a_size_of_zero_is_refused(refused: Refused, verb: tuple[str, ...], option: str) -> None:
    message = refused(*verb, "--device", SIMULATED, option, "0")
    assert message == f"{option} is 0. Give 1 or more."


@pytest.mark.parametrize("option", ["--input-size", "--channels", "--classes"])
@pytest.mark.parametrize("space", ["darts", "resnet", "nasbench201", "mobilenet"])
def test_a_size_that_no_machine_holds_is_refused(
    refused: Refused, space: str, option: str
) -> None:
    message = refused("profile", "--device", SIMULATED, "--space", space, option, 10**20, "-q")
    assert message.startswith(f"Space {space} has a block whose ")
    assert message.endswith("Give smaller images, fewer channels or fewer classes.")


def test_a_batch_that_no_memory_holds_is_refused(refused: Refused) -> None:
    preset = ("export", "mobilenetv2@0.1", "--device", SIMULATED, "--out", "a.onnx")
    message = refused(*preset, "--input-size", "8", "--batch", 10**14)
    assert message == (
        f"A network for inputs of ({10**14}, 3, 8, 8) does not fit into memory. "
        "Give a smaller --input-size or --batch."
    )


def test_one_sample_scores_no_table(refused: Refused) -> None:
    message = refused("table", "score", "--device", SIMULATED, "--samples", "1")
    assert message == "1 samples tell nothing. Give --samples 2 or more."
