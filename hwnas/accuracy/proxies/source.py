"""Scores for the architectures of a space, each network built and scored once."""

from hwnas.accuracy.proxies.catalog import proxy_named
from hwnas.accuracy.proxies.scored import Scored, score_network
from hwnas.network import build
from hwnas.space import Architecture, Space, blocks_of
from hwnas.train.images import Batch


class ZeroCostSource:
    """Which of two networks one proxy expects to be better, by one batch and one seed.

    The seed decides the weights and the proxy's own randomness, so that an answer does not
    depend on what was asked before.
    """

    def __init__(self, space: Space, proxy: str, batch: Batch, *, seed: int) -> None:
        """Score by the proxy of this name.

        Raises:
            UnknownNameError: No such proxy.
        """
        self._space = space
        self._proxy = proxy_named(proxy)
        self._batch = batch
        self._seed = seed
        self._answers: dict[Architecture, Scored] = {}

    @property
    def seconds(self) -> float:
        """What all the scores took together, without building the networks."""
        return sum(answer.seconds for answer in self._answers.values())

    def score(self, architecture: Architecture) -> float:
        """Higher is expected better; comparable only with this source's other answers.

        Raises:
            InvalidInputError: The architecture does not belong to the space.
        """
        if architecture not in self._answers:
            network = build(blocks_of(self._space, architecture), self._seed)
            self._answers[architecture] = score_network(
                self._proxy, network, self._batch, seed=self._seed
            )
        return self._answers[architecture].score
