"""The latency–score front as ``pareto.csv``."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields

from hwnas.report.result import FrontPoint


def front_csv(front: Sequence[FrontPoint]) -> str:
    """One line a network, cheapest first; choices joined by semicolons."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(FrontPoint)])
    writer.writeheader()
    for point in front:
        row = asdict(point) | {"choices": point.choices.replace(",", ";")}
        row["corrected_latency_ms"] = round(point.corrected_latency_ms, 6)
        row["score"] = round(point.score, 6)
        writer.writerow(row)
    return text.getvalue()
