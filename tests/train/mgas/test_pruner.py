"""Stages, the global phase, and that an interruption changes nothing."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hwnas.data import DataSet
from hwnas.errors import DataError
from hwnas.network.granular import RelaxedChain
from hwnas.space import space_named
from hwnas.space.prunable import prunable
from hwnas.train.mgas import Costs, MgasSettings, Pruner
from hwnas.train.mgas.phase import SLACK, PhaseTraining, Stretch
from hwnas.train.mgas.regrow import masks_of
from tests.train.mgas.conftest import SPACE

MakePruner = Callable[..., Pruner]
MakeCosts = Callable[[int], Costs]
MOST = 5000


@pytest.mark.parametrize("searched", [("op", "filter", "weight"), ("op",), ("filter", "weight")])
def test_what_is_left_costs_what_it_may(
    make_pruner: MakePruner, most_parameters: MakeCosts, searched: tuple[str, ...]
) -> None:
    most = 8000 if searched == ("op",) else MOST
    chain = make_pruner(granularities=searched).run(most_parameters(most))
    n_kept = sum(block.n_parameters for block in chain.network()) - chain.n_zeros()
    assert n_kept <= most


def test_an_interrupted_pruning_goes_on_as_if_it_had_not_been(
    make_pruner: MakePruner, most_parameters: MakeCosts
) -> None:
    n_done = 0

    def interrupt(*_: object) -> None:
        nonlocal n_done
        n_done += 1
        if n_done in (4, 9):
            raise KeyboardInterrupt

    whole = make_pruner(name="whole.pt").run(most_parameters(MOST))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            make_pruner(on_epoch=interrupt).run(most_parameters(MOST))
    resumed = make_pruner()
    chain = resumed.run(most_parameters(MOST))
    assert chain.shape == whole.shape
    for name, value in whole.state_dict().items():
        assert torch.equal(chain.state_dict()[name], value)


def test_within_a_phase_nothing_comes_back(
    make_pruner: MakePruner, most_parameters: MakeCosts
) -> None:
    seen: dict[str, list[dict[str, torch.Tensor]]] = {}

    def look(phase: str, *_: object) -> None:
        seen.setdefault(phase, []).append(masks_of(pruner.relaxed))

    pruner = make_pruner(on_epoch=look)
    pruner.run(most_parameters(MOST))
    assert list(seen) == ["stage 1", "stage 2", "stage 3", "global"]
    for *until_built, _ in seen.values():  # what regrows comes back as a stage ends
        for before, after in pairwise(until_built):
            assert before.keys() == after.keys()
            assert not any(bool((after[name] & ~before[name]).any()) for name in before)


def test_a_stage_regrows_and_the_global_phase_does_not(
    make_pruner: MakePruner, most_parameters: MakeCosts
) -> None:
    pruner = make_pruner()
    pruner.run(most_parameters(MOST))
    costs = {
        phase: [moment.cost for moment in pruner.history.moments if moment.phase == phase]
        for phase in ("stage 2", "global")
    }
    assert costs["stage 2"][-1] > costs["stage 2"][-2]
    assert costs["global"] == sorted(costs["global"], reverse=True)


def test_a_stage_ends_at_its_share_or_at_what_its_part_of_the_limit_allows(
    whole: RelaxedChain, most_parameters: MakeCosts
) -> None:
    settings = MgasSettings(stage_share=0.25)
    tight = PhaseTraining(whole, Stretch("", 2), settings, most_parameters(10))
    assert tight._goal == pytest.approx(0.25 * tight.cost())
    n_parameters = sum(block.n_parameters for block in whole.network())
    loose = PhaseTraining(whole, Stretch("", 2), settings, most_parameters(n_parameters // 2))
    assert loose._goal == pytest.approx(SLACK / 2 * loose.cost(), rel=0.01)


def test_going_on_prunes_further(make_pruner: MakePruner, most_parameters: MakeCosts) -> None:
    pruner = make_pruner()
    pruner.run(most_parameters(MOST))
    less = most_parameters(MOST // 2)
    chain = pruner.run(less, 2)
    assert less.of_network(chain.network(), chain.n_zeros()) <= 1
    assert [m.phase for m in pruner.history.moments][-1] == "global 2"


def test_a_stage_trains_its_own_parameters_and_no_later_ones(
    whole: RelaxedChain, most_parameters: MakeCosts
) -> None:
    costs = most_parameters(MOST)
    parts = {
        end: {
            id(p) for p in PhaseTraining(whole, Stretch("", end), MgasSettings(), costs)._weights()
        }
        for end in (1, 2)
    }
    later = {id(p) for node in list(whole.nodes)[1:] for p in node.parameters()}
    assert not parts[1] & later
    assert parts[2] & later


def test_an_earlier_stage_is_pruned_again(whole: RelaxedChain, most_parameters: MakeCosts) -> None:
    phase = PhaseTraining(whole, Stretch("", 2), MgasSettings(), most_parameters(MOST))
    assert len(phase.nodes()) == 2
    first = next(iter(phase.nodes()[0].living.values()))
    first.thresholds["op"].data.fill_(0.6)
    phase.commit()
    assert not bool(first.alive)


def test_a_threshold_above_all_of_its_gates_leaves_more_than_one(
    whole: RelaxedChain, most_parameters: MakeCosts
) -> None:
    """What it may not take at once does not go by rank either."""
    phase = PhaseTraining(whole, Stretch("global"), MgasSettings(), most_parameters(MOST))
    phase.epoch = 2
    head = whole.head.built["head"]
    head.thresholds["filter"].data.fill_(0.6)
    phase.commit()
    assert 0.4 < float(head.gates["hidden"].alive.float().mean()) < 0.9
    assert head.thresholds["filter"].item() < 0.5


def test_thresholds_begin_anew_with_each_phase(
    whole: RelaxedChain, most_parameters: MakeCosts
) -> None:
    one = next(iter(dict(whole.placed())["stage1.block1"].living.values()))
    one.thresholds["filter"].data.fill_(0.7)
    PhaseTraining(whole, Stretch("", 1), MgasSettings(), most_parameters(MOST)).lower_thresholds()
    assert one.thresholds["filter"].item() == 0


def test_warm_up_moves_weights_alone(
    whole: RelaxedChain, most_parameters: MakeCosts, digits: DataSet
) -> None:
    phase = PhaseTraining(whole, Stretch("", 1), MgasSettings(), most_parameters(MOST))
    images = torch.randn(16, 1, 8, 8), torch.arange(16) % 10
    still = [*phase._gates(), *phase._thresholds()]
    gates = [p.detach().clone() for p in still]
    weights = [p.detach().clone() for p in phase._weights()]
    phase.step(images, "weights")
    assert all(map(torch.equal, gates, still))
    assert not all(map(torch.equal, weights, phase._weights()))


def test_gates_are_no_weights(whole: RelaxedChain, most_parameters: MakeCosts) -> None:
    """Those of the head too, which the last stage trains and does not prune."""
    end = len(whole.chain.nodes)
    phase = PhaseTraining(whole, Stretch("", end), MgasSettings(), most_parameters(MOST))
    weights = {id(parameter) for parameter in phase._weights()}
    named = dict(whole.named_parameters())
    gates = [n for n in named if "logit" in n or "threshold" in n]
    assert any(name.startswith("head") for name in gates)
    assert not weights & {id(named[name]) for name in gates}
    assert id(named["head._candidates.head.classify.weight"]) in weights


def test_with_masks_as_they_are_gates_move_and_thresholds_do_not(
    whole: RelaxedChain, most_parameters: MakeCosts
) -> None:
    phase = PhaseTraining(whole, Stretch("", 1), MgasSettings(), most_parameters(MOST))
    images = torch.randn(16, 1, 8, 8), torch.arange(16) % 10
    thresholds = [t.detach().clone() for t in phase._thresholds()]
    gates = [g.detach().clone() for g in phase._gates()]
    phase.step(images, "gates")
    assert all(map(torch.equal, thresholds, phase._thresholds()))
    assert not any(map(torch.equal, gates, phase._gates()))
    assert all(bool((phase.momentum(gate) != 0).any()) for gate in phase._gates())


def test_thresholds_stand_still_once_they_are_settled(
    whole: RelaxedChain, most_parameters: MakeCosts
) -> None:
    phase = PhaseTraining(whole, Stretch("", 1), MgasSettings(), most_parameters(MOST))
    images = torch.randn(16, 1, 8, 8), torch.arange(16) % 10
    phase.step(images, "everything")
    assert any(phase.momentum(threshold).item() for threshold in phase._thresholds())
    phase.commit()
    assert not any(phase.momentum(threshold).item() for threshold in phase._thresholds())


class Unreadable:
    """Test images that may not be looked at."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        raise AssertionError(f"{name} of the test images was read")


def test_test_images_are_never_looked_at(
    make_pruner: MakePruner, most_parameters: MakeCosts, digits: DataSet
) -> None:
    images = replace(digits)
    object.__setattr__(images, "test", Unreadable())
    pruner = make_pruner(data=images, most_epochs=1)
    pruner.run(most_parameters(MOST))
    assert set(pruner.history.accuracies) == {"stage 1", "stage 2", "stage 3", "global"}


def test_a_stages_accuracy_does_not_depend_on_what_images_stand_together(
    make_pruner: MakePruner, most_parameters: MakeCosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    pruner = make_pruner()
    phase = pruner._phase(Stretch("stage 1", 1), most_parameters(MOST))
    phase.train()
    pruner.accuracy(phase)
    images = torch.randn(4, 1, 8, 8)
    with torch.no_grad():
        together = phase.logits(images)
        alone = torch.cat([phase.logits(image[None]) for image in images])
    torch.testing.assert_close(alone, together)


def test_a_stage_where_nothing_can_go_is_trained(
    tmp_path: Path, make_pruner: MakePruner, most_parameters: MakeCosts
) -> None:
    """Blocks without an expansion have no filters of their own."""
    space = tmp_path / "space.toml"
    space.write_text(Path(SPACE).read_text().replace("expansions = [2, 3]", "expansions = [1]"))
    origin = prunable(space_named(str(space), input_size=8, in_channels=1, n_classes=10))
    pruner = make_pruner(origin=origin, granularities=("filter",), most_epochs=1)
    pruner.run(most_parameters(10**6))
    assert pruner.history.moments[0].left["filter"][0] == 1.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("growth", 0.5),
        ("validation_images", 0),
        ("first_strength", -1.0),
        ("learning_rate", 0.0),
        ("stage_share", 1.0),
        ("batch_size", 1),
        ("momentum", math.nan),
    ],
)
def test_a_setting_out_of_range_is_named(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must be from .* got {value}"):
        MgasSettings(**{name: value})  # type: ignore[arg-type]


def test_a_failure_ends_the_pruning(make_pruner: MakePruner, most_parameters: MakeCosts) -> None:
    with pytest.raises(DataError, match="diverged"):
        make_pruner(learning_rate=1e20).run(most_parameters(MOST))


def test_stages_hold_less_than_everything_at_once(
    make_pruner: MakePruner, most_parameters: MakeCosts
) -> None:
    pruner = make_pruner()
    pruner.run(most_parameters(MOST))
    history = pruner.history
    assert [one.phase for one in history.memory] == ["stage 1", "stage 2", "stage 3", "global"]
    assert history.memory[0].n_bytes < history.all_at_once_bytes


def test_a_search_epoch_of_few_images_is_several_passes(make_pruner: MakePruner) -> None:
    pruner = make_pruner(epoch_images=4096, batch_size=128)
    batches = list(pruner._batches(np.random.default_rng(0)))
    assert len(batches) == 32
