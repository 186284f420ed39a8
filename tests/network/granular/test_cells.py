"""Relaxed cells: what is built of what is left answers as before, channel by channel."""

from collections.abc import Callable, Iterator

import pytest
import torch

from hwnas.block import PoolSpec, PreactConvSpec, ThinReduceSpec, UnevenConcatSpec
from hwnas.network.granular import GRANULARITIES, Candidate, RelaxedCells, relaxed
from hwnas.network.granular.of_cells import ReduceCandidate
from hwnas.space.darts import NODES, OPTIONS, DartsSpace
from hwnas.space.prunable import WIDTH_STEP, PrunableCells, evened, prunable
from hwnas.space.prunable.cell import N_NODES

SIZE = 7
"""Odd, so that reductions read beyond the last pixel."""
PRUNE_SEEDS = range(4)
Prune = Callable[..., RelaxedCells]


def cells_of(
    n_layers: int = 4, channels: int = 24, operations: tuple[str, ...] = OPTIONS
) -> PrunableCells:
    space = DartsSpace(
        input_size=SIZE, in_channels=1, n_layers=n_layers, channels=channels, operations=operations
    )
    made = prunable(space)
    assert isinstance(made, PrunableCells)
    return made


@pytest.fixture(scope="module")
def cells() -> PrunableCells:
    return cells_of()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn((8, 1, SIZE, SIZE), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def whole(cells: PrunableCells, images: torch.Tensor) -> RelaxedCells:
    """In eval mode, with the statistics of some images and shifts that are not 0."""
    made = relaxed(cells, GRANULARITIES, seed=0)
    assert isinstance(made, RelaxedCells)
    generator = torch.Generator().manual_seed(3)
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.bias.data.normal_(0.0, 0.3, generator=generator)
    for _ in range(2):
        made(images)
    return made.eval()


@pytest.fixture
def prune(whole: RelaxedCells) -> Prune:
    """Leaves some operations a node, drawn by a seed, and some filters and weights of these."""

    def prune(seed: int, kept_share: float = 0.08) -> RelaxedCells:
        generator = torch.Generator().manual_seed(seed)

        def drawn(shape: tuple[int, ...], share: float) -> torch.Tensor:
            return torch.rand(shape, generator=generator) < share

        for _, node in whole.placed():
            alive = drawn((len(node.living),), kept_share)
            alive[int(torch.randint(len(alive), (), generator=generator))] = True
            for one, is_alive in zip(node.built.values(), alive, strict=True):
                one.alive.copy_(is_alive)
                one.logit.data.normal_(generator=generator)
                for gates in one.gates.values():
                    gates.logits.data.normal_(generator=generator)
                    gates.alive.copy_(drawn(gates.alive.shape, 0.2))
                    gates.alive[-1] = True
                for convolution in one.convolutions:
                    convolution.alive.copy_(drawn(convolution.weight.shape, 0.7))
        return whole

    return prune


def living(network: RelaxedCells) -> Iterator[Candidate]:
    return (one for _, node in network.placed() for one in node.living.values())


@pytest.mark.parametrize("seed", PRUNE_SEEDS)
def test_what_is_built_answers_as_the_relaxed_cells(
    prune: Prune, images: torch.Tensor, seed: int
) -> None:
    network = prune(seed)
    with torch.no_grad():
        before = network(images)
        built = network.pruned().eval()
        torch.testing.assert_close(built(images), before, atol=1e-4, rtol=1e-4)
        network.rebuild()
        torch.testing.assert_close(network(images), before, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("seed", PRUNE_SEEDS)
def test_what_is_built_has_the_parameters_and_zeros_that_are_counted(
    prune: Prune, seed: int
) -> None:
    network = prune(seed)
    built = network.pruned()
    counted = sum(block.n_parameters for block in network.network())
    assert sum(p.numel() for p in built.parameters()) == counted
    assert network.n_zeros() == sum(int((p == 0).sum()) for p in built.parameters() if p.ndim > 1)


@pytest.mark.parametrize("seed", PRUNE_SEEDS)
def test_nodes_are_as_wide_as_what_is_open_in_hardwares_steps(prune: Prune, seed: int) -> None:
    network = prune(seed)
    for cell in network.first():
        joined = {node: {node} for node in range(N_NODES)}
        for number, (_, node) in enumerate(cell.placed):
            for name in node.living:
                if "<-" in name and cell.cell.passes(name):
                    both = joined[number] | joined[int(name[-1])]
                    joined.update(dict.fromkeys(both, both))
        for number, members in joined.items():
            opened = {
                int(channel)
                for member in members
                for one in cell.placed[member][1].living.values()
                if one.GIVES
                for channel in torch.nonzero(one.opened()).flatten()
            }
            width = int(cell.open_channels()[number].sum())
            assert width == evened(len(opened), cell.cell.cell.channels)


def test_channels_inside_a_convolution_are_those_of_its_mask_in_hardwares_steps(
    prune: Prune,
) -> None:
    network = prune(0)
    counted = {
        (position, name): evened(int(one.gates["hidden"].alive.sum()), one.sizes["hidden"])
        for position, node in network.placed()
        for name, one in node.living.items()
        if "hidden" in one.gates
    }
    network.rebuild()
    placed = dict(network.placed())
    assert counted
    for (position, name), width in counted.items():
        assert placed[position].built[name].sizes["hidden"] == width


def test_nodes_of_a_cell_may_differ_in_width(prune: Prune) -> None:
    concats = [b for b in prune(0).network() if isinstance(b, UnevenConcatSpec)]
    assert any(len(set(concat.channels)) > 1 for concat in concats)
    assert all(width % WIDTH_STEP == 0 for concat in concats for width in concat.channels)


def test_at_first_the_network_is_the_whole_one(whole: RelaxedCells, cells: PrunableCells) -> None:
    assert whole.network() == cells.whole()


def test_channels_double_exactly_where_cells_reduce(whole: RelaxedCells) -> None:
    network = whole.network()
    outputs = [
        (block.output_size, block.out_channels // len(NODES))
        for block in network
        if isinstance(block, UnevenConcatSpec)
    ]
    assert outputs == [(7, 24), (4, 48), (2, 96), (2, 96)]


@pytest.mark.parametrize("kind", [ReduceCandidate])
def test_a_closed_channel_of_a_reduction_gives_nothing(
    whole: RelaxedCells, kind: type[ReduceCandidate]
) -> None:
    one = next(one for one in living(whole) if isinstance(one, kind))
    one.even_norm.bias.data.fill_(5.0)
    one.gates["even"].alive[1] = False
    given = one(torch.randn(2, one.sizes["in"], 4, 4))
    assert bool((given[:, 1] == 0).all()) and bool((given[:, 0] != 0).all())


def test_a_gate_below_its_threshold_closes_a_reduction(whole: RelaxedCells) -> None:
    one = next(one for one in living(whole) if isinstance(one, ReduceCandidate))
    one.thresholds["filter"].data.fill_(0.6)
    one.gates["odd"].logits.data[0] = 3.0
    given = one(torch.randn(2, one.sizes["in"], 4, 4))
    n_even = one.sizes["even"]
    assert bool((given[:, n_even] != 0).any()) and not bool(given[:, n_even + 1 :].any())


def test_a_node_keeps_its_last_operation(whole: RelaxedCells) -> None:
    for _, node in whole.placed():
        for one in node.living.values():
            if "op" in one.searched:
                one.thresholds["op"].data.fill_(0.9)
        assert sum(weight.item() > 0 for weight in node.weights().values()) == 1


def test_what_is_made_of_an_input_is_no_operation_that_may_go(whole: RelaxedCells) -> None:
    made = [node for position, node in whole.placed() if position.endswith(("node0", "node1"))]
    assert all(set(one.searched) == {"filter"} for node in made for one in node.living.values())


def test_a_cell_that_nothing_reads_is_not_built(whole: RelaxedCells, images: torch.Tensor) -> None:
    last = whole.first()[-1]
    for number in NODES:
        for name, one in last.placed[number][1].built.items():
            one.alive.fill_(name == "sep_conv_3x3<-0")
    with torch.no_grad():
        before = whole(images)
        positions = whole.network().positions
        assert "cell3.output" not in positions and "cell2.output" in positions
        torch.testing.assert_close(whole.pruned().eval()(images), before, atol=1e-4, rtol=1e-4)


def test_poolings_of_one_node_are_built_once(prune: Prune) -> None:
    network = prune(2, kept_share=0.6).network()
    poolings = [
        (block, reads)
        for block, reads in zip(network.blocks, network.inputs, strict=True)
        if isinstance(block, PoolSpec)
    ]
    assert len(poolings) == len(set(poolings)) > 0


def test_cells_are_made_again_by_their_shape_and_weights(
    prune: Prune, cells: PrunableCells, images: torch.Tensor
) -> None:
    network = prune(1)
    network.rebuild()
    again = relaxed(cells, GRANULARITIES, seed=3, shape=network.shape)
    again.load_state_dict(network.state_dict())
    with torch.no_grad():
        assert torch.equal(again.eval()(images), network(images))
    assert again.network() == network.network()


def test_an_operation_that_comes_back_changes_no_other_answer(
    prune: Prune, images: torch.Tensor
) -> None:
    """A skip joins nodes of other widths: what reads them has nothing to say of new channels."""
    network = prune(0)
    network.rebuild()
    with torch.no_grad():
        before = network(images)
        node = dict(network.placed())["cell1.node5"]
        for name in ("skip_connect<-2", "sep_conv_3x3<-3"):
            fresh = network.fresh("cell1.node5", name, seed=0)
            fresh.logit.data.fill_(-200.0)  # so that it gives nothing
            node.put(name, fresh.eval())
        network.rebuild()
        torch.testing.assert_close(network(images), before, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(network.pruned().eval()(images), before, atol=1e-4, rtol=1e-4)


def test_forward_may_end_at_a_cell(whole: RelaxedCells, images: torch.Tensor) -> None:
    first_end = whole.origin.stage_ends(3)[0]
    auxiliary = whole.auxiliary(first_end, seed=0)
    assert whole(images, first_end, auxiliary).shape == (8, 10)


def test_what_a_thin_cell_reads_is_thin(prune: Prune) -> None:
    network = prune(3).network()
    widths = dict(zip(network.positions, network.blocks, strict=True))
    for place, block in enumerate(network.blocks):
        if isinstance(block, PreactConvSpec | ThinReduceSpec):
            (read,) = network.inputs[place]
            assert block.in_channels == network.blocks[read].out_channels
    assert widths


def test_fewer_operations_than_the_whole_space_will_do(images: torch.Tensor) -> None:
    few = cells_of(operations=("none", "skip_connect", "sep_conv_3x3"), n_layers=2)
    network = relaxed(few, GRANULARITIES, seed=0).eval()
    with torch.no_grad():
        torch.testing.assert_close(
            network.pruned().eval()(images), network(images), atol=1e-4, rtol=1e-4
        )
