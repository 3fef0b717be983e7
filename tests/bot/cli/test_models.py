"""`switchboard models`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backends import bundle
from bot.cli import output

Run = Callable[..., Any]
NAMES = tuple(f"2026010{day}T000000Z-{day}" for day in range(1, 8))


@pytest.fixture
def home(tmp_path: Path, make_tiny_bundle: Callable[..., Path]) -> Path:
    """The home of `run`, with seven bundles; none is current."""
    for name in NAMES:
        make_tiny_bundle(tmp_path / "var" / "bundles" / name, bundle_id=name)
    return tmp_path / "var"


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    run("init", tmp_path / "mybot")
    return tmp_path / "mybot"


def test_the_list_shows_what_serves_and_how_it_came(run: Run, home: Path) -> None:
    bundle.promote(home, NAMES[0], why="promoted by ada")
    bundle.promote(home, NAMES[1])
    document = run("models", "list", "--json").document
    assert (document["current"], document["rollback_to"]) == (NAMES[1], NAMES[0])
    rows = {row["id"]: row for row in document["bundles"]}
    assert (rows[NAMES[0]]["why"], rows[NAMES[0]]["accuracy"]) == ("promoted by ada", 1.0)
    assert rows[NAMES[0]]["size_bytes"] > 1000
    assert rows[NAMES[0]]["path"] == str(home / "bundles" / NAMES[0])
    assert rows[NAMES[2]]["in_service_at"] is None


def test_the_table_is_for_people(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.stdout, "width", 200)
    night = home / "nights" / "n"
    night.mkdir(parents=True)
    (night / "report.json").write_text(json.dumps({"challenger": NAMES[2], "decision": "refused"}))
    bundle.promote(home, NAMES[0], why="promoted by ada")
    out = run("models", "list").out
    assert "→" in out
    assert "promoted by ada" in out
    assert "night: refused" in out


def test_on_a_narrow_terminal_nothing_is_cut(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.stdout, "width", 80)
    bundle.promote(home, NAMES[0], why="promoted by ada")
    lines = run("models", "list").out.splitlines()
    start = lines.index(f"→ {NAMES[0]}")
    assert {"  accuracy: 1.0000", "  how it came: promoted by ada"} <= set(lines[start : start + 6])
    assert f"  {NAMES[1]}" in lines
    assert not any(line.startswith("  problem") for line in lines)


def test_a_home_that_is_no_folder_is_told_in_a_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path / "file"))
    ran = run("models", "list")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith(f"Error: {tmp_path / 'file'}")


def test_rolling_back_through_a_chain(run: Run, home: Path) -> None:
    for name in (NAMES[0], NAMES[1]):
        assert run("models", "promote", name, "--json").document["current"] == name
    assert run("models", "rollback", "--json").document["current"] == NAMES[0]
    run("models", "promote", NAMES[2])
    assert run("models", "rollback", "--json").document["current"] == NAMES[0]
    ran = run("models", "rollback")
    assert (ran.code, "promote one by its id" in ran.err) == (1, True)


def test_a_damaged_bundle_is_refused(run: Run, home: Path) -> None:
    run("models", "promote", NAMES[0])
    path = home / "bundles" / NAMES[1] / "model.onnx"
    path.write_bytes(path.read_bytes()[:-10])
    ran = run("models", "promote", NAMES[1])
    assert (ran.code, "model.onnx has changed" in ran.err) == (1, True)
    assert bundle.current_id(home) == NAMES[0]


def test_retiring_removes_what_nobody_needs(run: Run, home: Path, folder: Path) -> None:
    bundle.promote(home, NAMES[0])
    ran = run("models", "retire", "--bot", folder, "--keep-days", 30, "--json")
    assert ran.document["retired"] == [NAMES[1]]
    assert [row["id"] for row in ran.document["bundles"]] == [*reversed(NAMES[2:]), NAMES[0]]
    ran = run("models", "retire", "--bot", folder)
    assert (ran.code, "all bundles are still needed" in ran.err) == (0, True)


def test_retiring_without_days_needs_a_bot_folder(run: Run, home: Path, tmp_path: Path) -> None:
    ran = run("models", "retire", "--bot", tmp_path / "no")
    assert (ran.code, "is not a bot folder" in ran.err) == (1, True)
    assert run("models", "retire", "--bot", tmp_path / "no", "--keep-days", 30).code == 0


def test_prompts_have_a_list_and_a_pointer_of_their_own(run: Run, home: Path) -> None:
    for name in ("p1", "p2"):
        folder = home / "prompts" / name
        folder.mkdir(parents=True)
        (folder / "card.json").write_text(json.dumps({"id": name, "name": "winter", "metrics": {"accuracy": 0.9}}))
        bundle.seal(folder)
    document = run("models", "promote", "p1", "--prompts", "--json").document
    assert (document["current"], {row["name"] for row in document["bundles"]}) == ("p1", {"winter"})
    run("models", "promote", "p2", "--prompts")
    assert run("models", "rollback", "--prompts", "--json").document["current"] == "p1"
    assert run("models", "list", "--json").document["current"] is None
    assert "winter" in run("models", "list", "--prompts").out


def test_a_prompt_that_settings_name_is_not_retired(run: Run, home: Path, folder: Path) -> None:
    for name in NAMES:
        prompt = home / "prompts" / name
        prompt.mkdir(parents=True)
        (prompt / "card.json").write_text(json.dumps({"id": name}))
        bundle.seal(prompt)
    with (folder / "bot.toml").open("a") as file:
        file.write(f'\n[backends.soft_prompt]\nprompt = "{NAMES[0]}"\n')
    ran = run("models", "retire", "--bot", folder, "--prompts", "--json")
    assert ran.document["retired"] == [NAMES[1]]
