"""Block costs from whole networks, on published latencies and on sums that are known."""

import csv
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from hwnas.device import load_device
from hwnas.errors import HwnasError
from hwnas.latency import AdditiveModel
from hwnas.measure import Provenance
from hwnas.pipeline import FitRequest, fit_table
from hwnas.space import blocks_of, random_architecture, space_named
from hwnas.table import read_table

SHARED = Path(__file__).parents[2].parent / "shared/data"
PHONES = SHARED / "nasbench201_cifar10.csv.gz"
SERVERS = SHARED / "ofa_mobilenetv3_gpu_latency.csv.gz"


def published(path: Path) -> Path:
    if not path.is_file():
        pytest.skip(f"needs shared/data/{path.name}")
    return path


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """Sixty networks of a small space; each takes 1 ms and a nanosecond a MAC, or twice that."""
    (tmp_path / "small.toml").write_text(
        "stem_channels = 8\nhead_channels = 32\n[[stages]]\nwidths = [8, 16]\nmax_depth = 3\n"
    )
    space = space_named(
        str(tmp_path / "small.toml"), input_size=224, in_channels=3, n_classes=1000
    )
    rng = np.random.default_rng(0)
    drawn = {random_architecture(space, rng): None for _ in range(60)}
    path = tmp_path / "measured.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["architecture", "lat_ms_phone", "lat_ms_other"])
        for architecture in drawn:
            macs = sum(block.n_macs for block in blocks_of(space, architecture))
            writer.writerow([str(architecture), 1 + macs / 1e6, 2 + 2 * macs / 1e6])
    return path


def request(path: Path, **changes: object) -> FitRequest:
    settings = {"column": "phone", "space": str(path.parent / "small.toml"), **changes}
    return FitRequest(measurements=path, **settings)  # type: ignore[arg-type]


def test_sums_are_found_and_kept_as_a_table_that_search_can_price_by(
    measured: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HWNAS_TABLES", str(tmp_path / "tables"))
    report = fit_table(request(measured, n_train=40), device=load_device("x86-cpu"))
    assert report.tested is not None and report.tested.mape < 1
    assert report.n_fitted == 40 and report.tested.n_networks == report.n_networks - 40
    table = read_table(Path(str(report.table)))
    assert table.header.provenance == Provenance.FITTED
    assert table.header.fingerprint.cpu.startswith(
        "fitted on 40 networks of lat_ms_phone in measured"
    )
    space = space_named(
        str(tmp_path / "small.toml"), input_size=224, in_channels=3, n_classes=1000
    )
    blocks = blocks_of(space, random_architecture(space, np.random.default_rng(9)))
    truth = 1 + sum(block.n_macs for block in blocks) / 1e6
    assert AdditiveModel(table).predict_ms(blocks) == pytest.approx(truth, rel=0.03)


def test_every_prediction_is_written_as_the_file_writes_its_network(
    measured: Path, tmp_path: Path
) -> None:
    fit_table(request(measured, n_samples=5), predictions=tmp_path / "p.csv")
    with measured.open() as before, (tmp_path / "p.csv").open() as after:
        rows = list(zip(csv.DictReader(before), csv.DictReader(after), strict=True))
    assert sum(row["fitted_on"] == "1" for _, row in rows) == 5
    for known, row in rows:
        assert row["architecture"] == known["architecture"]
        assert float(row["lat_ms_measured"]) == pytest.approx(float(known["lat_ms_phone"]), 1e-4)
        assert 0 < float(row["lat_ms_predicted"]) <= float(row["lat_ms_safe"])


def test_another_column_or_a_table_is_a_prior(
    measured: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HWNAS_TABLES", str(tmp_path / "tables"))
    other = fit_table(request(measured, column="other"), device=load_device("x86-cpu"))
    for prior in ("lat_ms_other", str(other.table)):
        report = fit_table(request(measured, n_samples=4, prior=prior))
        assert report.tested is not None and report.tested.mape < 2


def test_the_same_seed_says_the_same(measured: Path) -> None:
    reports = [fit_table(request(measured, n_train=20, seed=seed)) for seed in (3, 3, 4)]
    assert reports[0] == reports[1] != reports[2]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"column": "tablet"}, "tablet"),
        ({"n_train": 2}, "--train 2 of .* networks cannot be fitted on. Give one from 3 to"),
        ({"n_samples": 99}, "--samples 99 of .* networks cannot be fitted on"),
        ({"n_train": 0}, "--train 0"),
        ({"n_train": 9, "n_samples": 9}, "Give one of the two"),
        ({"prior": "phone"}, "--prior phone is the column that is fitted"),
        ({"prior": "nobody"}, "nobody"),
        ({"space": None}, "no column arch_str"),
        ({"space": "nasbench201"}, "is no network of nasbench201"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_fitted_is_said(
    measured: Path, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(HwnasError, match=reason):
        fit_table(request(measured, **changes))


@pytest.mark.parametrize(
    ("column", "within_10", "mape"),
    [("v100_64", 98.5, 2.5), ("v100_1", 85, 7), ("titan_xp_64", 95, 5)],
)
def test_500_networks_predict_the_other_4500_on_a_gpu(
    column: str, within_10: float, mape: float
) -> None:
    found = fit_table(
        FitRequest(measurements=published(SERVERS), column=column, n_train=500, seed=1)
    )
    assert found.tested is not None
    assert found.tested.within_10 >= within_10 and found.tested.mape <= mape
    assert found.kept is not None and found.kept > 0.95


@pytest.mark.parametrize(("column", "prior"), [("gold_6240", "1080ti_1"), ("eyeriss", "pixel3")])
def test_ten_networks_and_another_device_order_15615_cells(column: str, prior: str) -> None:
    found = fit_table(
        FitRequest(measurements=published(PHONES), column=column, prior=prior, n_samples=10)
    )
    assert found.spearman is not None and found.spearman > 0.94
    assert len(found.chosen) == 10


def test_figures_are_plain_json(measured: Path) -> None:
    report = fit_table(request(measured, n_train=20))
    assert json.loads(json.dumps(asdict(report)))["column"] == "lat_ms_phone"
