"""The command line: mounts each package's own commands, importing one only when it is used."""

from importlib import import_module
from typing import NamedTuple

import click
import typer


class Mount(NamedTuple):
    """Where a command lives and what it does, so that `--help` imports nothing."""

    target: str
    summary: str


COMMANDS = {
    "init": Mount("bot.cli.folder:init", "Copy a small bot folder to start from."),
    "check": Mount("bot.cli.folder:check", "Validate the bot folder and show the effective settings."),
    "train": Mount("training.cli:train", "Fine-tune, calibrate, export and verify a model bundle."),
    "serve": Mount("bot.cli.serve:serve", "Run the server."),
    "ask": Mount("bot.cli.talk:ask", "Answer one text through the engine, without storing it."),
    "chat": Mount("bot.cli.talk:chat", "Talk to the bot in the terminal."),
    "models": Mount("bot.cli.models:models", "List, promote and roll back model bundles."),
    "data": Mount("training.cli_data:data", "Import, export and validate training data; export transcripts."),
    "kb": Mount("bot.cli.kb:kb", "Build and search the article index."),
    "eval": Mount("eval.cli:evaluate", "Measure a bundle, the retrieval, or the whole content."),
    "bench": Mount("eval.cli_bench:bench", "Measure speed beside what a user would run instead."),
    "schema": Mount("bot.cli.schema:schema", "Print the JSON Schema of the wire."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the one command that was asked for."""
        mount = COMMANDS.get(cmd_name)
        if mount is None:
            return None
        module, _, attribute = mount.target.partition(":")
        app = getattr(import_module(module), attribute)
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the summaries without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, mount.summary) for name, mount in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="switchboard-chat")
def main() -> None:
    """Switchboard: a customer-service chatbot server with swappable backends."""


if __name__ == "__main__":
    main()
