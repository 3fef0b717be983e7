"""A server of its own serves the arms; simulated customers talk to it, and a second run goes on where it stopped."""

import json
from pathlib import Path

import pytest

from backends.bundle import BUNDLES, CURRENT, MANIFEST
from eval.study.answers.arms import Chain
from eval.study.answers.compare import Trial, compare_answers
from eval.study.answers.stand import furnish

BOT = Path(__file__).parents[4] / "demo"
CHAINS = (Chain("nobody", ("scripted",)), Chain("again", ("scripted", "handoff")))


def test_a_home_gets_the_current_model_alone(tmp_path: Path) -> None:
    source = tmp_path / "var"
    for name in ("old", "new"):
        (source / BUNDLES / name).mkdir(parents=True)
        (source / BUNDLES / name / MANIFEST).write_text("{}")
    (source / BUNDLES / CURRENT).write_text("new\n")
    (source / "encoders" / "tiny").mkdir(parents=True)
    for _ in range(2):
        furnish(source, tmp_path / "home", [BUNDLES])
    assert sorted(path.name for path in (tmp_path / "home" / BUNDLES).iterdir()) == [CURRENT, "new"]
    assert (tmp_path / "home" / "encoders" / "tiny").is_dir()


@pytest.mark.slow
def test_customers_talk_to_both_arms_and_a_second_run_plays_nobody_twice(tmp_path: Path) -> None:
    trial = Trial(BOT, tmp_path / "var", tmp_path / "answers", 6, chains=CHAINS, rate=40)
    first = compare_answers(trial, lambda _stage, _done, _all: None)
    played = (tmp_path / "answers" / "truth.jsonl").read_text(encoding="utf-8")
    second = compare_answers(trial, lambda _stage, _done, _all: None)
    assert (tmp_path / "answers" / "truth.jsonl").read_text(encoding="utf-8") == played
    assert second["arms"] == first["arms"]
    assert sum(row["n"] for row in first["arms"]) + sum(row["faults"] for row in first["arms"]) == played.count("\n")
    assert [row["chain"] for row in first["arms"]] == [["scripted"], ["scripted", "handoff"]]
    assert all(row["p50_ms"] > 0 for row in first["arms"] if row["n"])
    json.dumps(first, allow_nan=False)
