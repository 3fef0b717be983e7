"""Accounts from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.accounts import Accounts
from bot.auth import Token
from bot.cli.operators import operators
from bot.house import STORE
from bot.store.journal import list_changes
from bot.store.reader import Reader


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path))
    return tmp_path


def run(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(operators, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    return dict(json.loads(result.stdout)) if code == 0 else {}


def test_an_account_is_added_listed_and_removed(home: Path) -> None:
    made = run("add", "anna", "--role", "admin")
    reader = Reader(home / STORE)
    accounts = Accounts(Token("x" * 40), reader)
    person = accounts.person(made["token"])
    assert person is not None
    assert (person.name, person.role) == ("anna", "admin")
    assert [(row["name"], row["disabled_at"]) for row in run("list")["operators"]] == [("anna", None)]
    assert run("remove", "anna") == {"name": "anna", "removed": True}
    assert accounts.person(made["token"]) is None
    told = reader.read_now(lambda db: list_changes(db, before=None, limit=9))
    assert [(row["who"], row["action"]) for row in told] == [
        ("command line", "operator.remove"),
        ("command line", "operator.add"),
    ]
    reader.close()


@pytest.mark.parametrize("arguments", [("remove", "nobody"), ("add", "operator"), ("add", "ben"), ("add", "a/b")])
def test_what_cannot_be_done_fails_with_a_reason(home: Path, arguments: tuple[str, ...]) -> None:
    run("add", "ben")
    run(*arguments, code=1)


def test_people_are_shown_a_token_once_and_a_table(home: Path) -> None:
    added = CliRunner().invoke(operators, ["add", "anna"])
    token = added.stdout.strip()
    assert len(token) >= 43
    listed = CliRunner().invoke(operators, ["list"]).stdout
    assert "anna" in listed
    assert token not in listed
