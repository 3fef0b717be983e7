"""The command line: mounts each package's own commands, importing one only when it is used."""

import sys
from importlib import import_module
from importlib.metadata import version
from typing import NamedTuple

import typer


class Mount(NamedTuple):
    """Where a command lives and what it does, so that `--help` imports nothing."""

    target: str
    summary: str


COMMANDS = {
    "init": Mount("bot.cli.folder:init", "Copy a small bot folder to start from."),
    "check": Mount("bot.cli.folder:check", "Validate the bot folder and show the effective settings."),
    "train": Mount("training.cli:train", "Fine-tune, calibrate, export and verify a model bundle."),
    "tune": Mount("training.cli_tune:tune", "Fine-tune a hosted language model on the bot's answers."),
    "nightly": Mount("training.nightly.cli:nightly", "Learn from the logs: train, gate, promote or keep."),
    "serve": Mount("bot.cli.serve:serve", "Run the server."),
    "ask": Mount("bot.cli.talk:ask", "Answer one text through the engine, without storing it."),
    "chat": Mount("bot.cli.talk:chat", "Talk to the bot in the terminal."),
    "models": Mount("bot.cli.models:models", "List, promote and roll back model bundles."),
    "operators": Mount("bot.cli.operators:operators", "Add, list and remove the people who may sign in."),
    "customers": Mount("bot.cli.customers:customers", "Erase a customer; list what was erased."),
    "data": Mount("training.cli_data:data", "Import, export and validate training data; export transcripts."),
    "kb": Mount("bot.cli.kb:kb", "Build and search the article index."),
    "eval": Mount("eval.cli:evaluate", "Measure a bundle, the retrieval, or the whole content."),
    "simulate": Mount("eval.cli_simulate:simulate", "Let simulated customers talk to the running server."),
    "study": Mount("eval.cli_study:study", "Compare techniques over the amount of data, with their full cost."),
    "bench": Mount("eval.cli_bench:bench", "Measure speed beside what a user would run instead."),
    "schema": Mount("bot.cli.schema:schema", "Print the JSON Schema of the wire."),
}


def _help() -> str:
    width = max(map(len, COMMANDS)) + 2
    rows = "\n".join(f"  {name:<{width}}{mount.summary}" for name, mount in COMMANDS.items())
    return (
        "Usage: switchboard COMMAND [OPTIONS]\n\n"
        "A customer-service chatbot server with swappable backends.\n\n"
        f"Commands:\n{rows}\n\nEvery command has --help and --json."
    )


def main(arguments: list[str] | None = None) -> None:
    """Run one command; nothing of the others is imported.

    Raises:
        SystemExit: always; 0 done, 1 failed, 2 wrong usage, 3 a check said no.
    """
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in {"-h", "--help", "help"}:
        sys.stdout.write(_help() + "\n")
        raise SystemExit(0)
    if name == "--version":
        sys.stdout.write(version("switchboard-chat") + "\n")
        raise SystemExit(0)
    mount = COMMANDS.get(name)
    if mount is None:
        sys.stderr.write(f"Error: no command {name!r}; known: {', '.join(COMMANDS)}\n")
        raise SystemExit(2)
    module, _, attribute = mount.target.partition(":")
    app: typer.Typer = getattr(import_module(module), attribute)
    try:
        app(args=rest, prog_name=f"switchboard {name}")
    except OSError as exc:  # a folder that is none, no permission: nothing that a traceback explains
        if exc.filename is None:
            raise
        sys.stderr.write(f"Error: {exc.filename}: {exc.strerror}\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
