"""Every setting, command, option and backend is documented, and what the documents say is true."""

import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from backends.intent.settings import IntentSettings
from backends.rag.settings import RagSettings
from backends.registry import BUILT_IN
from backends.scripted import ScriptedSettings
from backends.soft_prompt.settings import SoftPromptSettings
from bot.settings import PREFIX, Settings, load
from switchboard import COMMANDS

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "demo" / "bot.toml"
README = (ROOT / "README.md").read_text(encoding="utf-8")
BACKENDS: dict[str, type[BaseModel]] = {
    "intent": IntentSettings,
    "rag": RagSettings,
    "scripted": ScriptedSettings,
    "soft_prompt": SoftPromptSettings,
}
SECTION = re.compile(r"^(?:# )?\[{1,2}([\w.]+)\]{1,2}(?: #|$)")
"""The head of a table; one that is off as a whole is a comment."""
KEY = re.compile(r"^(# )?([a-z_]+) = (.+)$")
HEAVY = ("train", "data", "eval", "bench")


class Key(NamedTuple):
    """One setting as `demo/bot.toml` shows it."""

    value: Any
    is_default: bool
    comment: str


def documented() -> dict[str, Key]:
    """Every key of the file, those in comments included, by its dotted name."""
    found: dict[str, Key] = {}
    section = ""
    for line in DEMO.read_text(encoding="utf-8").splitlines():
        if match := SECTION.match(line):
            section = match[1]
        elif match := KEY.match(line):
            value, comment = _split(match[3])
            found[f"{section}.{match[2]}"] = Key(value, match[1] is not None, comment)
    return found


def _split(rest: str) -> tuple[Any, str]:
    """Take value and comment apart: the comment begins where the rest is no TOML any more."""
    value, _, comment = rest.partition(" #")
    return tomllib.loads(f"x = {value}")["x"], comment.strip()


def fields() -> Iterator[tuple[str, Any]]:
    """Every setting there is, with its field."""
    for section, field in Settings.model_fields.items():
        if section != "backends":
            yield from _fields_of(section, type(field.default))
    for name, model in BACKENDS.items():
        yield from _fields_of(f"backends.{name}", model)


def _fields_of(section: str, model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield f"{section}.{name}", field


def is_secret(field: Any) -> bool:
    return SecretStr in getattr(field.annotation, "__args__", ())


TABLES = {"engine.deadlines_s": "engine.deadlines_s.rag", "routing.arms": "routing.arms.chain"}
"""Settings that are tables of their own, and a key that stands for each."""


def test_every_setting_is_in_the_demo_with_a_comment() -> None:
    keys = documented()
    missing = [name for name, field in fields() if not is_secret(field) and TABLES.get(name, name) not in keys]
    assert missing == []
    assert [name for name, key in keys.items() if not key.comment] == []


def test_every_secret_is_named_with_its_variable() -> None:
    text = DEMO.read_text(encoding="utf-8")
    variables = [PREFIX + name.replace(".", "__").upper() for name, field in fields() if is_secret(field)]
    assert variables
    assert [variable for variable in variables if variable not in text] == []


def test_the_demo_names_no_setting_that_does_not_exist() -> None:
    known = {name for name, _ in fields()} | {"engine.deadlines_s.intent", "engine.deadlines_s.rag"}
    known |= {"routing.arms.arm", "routing.arms.weight", "routing.arms.chain"}
    assert documented().keys() - known == set()


def test_what_the_demo_calls_a_default_is_the_default() -> None:
    keys = documented()
    wrong = []
    for name, field in fields():
        key = keys.get(name)
        default = field.default if field.default is not PydanticUndefined else field.default_factory()
        if key is None or not key.is_default or default is None:
            continue
        shown = tuple(key.value) if isinstance(key.value, list) else key.value
        if shown != default:
            wrong.append(f"{name}: the demo says {key.value!r}, the default is {default!r}")
    assert wrong == []


def test_a_bot_folder_may_use_every_key_that_the_demo_shows(tmp_path: Path) -> None:
    text = re.sub(r"^# (?=[a-z_]+ = |\[[\w.]+\])", "", DEMO.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (tmp_path / "bot.toml").write_text(text, encoding="utf-8")
    settings = load(tmp_path)
    for name, model in BACKENDS.items():
        model.model_validate(settings.backends[name])


def test_every_backend_has_a_line_in_the_readme() -> None:
    assert BACKENDS.keys() == BUILT_IN.keys()
    assert [name for name in BUILT_IN if f"`{name}`" not in README] == []


def test_every_command_is_in_the_readme() -> None:
    assert [name for name in COMMANDS if f"switchboard {name}" not in README] == []


def _options(command: Any) -> Iterator[str]:
    for child in getattr(command, "commands", {}).values():
        yield from _options(child)
    for parameter in command.params:
        yield from (option for option in parameter.opts if option.startswith("--"))


def _missing(name: str) -> list[str]:
    module, _, attribute = COMMANDS[name].target.partition(":")
    command = typer.main.get_command(getattr(import_module(module), attribute))
    section = "\n".join(line for line in README.splitlines() if f"switchboard {name}" in line)
    common = README.split("## Commands")[1].split("| command |")[0]
    return sorted({option for option in _options(command) if f"`{option}`" not in common and option not in section})


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in HEAVY])
def test_every_option_is_in_the_readme(name: str) -> None:
    assert _missing(name) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in COMMANDS if name in HEAVY])
def test_every_option_of_the_commands_that_need_torch_is_in_the_readme(name: str) -> None:
    assert _missing(name) == []
