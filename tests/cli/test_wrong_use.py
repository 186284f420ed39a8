"""Bad input gets one clear sentence with the value and the next step; nothing is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hwnas.train import SupernetTrainer

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")

Refused = Callable[..., str]
Command = Callable[..., Any]


@pytest.fixture
def device_file(tmp_path: Path) -> Callable[[str], Path]:
    """The simulated device with a line before it."""

    def write(line: str) -> Path:
        path = tmp_path / "board.toml"
        path.write_text(f"{line}\n{Path(SIMULATED).read_text()}")
        return path

    return write


@pytest.fixture
def space_file(tmp_path: Path) -> Callable[[str], Path]:
    """The small space with lines before it; an older line of the same key goes."""

    def write(line: str) -> Path:
        path = tmp_path / "plan.toml"
        key = line.partition("=")[0]
        kept = [
            old for old in Path(SMALL_SPACE).read_text().splitlines() if old[: len(key)] != key
        ]
        path.write_text("\n".join([line, *kept]))
        return path

    return write


# Commands and options


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


# Devices


@pytest.mark.parametrize("verb", ["search", "profile", "verify"])
def test_an_unknown_device_names_the_nearest(refused: Refused, verb: str) -> None:
    arguments = {"verify": ["model.onnx"], "search": ["--latency", "1ms"]}.get(verb, [])
    message = refused(verb, *arguments, "--device", "x68-cpu")
    assert message.startswith("No device 'x68-cpu'; did you mean 'x86-cpu'?")


def test_devices_show_names_the_nearest(refused: Refused) -> None:
    assert "'x86'; did you mean 'x86-cpu'?" in refused("devices", "show", "x86")


def test_an_unknown_key_of_a_device_names_the_nearest(
    refused: Refused, device_file: Callable[[str], Path]
) -> None:
    message = refused("search", "--latency", "1ms", "--device", device_file("thread = 2"))
    assert "board.toml: unknown key 'thread'; did you mean 'threads'?" in message


def test_a_wrong_type_in_a_device_is_named(
    refused: Refused, device_file: Callable[[str], Path]
) -> None:
    message = refused("profile", "--device", device_file('threads = "two"'))
    assert 'board.toml: threads is "two", not a whole number.' in message
    assert message.endswith("Correct that line and try again.")


def test_a_precision_that_does_not_exist_lists_those_that_do(
    refused: Refused, tmp_path: Path
) -> None:
    text = 'precision = "int4"\n' + Path(SIMULATED).read_text()
    (tmp_path / "board.toml").write_text(text)
    message = refused("profile", "--device", "board.toml")
    assert "precision is \"int4\", not one of 'int8', 'float32'." in message


def test_an_unknown_key_of_a_section_lists_the_keys_of_that_section(
    refused: Refused, tmp_path: Path
) -> None:
    text = Path(SIMULATED).read_text() + "\n[recipe]\nper_chanel = true\n"
    (tmp_path / "board.toml").write_text(text)
    message = refused("profile", "--device", "board.toml")
    assert "did you mean 'per_channel'?" in message and "threads" not in message


def test_a_device_that_is_no_toml_is_refused(
    refused: Refused, device_file: Callable[[str], Path]
) -> None:
    message = refused("profile", "--device", device_file("fast please"))
    assert "board.toml is no TOML" in message
    assert message.endswith("Correct that line.")


def test_a_missing_device_file_is_named(refused: Refused) -> None:
    message = refused("profile", "--device", "nowhere.toml")
    assert "nowhere.toml" in message
    assert message.endswith("Name an existing file.")


def test_an_unknown_engine_stops_before_anything_is_written(
    refused: Refused, tmp_path: Path
) -> None:
    text = Path(SIMULATED).read_text().replace('engine = "simulated"', 'engine = "tensorflow"')
    (tmp_path / "board.toml").write_text(text)
    message = refused("search", "--latency", "1ms", "--device", "board.toml", "--quiet")
    assert message == "No engine 'tensorflow'; Known: onnxruntime, simulated."
    assert not (tmp_path / "runs").exists()


# Budgets


@pytest.mark.parametrize(
    ("latency", "said"),
    [
        ("20", "The latency '20' has no unit. Write 20ms or 20us."),
        ("-1ms", "'-1ms' is not a positive number. Write one as in 20ms."),
        ("0ms", "'0ms' is not a positive number. Write one as in 20ms."),
        ("nan", "'nan' is not a positive number. Write one as in 20ms."),
        ("nanms", "'nanms' is not a positive number. Write one as in 20ms."),
        ("infms", "'infms' is not a positive number. Write one as in 20ms."),
        ("1e400ms", "'1e400ms' is not a positive number. Write one as in 20ms."),
        ("1e308s", "'1e308s' is not a positive number. Write one as in 20ms."),
        ("fast", "'fast' is no latency. Write a number with a unit, as in 20ms."),
        (" ", "' ' is no latency. Write a number with a unit, as in 20ms."),
        ("20parsec", "has the unknown unit 'parsec'. Use us, ms or s, as in 20ms."),
    ],
)
def test_a_latency_that_is_none_is_refused(
    search_refused: Refused, latency: str, said: str
) -> None:
    assert said in search_refused("--latency", latency)


def test_verify_refuses_a_latency_without_unit(refused: Refused) -> None:
    assert "Write 20ms" in refused("verify", "model.onnx", "--latency", "20")


def test_a_search_needs_a_budget(search_refused: Refused) -> None:
    message = search_refused()
    assert message == "A search needs a budget. Give one with --latency 20ms."


@pytest.mark.parametrize("value", ["2", "2Mb", "0kB", "small"])
@pytest.mark.parametrize("option", ["--max-memory", "--max-size"])
def test_a_size_that_is_none_is_refused(refused: Refused, option: str, value: str) -> None:
    for command in (["search"], ["verify", "model.onnx"]):
        message = refused(*command, option, value)
        assert option in message
        assert repr(value) in message
        assert "2MiB" in message


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--max-params", "-1"),
        ("--max-params", "few"),
        ("--max-params", "0.5"),
        ("--max-macs", "3T"),
        ("--max-macs", "1e300G"),
        ("--max-macs", "0"),
    ],
)
def test_a_count_that_is_none_is_refused(search_refused: Refused, option: str, value: str) -> None:
    message = search_refused(option, value)
    assert option in message
    assert repr(value) in message
    assert message.endswith("as in 3M.")


# Names and numbers


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


# Space files


def test_an_unknown_key_of_a_space_names_the_nearest(
    refused: Refused, space_file: Callable[[str], Path]
) -> None:
    space = space_file("stem_chanels = 4")
    message = refused("search", "--latency", "1ms", "--device", SIMULATED, "--space", space)
    assert "plan.toml: unknown key 'stem_chanels'; did you mean 'stem_channels'?" in message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('input_sizes = "8"', 'input_sizes is "8", not a list of whole numbers.'),
        ("input_sizes = 8", "input_sizes is 8, not a list of whole numbers."),
        ("stem_channels = 1.5", "stem_channels is 1.5, not a whole number."),
        ("activation = 6", "activation is 6, not text."),
    ],
)
def test_a_wrong_type_in_a_space_is_told_in_plain_words(
    refused: Refused, space_file: Callable[[str], Path], line: str, said: str
) -> None:
    message = refused("profile", "--device", SIMULATED, "--space", space_file(line), "--quiet")
    assert message == f"plan.toml: {said} Correct that line and try again."


def test_one_stage_in_place_of_a_list_of_stages_is_told(refused: Refused, tmp_path: Path) -> None:
    text = Path(SMALL_SPACE).read_text().replace("[[stages]]", "[stages]", 1)
    (tmp_path / "plan.toml").write_text(text.partition("[[stages]]")[0])
    message = refused("profile", "--device", SIMULATED, "--space", "plan.toml", "--quiet")
    assert "stages is {" in message and "not a list of tables." in message


@pytest.mark.parametrize(
    "line",
    [
        "stem_channels = 0",
        "input_sizes = [0]",
        "input_sizes = [8, 8]",
        "se_ratio = -1.0",
        "stem_stride = 0",
        "head_channels = -1",
    ],
)
def test_a_space_without_networks_is_refused(
    refused: Refused, space_file: Callable[[str], Path], line: str
) -> None:
    message = refused("profile", "--device", SIMULATED, "--space", space_file(line), "--quiet")
    assert message.startswith("Space 'plan': ")
    assert line.split()[-1].strip("[]") in message
    assert message.endswith("Correct that line.")


def test_an_unknown_activation_names_the_known(
    refused: Refused, space_file: Callable[[str], Path]
) -> None:
    space = space_file('activation = "gelu"')
    message = refused("profile", "--device", SIMULATED, "--space", space)
    assert "No activation 'gelu'" in message


def test_images_smaller_than_a_space_serves_are_refused(
    refused: Refused, space_file: Callable[[str], Path]
) -> None:
    space = space_file("smallest_input = 64")
    message = refused("search", "--latency", "1ms", "--device", SIMULATED, "--space", space)
    assert "for images of 64 pixels and more, not 8. Give a larger --input-size" in message


# Nothing fits


def test_a_budget_below_the_fastest_says_how_fast_that_is(
    search_refused: Refused, tmp_path: Path
) -> None:
    message = search_refused("--latency", "1us", code=3)
    assert "No network of space 'small' fits 0.001 ms: the fastest takes 0.02567 ms" in message
    assert "Raise --latency" in message
    assert not list(tmp_path.glob(".run*"))


def test_a_size_below_the_smallest_says_how_small_that_is(search_refused: Refused) -> None:
    message = search_refused("--max-params", "10", code=3)
    assert "keeps 10 parameters: the least of each alone is 2,626 parameters" in message
    assert "Raise a limit" in message


def test_memory_below_the_least_says_how_little_that_is(search_refused: Refused) -> None:
    message = search_refused("--max-memory", "1KiB", code=3)
    assert "runs in 1,024 bytes: the least working set is 13,824 bytes in int8" in message
    assert "Raise --max-memory" in message


@pytest.mark.parametrize("rule", ["spos", "fair", "sandwich", "rd"])
@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (("--max-memory", "1KiB"), "the least working set is 13,824 bytes"),
        (("--max-size", "1kB"), "bytes of file as predicted"),
    ],
)
def test_no_supernet_is_trained_for_a_limit_that_nothing_keeps(
    search_refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
    rule: str,
    limit: tuple[str, str],
    said: str,
) -> None:
    monkeypatch.setattr(SupernetTrainer, "warm_up", lambda *_: pytest.fail("trained"))
    assert said in search_refused("--supernet", rule, *limit, code=3)


def test_limits_that_exclude_each_other_are_all_named(search_refused: Refused) -> None:
    message = search_refused("--latency", "1ms", "--max-macs", "100", code=3)
    assert "keeps 1 ms and 100 MACs: " in message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--max-height", "2"), "--max-height 2 is for cells whose nodes choose their inputs"),
        (("--non-parametric-edges", "4"), "--non-parametric-edges 4 is for cells"),
    ],
)
def test_limits_of_cells_are_refused_where_there_are_none(
    search_refused: Refused, options: tuple[str, ...], said: str
) -> None:
    message = search_refused("--latency", "1ms", *options)
    assert said in message and message.endswith("Leave it out, or give --space darts.")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--max-height", "5"), "--max-height is 5. Give one from 1 to 4"),
        (("--non-parametric-edges", "9"), "--non-parametric-edges is 9. Give one from 0 to 8"),
    ],
)
def test_limits_that_no_cell_has_are_refused(
    search_refused: Refused, options: tuple[str, ...], said: str
) -> None:
    assert said in search_refused("--space", "darts", "--latency", "1ms", *options)
