"""An explanation in sentences, for someone who has not read the paper."""

from collections.abc import Sequence
from statistics import median

from hwnas.report.explanation import Effect, Explanation, NextChange

N_TOLD = 3
TRUSTED, DOUBTED = 0.7, 0.4
"""Kendall's tau above which the order of networks is called sure, and below which unsure."""
NEAR_CHANCE = 2
"""Times what guessing gets right: a supernet below that has hardly learned."""
FEW_POINTS = 0.005
"""Of accuracy: less is told as none."""


def sentences(explanation: Explanation) -> list[str]:
    """What was learned, what buys accuracy, what costs time, what could be changed next."""
    return [
        _how_it_was_learned(explanation),
        *_near_chance(explanation),
        _what_buys(explanation),
        _what_pays_best(explanation),
        _what_costs(explanation),
        *_what_is_unsure(explanation),
        *_what_int8_loses(explanation),
        *_what_next(explanation),
        *_enough(explanation),
    ]


def _how_it_was_learned(e: Explanation) -> str:
    tau = e.accuracy.kendall_tau
    trust = "well" if tau >= TRUSTED else "roughly" if tau >= DOUBTED else "badly"
    pairs = 100 * (1 + tau) / 2
    asked = "accuracy" if e.int8 is None else "accuracy in int8"
    return (
        f"From {e.accuracy.n_networks} networks of {e.space} whose {asked} on {e.data} was asked "
        f"of the supernet, a regression learned what each choice is worth. It orders networks it "
        f"has not seen {trust}: {pairs:.0f} % of pairs are in the right order, where 50 % is "
        f"chance (Kendall's tau {tau:.2f}). What a choice costs is from the latency table of "
        f"{e.device} ({e.precision}, {e.provenance})."
    )


def _near_chance(e: Explanation) -> list[str]:
    middle = median(one.accuracy for one in e.networks)
    if middle >= NEAR_CHANCE * e.chance:
        return []
    return [
        f"Beware: half of the networks asked get {middle:.1f} % right or less, and guessing gets "
        f"{e.chance:.1f} %. So near chance the supernet tells little; search again with more "
        "--supernet-epochs before acting on what follows."
    ]


def _what_buys(e: Explanation) -> str:
    best = sorted(_surely_better(e), key=lambda effect: -effect.points)[:N_TOLD]
    if not best:
        return "No choice is sure to raise accuracy: the networks asked differ too little."
    told = _joined([f"{one.label} ({one.points:+.2f} points a step)" for one in best])
    return f"Most accuracy comes with {told}."


def _what_pays_best(e: Explanation) -> str:
    paid = [one for one in _surely_better(e) if one.points_per_ms is not None]
    best = sorted(paid, key=lambda effect: -(effect.points_per_ms or 0))[:N_TOLD]
    if not best:
        return "Nothing that costs time is sure to pay for it."
    told = _joined([f"{one.label} ({one.points_per_ms:.1f} points a millisecond)" for one in best])
    return f"For its time, spend first on {told}."


def _what_costs(e: Explanation) -> str:
    dearest = sorted(e.effects, key=lambda effect: -effect.ms)[:N_TOLD]
    told = _joined([f"{one.label} ({one.ms:+.3g} ms a step)" for one in dearest])
    return f"Most time goes into {told}."


def _what_is_unsure(e: Explanation) -> list[str]:
    unsure = [one.label for one in e.effects if not one.is_stable]
    if not unsure:
        return ["Every effect has the same sign whichever of the networks it is learned from."]
    shown = _joined(unsure[:6]) + (f" and {len(unsure) - 6} more" if len(unsure) > 6 else "")
    return [
        f"Of {len(e.effects)} levers, {len(unsure)} have no sure sign and are marked unstable: "
        f"{shown}. Their steps matter little or were asked too seldom."
    ]


def _what_int8_loses(e: Explanation) -> list[str]:
    if e.int8 is None:
        return []
    loss = e.int8
    in_order = 100 * (1 + loss.same_order) / 2
    told = (
        f"Quantized, the networks asked {'lose' if loss.mean >= 0 else 'gain'} "
        f"{abs(loss.mean):.2f} points on average and lose "
        f"{loss.most:.2f} at most, and {in_order:.0f} % of pairs keep their order"
    )
    surely = [one for one in loss.levers if one.is_stable and one.points > FEW_POINTS]
    worst = sorted(surely, key=lambda one: -one.points)[:N_TOLD]
    if loss.kendall_tau < DOUBTED or not worst:
        return [f"{told}; no choice is seen to be to blame."]
    named = _joined([f"{one.label} ({one.points:+.2f} points a step)" for one in worst])
    return [f"{told}. Most is lost with {named}."]


def _what_next(e: Explanation) -> list[str]:
    better, faster = e.more_accurate[:1], e.faster[:1]
    if better and better == faster:
        return [f"For more accuracy and less time, the next change would be {_told(better[0])}."]
    return [
        f"{aim}, the next change would be {_told(change)}."
        for aim, changes in (("For more accuracy", better), ("To save time", faster))
        for change in changes
    ]


def _enough(e: Explanation) -> list[str]:
    if len(e.curve) < 2:
        return ["Whether more networks would help cannot be told from so few."]
    last, before = e.curve[-1], e.curve[-2]
    gain = last.kendall_tau - before.kendall_tau
    more = "More networks would help" if gain > 0.02 else "More networks would hardly help"
    return [
        f"{more}: from {before.n_networks} to {last.n_networks} of them, Kendall's tau on others "
        f"went from {before.kendall_tau:.2f} to {last.kendall_tau:.2f}."
    ]


def _surely_better(e: Explanation) -> list[Effect]:
    return [one for one in e.effects if one.is_stable and one.points > FEW_POINTS]


def _told(change: NextChange) -> str:
    return (
        f"{change.decision} from {change.before} to {change.after} ({change.points:+.2f} points, "
        f"{change.ms:+.3g} ms)"
    )


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
