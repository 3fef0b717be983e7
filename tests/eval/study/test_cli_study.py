"""`switchboard study` from the file to the report, and on again."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from eval.cli_study import study

PROTOCOL = """
[data]
train = "train.csv"
test = "test.csv"
[study]
techniques = ["tfidf"]
sizes = [1, 5]
seeds = 2
settings = ["main", "noise-20"]
setting_sizes = [5]
"""
WORDS = {"refund": "money back", "parcel": "where is it", "greet": "good day"}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path / "var"))
    for name, start in (("train", 0), ("test", 100)):
        rows = [f"{words} {n},{intent}" for intent, words in WORDS.items() for n in range(start, start + 8)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["text,intent", *rows]))
    (tmp_path / "study.toml").write_text(PROTOCOL)
    return tmp_path / "study.toml"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(study, [str(argument) for argument in arguments])


@pytest.mark.slow
def test_a_study_ends_in_a_report_and_goes_on_where_it_stopped(file: Path) -> None:
    first = run(file, "--json")
    assert first.exit_code == 0, first.stderr
    document = json.loads(first.stdout)
    assert len(document["points"]) == 5
    point = document["points"][0]
    assert point.keys() >= {"technique", "n_per_intent", "seed", "accuracy", "low", "high", "cost_usd"}
    report = Path(document["report"])
    assert report == file.parent / "var" / "study" / "study" / "index.html"
    assert "TF-IDF" in report.read_text()
    assert document["data"]["n_train"] == 24
    assert document["command"] == f"switchboard study {os.path.relpath(file)}"
    assert f"Run it again: `{document['command']}`" in report.with_name("summary.md").read_text()
    assert {point["threads"] for point in document["points"]} == {1}

    again = run(file, "--json")
    assert "5 of 5 cells are done already" in again.stderr
    assert json.loads(again.stdout)["points"] == document["points"]

    points = report.with_name("points.jsonl")
    points.write_text("".join(points.read_text().splitlines(keepends=True)[:4]))
    part = json.loads(run(file, "--report-only", "--json").stdout)
    assert "2 of 5 cells have not been run yet (TF-IDF + logistic regression)." in part["verdict"]
    assert "have not been run yet" in report.with_name("summary.md").read_text()

    report.unlink()
    (file.parent / "nothing").mkdir()
    (file.parent / "nothing" / "bot.toml").write_text('[bot]\nname = "Mute"\n')
    played = run(file, "--answers", "2", "--bot", file.parent / "nothing")
    assert (played.exit_code, "the whole answers could not be compared: " in played.stderr) == (1, True)
    assert report.is_file(), "cells have their report although nobody could be simulated"

    only = run(file, "--report-only", "--out", file.parent / "elsewhere")
    assert only.exit_code == 1
    assert "points.jsonl" in only.stderr


def test_a_mistake_in_the_file_is_told(file: Path) -> None:
    file.write_text(PROTOCOL.replace("tfidf", "tea_leaves"))
    result = run(file)
    assert result.exit_code == 1
    assert "no technique 'tea_leaves'" in result.stderr


def test_a_file_that_is_not_there_is_told_in_the_quick_form_too(file: Path) -> None:
    result = run(file.with_name("other.toml"), "--quick")
    assert result.exit_code == 1
    assert "other.toml: cannot be read" in result.stderr


def test_what_runs_nothing_needs_no_cluster(file: Path) -> None:
    assert run(file, "--report-only", "--ray", "local").exit_code == 2
