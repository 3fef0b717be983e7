"""Erasing a customer from the command line."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot import erasing
from bot.cli.customers import customers
from bot.house import STORE
from bot.routing import Arm, Routing
from bot.store.opening import Opening, open_conversation
from bot.store.operations import Incoming, receive
from bot.store.tables import Claim
from bot.store.writer import connect, migrate

ROUTING = Routing(1, (Arm("main", 1.0, ("scripted",)),))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path))
    migrate(tmp_path / STORE)
    db = connect(tmp_path / STORE)
    for name in ("c1", "c2"):
        opening = Opening(name, f"secret-{name}", f"visitor:{name}", "live", "en", name)
        open_conversation(db, opening, ROUTING, "seed")
        receive(db, name, Incoming("m1", f"hello from {name}"), Claim("me", 1.0))
    db.conn.close()
    return tmp_path


def run(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(customers, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    return dict(json.loads(result.stdout)) if code == 0 else {}


@pytest.mark.slow
def test_a_customer_is_erased_with_a_certificate_that_is_listed(home: Path) -> None:
    certificate = run("erase", "--visitor-id", "c1")
    assert (certificate["state"], certificate["conversations"], certificate["bundles"]) == ("complete", 1, [])
    assert run("list") == {"erasures": [certificate]}
    assert b"hello from c1" not in (home / STORE).read_bytes()
    assert b"hello from c2" in (home / STORE).read_bytes()
    run("erase", "--visitor-id", "c1", code=1)


def test_one_customer_is_named_and_asked_about(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("erase", code=2)
    run("erase", "--visitor-id", "c1", "--customer-id", "x", code=2)
    monkeypatch.setattr(erasing, "COMMAND", (sys.executable, "-c", "raise SystemExit(1)"))
    asked = CliRunner().invoke(customers, ["erase", "--visitor-id", "c1"], input="n\n")
    assert asked.exit_code == 1
    assert run("list") == {"erasures": []}
    done = CliRunner().invoke(customers, ["erase", "--conversation-id", "c2", "--yes"])
    assert (done.exit_code, "pending" in done.output) == (0, True)
    assert "pending" in CliRunner().invoke(customers, ["list"]).output


def test_without_a_store_there_is_nobody_to_erase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path))
    run("erase", "--visitor-id", "c1", code=1)
