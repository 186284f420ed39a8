"""Which options the command line names, so that none is ignored without a word."""

from collections.abc import Collection

import typer

from hwnas.errors import InvalidInputError


def given(context: typer.Context) -> list[str]:
    """The parameters that the command line names."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return [name for name, source in sources.items() if source and source.name == "COMMANDLINE"]


def refuse_others(context: typer.Context, known: Collection[str], with_what: str) -> None:
    """Refuse options that mean nothing beside ``with_what``, which says why.

    Raises:
        InvalidInputError: The first of them, by its name.
    """
    for name in given(context):
        if name not in known:
            raise InvalidInputError(
                f"--{name.replace('_', '-')} does not go with {with_what}. Leave one of them out."
            )
