"""From an architecture to an expected accuracy."""

from hwnas.accuracy.benchmark import AccuracyColumns, Benchmark, file_and_part
from hwnas.accuracy.benchmark_table import BenchmarkTable, read_benchmark
from hwnas.accuracy.protocol import AccuracySource
from hwnas.accuracy.ranking import Estimate, Ranking, ranking

__all__ = [
    "AccuracyColumns",
    "AccuracySource",
    "Benchmark",
    "BenchmarkTable",
    "Estimate",
    "Ranking",
    "file_and_part",
    "ranking",
    "read_benchmark",
]
