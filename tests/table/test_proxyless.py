"""Tables in the style of ProxylessNAS and Once-for-All."""

from pathlib import Path

import pytest

from hwnas.block import BlockSpec, HeadSpec, MBConvSpec, StemSpec
from hwnas.errors import TableError
from hwnas.table import read_proxyless

TABLE = """
Conv-input:224x224x3-output:112x112x32: {count: 5, mean: 9.0, std: 0.1}
expanded_conv-input:112x112x32-output:112x112x16-expand:1-kernel:3-stride:1-idskip:0: {mean: 4.0}
expanded_conv-input:56x56x24-output:56x56x24-expand:6-kernel:5-stride:1-idskip:1: {mean: 7.5}
expanded_conv-input:28x28x40-output:28x28x40-expand:3-kernel:5-stride:1-idskip:1: {mean: 2}
expanded_conv-input:56x56x24-output:56x56x24-expand:6-kernel:3-stride:1-idskip:0: {mean: 6.5}
Conv_1-input:7x7x320-output:7x7x1280: {mean: 3.0}
AvgPool2D-input:7x7x1280-output:1x1x1280: {mean: 0.5}
Logits-input:1x1x1280-output:1000: {mean: 1.5}
Softmax-input:1x1x1000: {mean: 0.1}
"""

MOBILENETV3 = """
Conv-input:224x224x3-output:112x112x16: {mean: 1.0}
expanded_conv-input:28x28x40-output:28x28x40-expand:120-kernel:5-stride:1-idskip:1-se:1-hs:0: {mean: 2}
expanded_conv-input:28x28x40-output:28x28x40-expand:120-kernel:5-stride:1-idskip:1-se:0-hs:1: {mean: 3}
expanded_conv-input:28x28x40-output:28x28x40-expand:100-kernel:5-stride:1-idskip:1-se:0-hs:1: {mean: 3}
Conv_1-input:7x7x160-output:7x7x960: {mean: 1}
AvgPool2D-input:7x7x960-output:1x1x960: {mean: 1}
Conv_2-input:1x1x960-output:1x1x1280: {mean: 1}
Logits-input:1x1x1280-output:1000: {mean: 1}
"""  # noqa: E501
LOGITS_THAT_POOL = """
Conv_1-input:7x7x320-output:7x7x1280: {mean: 1}
Logits-input:5x5x1280-output:10: {mean: 5}
Logits-input:7x7x1280-output:10: {mean: 7}
AvgPool2D-input:7x7x1280-output:1x1x1280: {mean: 1}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "mobile_trim.yaml"
    path.write_text(TABLE)
    return path


PUBLISHED = """
Conv-input:224x224x3-output:112x112x32:
  count: 9
  mean: 4.5
  var: 0.25
expanded_conv-input:112x112x32-output:112x112x16-expand:1-kernel:7-stride:1-idskip:0:
  count: 9
  mean: 10.5
  var: 0.25
expanded_conv-input:14x14x96-output:7x7x192-expand:6-kernel:5-stride:2-idskip:0:
  count: 9
  mean: 3.5
  var: 0.125
Conv_1-input:7x7x320-output:7x7x1280:
  count: 9
  mean: 3.0
  var: 0.125
Logits-input:7x7x1280-output:1000:
  count: 9
  mean: 0.25
  var: 0.0625
"""
"""Some keys of ProxylessNAS's ``mobile_trim.yaml`` as it lays them out; the numbers are ours."""
NOTE_10 = """
Conv-input:164x164x3-output:82x82x24: {count: 9, mean: 0.5, std: 0.01}
expanded_conv-input:82x82x24-output:82x82x24-expand:24-kernel:3-stride:1-idskip:1-se:0-hs:0: {mean: 0.75}
expanded_conv-input:41x41x32-output:21x21x48-expand:96-kernel:7-stride:2-idskip:0-se:1-hs:0: {mean: 1}
expanded_conv-input:21x21x48-output:11x11x96-expand:192-kernel:5-stride:2-idskip:0-se:0-hs:1: {mean: 1}
expanded_conv-input:6x6x192-output:6x6x192-expand:1152-kernel:3-stride:1-idskip:1-se:1-hs:1: {mean: 1}
"""  # noqa: E501
"""Some keys of Once-for-All's ``164_lookup_table.yaml`` of a Note 10; the numbers are ours."""


def test_what_proxylessnas_published_becomes_rows(tmp_path: Path) -> None:
    rows, unmapped = read(tmp_path, PUBLISHED)
    assert sorted(rows.values()) == [3.25, 3.5, 4.5, 10.5] and not unmapped


def test_what_once_for_all_published_becomes_rows_at_odd_sizes(tmp_path: Path) -> None:
    rows, unmapped = read(tmp_path, NOTE_10)
    blocks = [block for block in rows if isinstance(block, MBConvSpec)]
    assert not unmapped
    assert [(b.expansion, b.output_size, b.activation) for b in blocks] == [
        (1, 82, "relu"),
        (3, 21, "relu"),
        (4, 11, "hard_swish"),
        (6, 6, "hard_swish"),
    ]


def test_a_key_that_stands_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"the key Conv-.* stands in it twice \(line 3, column 1"):
        read(tmp_path, 2 * "\nConv-input:8x8x3-output:4x4x8: {mean: 1}")


def test_a_small_mean_that_yaml_takes_for_text_is_a_number(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "Conv-input:8x8x3-output:4x4x8: {mean: 1e-05}")
    assert list(rows.values()) == [1e-05]


def test_every_block_becomes_a_row(path: Path) -> None:
    rows = {block: row.median_ms for block, row in read_proxyless(path).rows.items()}

    def mbconv(size: int, width: int, out: int, kernel: int, expansion: int) -> MBConvSpec:
        return MBConvSpec(
            input_size=size,
            in_channels=width,
            out_channels=out,
            kernel_size=kernel,
            expansion=expansion,
            stride=1,
            activation="relu6",
        )

    assert rows == {
        StemSpec(
            input_size=224,
            in_channels=3,
            out_channels=32,
            kernel_size=3,
            stride=2,
            activation="relu6",
        ): 9.0,
        mbconv(112, 32, 16, 3, 1): 4.0,
        mbconv(56, 24, 24, 5, 6): 7.5,
        mbconv(28, 40, 40, 5, 3): 2.0,
        HeadSpec(
            input_size=7, in_channels=320, hidden_channels=1280, n_classes=1000, activation="relu6"
        ): 5.0,
    }


def test_what_is_no_block_is_told(path: Path) -> None:
    unmapped = read_proxyless(path).unmapped
    assert len(unmapped) == 2  # no block of ours leaves its residual out; softmax is none
    assert unmapped[0].endswith("kernel:3-stride:1-idskip:0") and "Softmax" in unmapped[1]


def read(tmp_path: Path, text: str) -> tuple[dict[BlockSpec, float], tuple[str, ...]]:
    (tmp_path / "t.yaml").write_text(text)
    found = read_proxyless(tmp_path / "t.yaml")
    return {block: row.median_ms for block, row in found.rows.items()}, found.unmapped


def test_mobilenetv3_counts_hidden_channels_and_names_its_activation(tmp_path: Path) -> None:
    rows, unmapped = read(tmp_path, MOBILENETV3)
    blocks = [block for block in rows if isinstance(block, MBConvSpec)]
    assert [(b.expansion, b.activation, b.se_ratio, rows[b]) for b in blocks] == [
        (3, "relu", 0.25, 2.0),
        (3, "hard_swish", 0.0, 3.0),
    ]
    assert {b.activation for b in rows if isinstance(b, StemSpec)} == {"hard_swish"}
    assert unmapped[0].startswith("expanded_conv") and "expand:100" in unmapped[0]


def test_a_head_that_widens_again_after_pooling_is_no_block_of_ours(tmp_path: Path) -> None:
    rows, unmapped = read(tmp_path, MOBILENETV3)
    assert not any(isinstance(block, HeadSpec) for block in rows)
    assert [key.split("-")[0] for key in unmapped[1:]] == [
        *("Conv_1", "AvgPool2D", "Conv_2", "Logits")
    ]


def test_pooling_within_the_logits_is_not_added_twice(tmp_path: Path) -> None:
    rows, unmapped = read(tmp_path, LOGITS_THAT_POOL)
    assert list(rows.values()) == [8.0]
    assert [key.split("-output")[0] for key in unmapped] == [
        *("Logits-input:5x5x1280", "AvgPool2D-input:7x7x1280")
    ]


@pytest.mark.parametrize(
    "key",
    [
        "expanded_conv-input:8x4x8-output:8x4x8-expand:1-kernel:3-stride:1-idskip:1",  # no square
        "expanded_conv-input:8x8x8-output:8x8x8-expand:1-kernel:3-stride:2-idskip:0",  # not half
        "expanded_conv-input:8x8x8-output:8x8x8-expand:0-kernel:3-stride:1-idskip:1",
        "expanded_conv-input:8x8x8-output:8x8x8-kernel:3-stride:1-idskip:1",
        "expanded_conv-input:8x8x8-output:8x8x8-expand:1-kernel:3-stride:1-idskip",
        "Conv-input:8x8x3-output:0x0x8",
        "Logits",
    ],
)
def test_a_key_that_makes_no_sense_becomes_no_row(tmp_path: Path, key: str) -> None:
    rows, unmapped = read(
        tmp_path, f"Conv-input:8x8x3-output:4x4x8: {{mean: 1}}\n{key}: {{mean: 1}}"
    )
    assert len(rows) == 1 and unmapped == (key,)


def test_how_often_it_was_timed_is_kept(path: Path) -> None:
    counts = {block.kind: row.n_runs for block, row in read_proxyless(path).rows.items()}
    assert counts["stem"] == 5 and counts["head"] == 1


def test_a_mean_without_its_spread_is_not_settled(path: Path) -> None:
    assert not any(row.settled for row in read_proxyless(path).rows.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "maps no keys"),
        ("", "maps no keys"),
        ("a: [", r"Cannot read .* \(line 1, column 5\)\. Name a YAML table"),
        ("Conv-input:224x224x3-output:112x112x32: {mean: fast}", 'has the mean "fast"'),
        ("\0", "holds what is no YAML"),
        ("Conv-input:224x224x3-output:112x112x32: {count: 3}", "has the mean null"),
        ("Conv-input:224x224x3-output:112x112x32: {mean: -1}", "has the mean -1"),
        ("Conv-input:224x224x3-output:112x112x32: {mean: .inf}", "has the mean Infinity"),
        ("Conv-input:224x224x3-output:112x112x32: {mean: true}", "has the mean true"),
        ("Softmax-input:1: {mean: 1.0}", "None of the 1 keys"),
        ("Conv_1: {mean: 1.0}", "None of the 1 keys"),
        ("a: 2024-99-99", "Cannot read"),
        ("[" * 5000, "Cannot read"),
        ("!!python/object/apply:os.system ['true']", "Cannot read"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text)
    with pytest.raises(TableError, match=said):
        read_proxyless(path)
