"""The commands, on a store that was written as a server writes it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eval.cli import evaluate
from eval.cli_resolution import STORE
from tests.eval.resolution.making import LATER, write_store

BOT = ["--bot", "demo", "--json"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path))
    return tmp_path


def run(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(evaluate, [*arguments, *BOT])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout) if result.stdout.startswith("{") else {}


def talk(home: Path, *, source: str = "live") -> list[str]:
    """Forty customers, some of whom come twice, two thirds of them helped."""
    return write_store(home / STORE, [(f"v{number % 40}", number % 3 > 0) for number in range(60)], source=source)


def test_conversations_are_judged_and_compared_once_their_window_has_passed(home: Path) -> None:
    talk(home)
    now = run("resolution")
    assert (now["n"], now["open"], now["conclusion"]) == (0, 60, "no_data")
    later = run("resolution", "--as-of", LATER, "--report", str(home / "out" / "page.html"))
    assert later["n"] == 60
    assert later["definition"].startswith("resolution/1")
    assert {arm["arm"] for arm in later["arms"]} == {"intent", "rag"}
    assert sum(arm["n"] for arm in later["arms"]) == 60
    assert sum(arm["customers"] for arm in later["arms"]) == 40
    assert sum(arm["resolved"] for arm in later["arms"]) > 0
    assert (home / "out" / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert run("resolution", "--as-of", LATER, "--since", "2998-01-01")["n"] == 0


def test_simulated_conversations_count_where_they_are_asked_for(home: Path) -> None:
    talk(home, source="simulated")
    assert run("resolution", "--as-of", LATER)["n"] == 0
    assert run("resolution", "--as-of", LATER, "--source", "simulated")["n"] == 60
    assert run("resolution", "--as-of", LATER, "--source", "all")["n"] == 60


def test_a_simulations_truth_answers_the_audits(home: Path) -> None:
    ids = talk(home, source="simulated")
    truth = home / "truth.jsonl"
    lines = [{"conversation_id": one, "goal_met": bool(place % 2), "resolved": None} for place, one in enumerate(ids)]
    lines[0]["goal_met"] = None
    truth.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"conversation_id": "cut', encoding="utf-8")
    wanted = ["--as-of", LATER, "--source", "simulated", "--truth", str(truth)]
    told = run("audit", "--n", "60", *wanted)
    assert told == {"drawn": 60, "answered": 59, "left": 1}
    found = run("resolution", *wanted)
    assert found["audits"] == 59
    for arm in found["arms"]:
        assert arm["corrected"]
        assert arm["rate"] == pytest.approx(arm["truth"]["rate"], abs=0.03)
        assert arm["uncorrected"]["value"] != arm["rate"]
    assert run("audit", "--n", "5", *wanted)["drawn"] == 0


def test_people_audit_what_has_no_truth(home: Path) -> None:
    talk(home)
    assert run("audit", "--n", "10", "--as-of", LATER) == {"drawn": 10, "answered": 0, "left": 10}
    assert run("resolution", "--as-of", LATER)["audits_open"] == 10


def test_another_routing_is_estimated_or_refused(home: Path) -> None:
    talk(home)
    policy = home / "policy.json"
    policy.write_text(json.dumps({"arms": [{"arm": "x", "weight": 1, "chain": ["rag"]}]}), encoding="utf-8")
    found = run("routing", "--policy", str(policy), "--as-of", LATER, "--least", "5")
    assert found["low"] < found["estimate"] < found["high"]
    assert not found["refused"]
    policy.write_text(json.dumps({"arms": [{"arm": "x", "weight": 1, "chain": ["scripted"]}]}), encoding="utf-8")
    refused = run("routing", "--policy", str(policy), "--as-of", LATER, code=3)
    assert refused["estimate"] is None
    assert "no arm ever played the chain scripted" in refused["reasons"][0]


def test_without_a_store_there_are_nulls_and_no_failure(home: Path) -> None:
    assert run("resolution")["arms"] == []
    policy = home / "policy.toml"
    policy.write_text('[[arms]]\narm = "x"\nweight = 1\nchain = ["rag"]\n', encoding="utf-8")
    assert run("routing", "--policy", str(policy), code=3)["refused"]
    run("audit", "--n", "3", code=1)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["resolution", "--since", "yesterday"], 2, "ISO-8601"),
        (["resolution", "--truth", "missing.jsonl"], 1, "cannot read missing.jsonl"),
        (["routing", "--policy", "missing.json"], 1, "expected a routing"),
        (["validate-statistics", "--only", "luck"], 2, "no check 'luck'"),
    ],
)
def test_what_is_wrong_is_said(home: Path, arguments: list[str], code: int, told: str) -> None:
    result = CliRunner().invoke(evaluate, arguments)
    assert result.exit_code == code
    assert told in " ".join(result.output.split())


def test_people_get_tables_and_a_sentence(home: Path) -> None:
    talk(home)
    result = CliRunner().invoke(evaluate, ["resolution", "--as-of", LATER, "--bot", "demo"])
    assert result.exit_code == 0
    assert "Keep going" in result.output
    policy = home / "policy.yml"
    policy.write_text("arms:\n- {arm: x, weight: 1, chain: [rag]}\n", encoding="utf-8")
    told = CliRunner().invoke(evaluate, ["routing", "--policy", str(policy), "--as-of", LATER, "--least", "5"])
    assert "This routing would have resolved" in told.output


def test_the_statistics_check_themselves(tmp_path: Path) -> None:
    page = tmp_path / "statistics.md"
    wanted = ["--only", "coverage", "--resamplings", "50", "--report", str(page), "--json"]
    result = CliRunner().invoke(evaluate, ["validate-statistics", *wanted])
    assert all(row["coverage"] > 0.8 for row in json.loads(result.stdout)["coverage"])
    assert page.read_text(encoding="utf-8").startswith("Coverage of 95 % intervals:")
