import pytest

from hwnas.errors import InvalidInputError
from hwnas.pipeline.quantity import byte_count, count, milliseconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20ms", 20.0),
        ("0.4ms", 0.4),
        ("350us", 0.35),
        ("350µs", 0.35),
        ("1.5s", 1500.0),
        (" 20 ms ", 20.0),
        ("+20ms", 20.0),
        (".5ms", 0.5),
        ("5.ms", 5.0),
        ("1e-1ms", 0.1),
        ("2E3us", 2.0),
    ],
)
def test_a_latency_is_read_in_milliseconds(text: str, expected: float) -> None:
    assert milliseconds(text) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1200", 1200),
        ("300k", 300_000),
        ("300K", 300_000),
        ("3M", 3_000_000),
        ("0.5G", 500_000_000),
        ("2B", 2_000_000_000),
        (" 3 M ", 3_000_000),
        ("1e6", 1_000_000),
        ("1", 1),
    ],
)
def test_a_count_is_read_with_its_unit(text: str, expected: int) -> None:
    assert count(text, "--max-params") == expected


def test_a_decimal_count_is_not_rounded_down() -> None:
    counts = range(1, 10_000, 7)
    assert [count(f"{n / 1000:.3f}k", "--max-params") for n in counts] == list(counts)


@pytest.mark.parametrize("text", ["20", "0.4", "1e3", " 20 "])
def test_a_bare_latency_is_refused_with_the_unit_to_add(text: str) -> None:
    with pytest.raises(InvalidInputError, match=f"no unit. Write {text.strip()}ms or"):
        milliseconds(text)


@pytest.mark.parametrize("text", ["20m", "20 sec", "20MS", "20ns", "20%", "20 ms/image"])
def test_an_unknown_unit_of_a_latency_is_named(text: str) -> None:
    with pytest.raises(InvalidInputError, match="Use us, ms or s, as in 20ms"):
        milliseconds(text)


@pytest.mark.parametrize("text", ["3T", "3m", "3params", "3ms", "50%"])
def test_an_unknown_unit_of_a_count_is_named(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"unknown unit .* Use k, M or G, as in 3M"):
        count(text, "--max-params")


@pytest.mark.parametrize(
    "text", ["0ms", "-20ms", "nanms", "infms", "-infms", "1e999ms", "nan", "inf", "-5", "0"]
)
def test_a_latency_that_is_not_positive_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"not a positive number. Write one as in 20ms"):
        milliseconds(text)


@pytest.mark.parametrize("text", ["0", "-3M", "nan", "inf", "1e999M"])
def test_a_count_that_is_not_positive_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"not a positive number. Write one as in 3M"):
        count(text, "--max-macs")


@pytest.mark.parametrize("text", ["0.4", "0.0001k"])
def test_a_count_of_less_than_one_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="less than one"):
        count(text, "--max-params")


@pytest.mark.parametrize("text", ["", " ", "ms", "fast", "1.2.3ms", "20,5ms", "20ms 30ms", "."])
def test_what_is_no_number_is_no_latency(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"is no latency. Write a number with a unit"):
        milliseconds(text)


@pytest.mark.parametrize("text", ["", "M", "many", "1_000", "3,5M", "0x10"])
def test_what_is_no_number_is_no_count(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"is no --max-params. Write a number with a unit"):
        count(text, "--max-params")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2MiB", 2 * 2**20),
        ("500kB", 500_000),
        ("500KB", 500_000),
        ("1.5 MB", 1_500_000),
        ("0.5GiB", 2**29),
        ("1GB", 10**9),
        ("4096B", 4096),
        (" 3 KiB ", 3072),
        ("1e3B", 1000),
    ],
)
def test_a_size_is_read_in_bytes(text: str, expected: int) -> None:
    assert byte_count(text, "--max-memory") == expected


@pytest.mark.parametrize("text", ["2", "4096", " 20 "])
def test_a_bare_size_is_refused_with_units_to_add(text: str) -> None:
    with pytest.raises(
        InvalidInputError, match=f"--max-size .* has no unit. Write {text.strip()}kB or "
    ):
        byte_count(text, "--max-size")


@pytest.mark.parametrize("text", ["2M", "2mb", "2Mb", "2TiB", "2ms", "50%"])
def test_an_unknown_unit_of_a_size_is_named(text: str) -> None:
    with pytest.raises(
        InvalidInputError, match=r"unknown unit .* Use one of B, kB, .* as in 2MiB"
    ):
        byte_count(text, "--max-memory")


@pytest.mark.parametrize("text", ["0B", "-2MiB", "nanMiB", "1e999GB"])
def test_a_size_that_is_not_positive_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"not a positive number. Write one as in 2MiB"):
        byte_count(text, "--max-memory")


def test_a_size_of_less_than_a_byte_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="less than a byte"):
        byte_count("0.4B", "--max-memory")
