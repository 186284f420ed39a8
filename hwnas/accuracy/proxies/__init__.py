"""Zero-cost proxies: the expected order of untrained networks, from one batch of images."""

from hwnas.accuracy.proxies.catalog import PROXIES, proxy_named
from hwnas.accuracy.proxies.ensemble import RankAverage, average_ranks
from hwnas.accuracy.proxies.protocol import Proxy
from hwnas.accuracy.proxies.scored import WORST_SCORE, Scored, score_network
from hwnas.accuracy.proxies.source import ZeroCostSource

__all__ = [
    "PROXIES",
    "WORST_SCORE",
    "Proxy",
    "RankAverage",
    "Scored",
    "ZeroCostSource",
    "average_ranks",
    "proxy_named",
    "score_network",
]
