"""What pruning may be asked for."""

from dataclasses import asdict

from hwnas.errors import InvalidInputError
from hwnas.network.granular import GRANULARITIES, Granularity
from hwnas.pipeline.request import SearchRequest
from hwnas.search import PRUNED
from hwnas.space import NO_CELL_LIMITS
from hwnas.train.mgas import MgasSettings


def check_pruned(request: SearchRequest) -> None:
    """Refuse what pruning cannot serve, and its options where nothing is pruned.

    Raises:
        InvalidInputError: Either.
    """
    if request.strategy not in PRUNED:
        if request.mgas != MgasSettings():
            raise InvalidInputError(
                f"--strategy {request.strategy} prunes nothing. Leave --granularity and "
                "--prune-epochs out, or give --strategy mgas."
            )
        return
    if request.keep_supernet or request.supernet.trains_whole:
        option = "--keep-supernet" if request.keep_supernet else "--supernet"
        raise InvalidInputError(
            f"{option} goes with a supernet of shared weights, and mgas prunes its own down to "
            "the result. Leave it out."
        )
    if request.also_on:
        raise InvalidInputError(
            "--strategy mgas prunes to the latency of one device. Leave --also-on out, or search "
            "by another strategy."
        )
    if request.cells != NO_CELL_LIMITS:
        raise InvalidInputError(
            "--strategy mgas does not limit cells. Leave --max-height and "
            "--non-parametric-edges out, or search by ddpnas."
        )
    limited = [name for name, limit in asdict(request.budget).items() if limit is not None]
    if limited == ["memory_bytes"]:
        raise InvalidInputError(
            "--strategy mgas weighs operations by what each costs, and --max-memory is of the "
            "whole. Give --latency, --max-params, --max-macs or --max-size too."
        )
    if request.mgas.granularities == ("weight",) and limited != ["n_parameters"]:
        raise InvalidInputError(
            "--granularity weight alone makes no network faster or its file smaller: ONNX Runtime "
            "multiplies by zeros as by any other weights. Add op or filter, or give --max-params "
            "as the only limit."
        )


def granularities_of(request: SearchRequest) -> tuple[Granularity, ...]:
    """Those asked for; else operations and filters, and weights where parameters are limited.

    To no other limit do weights that are zero matter.
    """
    named = request.mgas.granularities
    if named or request.budget.n_parameters is not None:
        return named or GRANULARITIES
    return tuple(name for name in GRANULARITIES if name != "weight")
