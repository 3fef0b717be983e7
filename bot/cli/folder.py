"""`switchboard init` and `switchboard check`: a bot folder to start from, and what is wrong with one."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bot import settings as settings_module
from bot.checking import Finding, check_folder
from bot.cli.output import REFUSED, Bot, Json, fail, note, print_json, stdout
from bot.errors import SettingsError
from bot.settings import Effective, bot_dir
from bot.wording import counted

init = typer.Typer(add_completion=False)
check = typer.Typer(add_completion=False)

NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


@init.command()
def copy(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new folder; must be empty or not there yet.")],
    as_json: Json = False,
) -> None:
    """Copy a small bot folder to start from."""
    try:
        if folder.is_dir() and any(folder.iterdir()):
            fail(f"{folder} is not empty; choose a new folder")
        with as_file(files("bot") / "starter") as starter:
            shutil.copytree(starter, folder, ignore=NOT_COPIED, dirs_exist_ok=True)
    except OSError as exc:
        fail(f"cannot make {folder}: {exc}")
    made = folder.resolve()
    names = sorted(str(path.relative_to(made)) for path in made.rglob("*") if path.is_file())
    if as_json:
        print_json({"path": str(made), "files": names})
        return
    stdout.print(f"{made}: {counted(len(names), 'file')}", highlight=False, soft_wrap=True)
    note(f"Next, as var/ belongs to one bot: cd {folder}; switchboard check; switchboard train; switchboard serve")


@check.command()
def validate(bot: Bot = None, as_json: Json = False) -> None:
    """Validate the bot folder and show the effective settings; exit status 3 when something is wrong."""
    try:
        folder = bot_dir(bot)
    except SettingsError as exc:
        fail(str(exc))
    findings = check_folder(folder)
    is_ok = not any(finding.level == "error" for finding in findings)
    effective = _effective(folder)
    if as_json:
        print_json(
            {
                "ok": is_ok,
                "bot": str(folder),
                "problems": [_row(finding) for finding in findings],
                "settings": [row._asdict() for row in effective],
            }
        )
    else:
        _show(findings, effective)
    if not is_ok:
        raise typer.Exit(REFUSED)


def _effective(folder: Path) -> list[Effective]:
    """The settings with their origin; none when they cannot be read, which is a finding of its own."""
    try:
        return settings_module.effective(settings_module.load(folder), folder)
    except SettingsError:
        return []


def _row(finding: Finding) -> dict[str, Any]:
    return {"level": finding.level, "file": finding.file, "line": finding.line, "message": finding.message}


def _show(findings: list[Finding], effective: list[Effective]) -> None:
    table = Table("setting", "value", "from")
    for row in effective:
        table.add_row(row.key, str(row.value), row.origin, style=None if row.origin != "default" else "dim")
    if effective:
        stdout.print(table)
    for finding in findings:
        note(str(finding))
    errors = sum(finding.level == "error" for finding in findings)
    warnings = len(findings) - errors
    told = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    note(told if findings else "The bot folder is fine.")
