"""Where stages end."""

import pytest

from hwnas.space import space_named
from hwnas.space.prunable import PrunableChain, prunable
from hwnas.train.mgas.stages import stage_ends


@pytest.mark.parametrize("n_stages", [1, 2, 3, 4])
def test_every_stage_has_a_node_and_the_last_ends_the_chain(
    chain: PrunableChain, n_stages: int
) -> None:
    ends = stage_ends(chain, n_stages)
    assert len(ends) == n_stages and ends[-1] == len(chain.nodes)
    assert list(ends) == sorted(set(ends))


def test_there_are_no_more_stages_than_nodes(chain: PrunableChain) -> None:
    assert stage_ends(chain, 9) == (1, 2, 3, 4)


def test_the_first_stage_holds_more_than_the_last() -> None:
    chain = prunable(space_named("mobilenet", input_size=28, in_channels=1, n_classes=10))
    first, second, _ = stage_ends(chain, 3)
    assert 0 < first < second < len(chain.nodes)
