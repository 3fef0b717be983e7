"""`switchboard eval`: names its commands and imports one only when it is used, as some need torch and most do not."""

from collections.abc import MutableMapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "intents": "eval.cli_intents:intents",
    "retrieval": "eval.cli_retrieval:retrieval",
    "articles": "eval.cli_retrieval:articles",
    "grounding": "eval.cli_grounding:grounding",
    "injection": "eval.cli_grounding:injection",
    "benchmark": "eval.cli_benchmark:benchmark",
    "flywheel": "eval.cli_flywheel:flywheel",
    "resolution": "eval.cli_resolution:resolution",
    "audit": "eval.cli_resolution:audit",
    "routing": "eval.cli_routing:routing",
    "validate-statistics": "eval.cli_resolution:validate_statistics",
}
"""Names, each a function of a module."""


@cache
def _load(name: str) -> Any:
    module, _, function = COMMANDS[name].partition(":")
    app = typer.Typer(add_completion=False)
    app.command(name)(getattr(import_module(module), function))
    return typer.main.get_command(app)


class Lazy(TyperGroup):
    """Finds its commands in `COMMANDS`."""

    @property
    def commands(self) -> MutableMapping[str, Any]:
        """All of them, imported."""
        return {name: _load(name) for name in COMMANDS}

    @commands.setter
    def commands(self, value: MutableMapping[str, Any]) -> None:
        """Nothing is registered beforehand."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature is the base's
        """Names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import one command; None for an unknown name."""
        return _load(cmd_name) if cmd_name in COMMANDS else None


evaluate = typer.Typer(cls=Lazy, add_completion=False, no_args_is_help=True, help="Measure what is served.")


@evaluate.callback()
def _group() -> None:
    """Keep the commands as sub-commands."""
