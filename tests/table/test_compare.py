"""Two tables held against each other, and joined."""

from dataclasses import replace
from pathlib import Path

import pytest

from hwnas.block import DispatchSpec
from hwnas.errors import TableError
from hwnas.measure import Measurement
from hwnas.table import Conditions, LatencyTable, compare, merged

OTHER = DispatchSpec(input_size=7)


def row(ms: float, half_interval: float | None = 0.01, *, settled: bool = True) -> Measurement:
    return Measurement(
        median_ms=ms,
        p90_ms=ms,
        min_ms=ms,
        mad_ms=0.0,
        n_runs=3,
        half_interval=half_interval,
        settled=settled,
    )


def test_a_table_does_not_differ_from_itself(table: LatencyTable) -> None:
    found = compare(table, table)
    assert not found.settings and not found.only_in_first and not found.only_in_second
    assert found.median_ratio == 1.0 and found.ratio_spread == 0.0


def test_settings_are_named_with_both_values(table: LatencyTable) -> None:
    device = replace(table.header.device, threads=2)
    machine = replace(table.header.fingerprint, governor="powersave")
    header = replace(table.header, device=device, fingerprint=machine)
    assert compare(table, replace(table, header=header)).settings == {
        "device.threads": (1, 2),
        "fingerprint.governor": (table.header.fingerprint.governor, "powersave"),
    }


def test_the_most_changed_block_comes_first(table: LatencyTable) -> None:
    rows = {block: row(2 * r.median_ms) for block, r in table.rows.items()}
    rows[DispatchSpec()] = row(0.5)  # a tenth
    found = compare(table, replace(table, rows={**rows, OTHER: row(1.0)}))
    assert found.changes[0].block == DispatchSpec()
    assert found.changes[0].ratio == pytest.approx(0.1)
    assert found.median_ratio == pytest.approx(2.0)
    assert found.only_in_second == (OTHER,)


def test_tables_without_common_blocks_have_no_ratio(table: LatencyTable) -> None:
    found = compare(table, replace(table, rows={OTHER: row(1.0)}))
    assert found.median_ratio is None and len(found.only_in_first) == len(table.rows)


def test_the_surer_row_stays(table: LatencyTable) -> None:
    sure = replace(table, rows={OTHER: row(1.0, 0.002), DispatchSpec(): row(5.0, 0.5)})
    unsure = replace(
        table,
        rows={
            OTHER: row(9.0, 0.004),
            DispatchSpec(): row(6.0, 0.4),
            DispatchSpec(input_size=3): row(2.0, None, settled=False),
        },
    )
    for both in ([sure, unsure], [unsure, sure]):
        medians = {block.input_size: r.median_ms for block, r in merged(both).rows.items()}
        assert medians == {7: 1.0, 1: 6.0, 3: 2.0}


def test_an_unsettled_row_never_wins(table: LatencyTable) -> None:
    doubtful = replace(table, rows={OTHER: row(9.0, 0.001, settled=False)})
    settled = replace(table, rows={OTHER: row(1.0, 0.01)})
    assert merged([doubtful, settled])[OTHER].median_ms == 1.0


def test_another_recipe_or_machine_is_refused_by_name(table: LatencyTable) -> None:
    device = replace(table.header.device, threads=2)
    other = replace(table, header=replace(table.header, device=device), path=Path("two.jsonl"))
    with pytest.raises(TableError, match=r"two.jsonl cannot join .*threads is 2 in the one"):
        merged([table, other])


def test_what_changes_no_speed_does_not_stand_in_the_way(table: LatencyTable) -> None:
    device = replace(table.header.device, description="the grey one")
    assert merged([table, replace(table, header=replace(table.header, device=device))]) == table


def test_calibration_changes_no_speed_and_does_not_stand_in_the_way(table: LatencyTable) -> None:
    recipe = replace(table.header.device.recipe, calibration="entropy", percentile=99.0)
    device = replace(table.header.device, recipe=recipe)
    assert merged([table, replace(table, header=replace(table.header, device=device))]) == table


def test_a_recipe_that_changes_speed_is_refused_by_name(table: LatencyTable) -> None:
    recipe = replace(table.header.device.recipe, per_channel=False)
    device = replace(table.header.device, recipe=recipe)
    other = replace(table, header=replace(table.header, device=device))
    with pytest.raises(TableError, match="per_channel is False in the one and True in the other"):
        merged([table, other])


def test_another_machine_is_refused_by_name(table: LatencyTable) -> None:
    machine = replace(table.header.fingerprint, governor="powersave")
    other = replace(table, header=replace(table.header, fingerprint=machine))
    with pytest.raises(TableError, match="governor is 'powersave' in the one"):
        merged([table, other])


def test_a_merged_table_claims_no_more_than_each_of_them(table: LatencyTable) -> None:
    loose = replace(table.header.plan, tolerance=0.05)
    last = Conditions(date="2026-02-01", hwnas_version="1", others_load=0.1)
    first = replace(last, date="2026-01-01")
    one = replace(table, header=replace(table.header, plan=loose, conditions=first))
    two = replace(table, header=replace(table.header, conditions=last))
    for both in ([one, two], [two, one]):
        header = merged(both).header
        assert (header.plan, header.conditions) == (loose, last)


def test_networks_are_joined_too(table: LatencyTable) -> None:
    one = replace(table, networks={(OTHER,): row(1.0, 0.01)})
    two = replace(table, networks={(OTHER,): row(2.0, 0.002), (OTHER, OTHER): row(3.0)})
    found = {len(blocks): r.median_ms for blocks, r in merged([one, two]).networks.items()}
    assert found == {1: 2.0, 2: 3.0}
