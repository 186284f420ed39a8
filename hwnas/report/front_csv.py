"""The latency–score front as ``pareto.csv``."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields

from hwnas.report.result import FrontPoint


def front_csv(front: Sequence[FrontPoint], others: Sequence[str] = ()) -> str:
    """One line a network, cheapest first; choices joined by semicolons.

    ``others`` are the other devices: each has a column of latencies.
    """
    text = io.StringIO()
    latencies = [f"corrected_latency_ms_{device}" for device in others]
    names = [field.name for field in fields(FrontPoint) if field.name != "other_latencies_ms"]
    writer = csv.DictWriter(text, [*names, *latencies])
    writer.writeheader()
    for point in front:
        row = asdict(point) | {"choices": point.choices.replace(",", ";")}
        row["corrected_latency_ms"] = round(point.corrected_latency_ms, 6)
        row["score"] = round(point.score, 6)
        there = zip(latencies, row.pop("other_latencies_ms"), strict=True)
        writer.writerow(row | {name: round(found, 6) for name, found in there})
    return text.getvalue()
