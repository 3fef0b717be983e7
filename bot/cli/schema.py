"""`switchboard schema`: the JSON Schema of the wire, from which the front-end's types are generated."""

import typer

from bot import wire
from bot.cli.output import Json, print_json

schema = typer.Typer(add_completion=False)


@schema.command()
def show(as_json: Json = False) -> None:  # noqa: ARG001 - it is JSON either way
    """Print the JSON Schema of every frame, in both directions."""
    print_json(wire.schema())
