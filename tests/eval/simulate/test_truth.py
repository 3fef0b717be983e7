"""The truth file takes one line a conversation and lets a run go on where it stopped."""

from pathlib import Path
from typing import Any

import pytest

from eval.simulate.truth import Truth, TruthError, TruthFile


def line(**changes: Any) -> Truth:
    plain: dict[str, Any] = {
        "conversation_id": "c_1",
        "customer_id": "sim-1-0-0",
        "scenario": "hours",
        "goal": "know when",
        "goal_met": True,
        "resolved": True,
        "difficulty": "easy",
        "left": "thanked",
        "arm": "main",
        "turns": 2,
        "fault": None,
        "persona": "plain",
        "customer": 0,
        "trial": 0,
        "visit": 0,
        "is_last": True,
        "seconds": 0.5,
        "plan": "p1",
    }
    return Truth.model_validate(plain | changes)


def test_lines_are_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "truth.jsonl"
    TruthFile(path, "p1").add([line(is_last=False), line(visit=1)])
    TruthFile(path, "p1").add([line(customer=3)])
    again = TruthFile(path, "p1")
    assert [one.visit for one in again.lines] == [0, 1, 0]
    assert again.finished == {(0, 0), (3, 0)}


def test_who_broke_off_or_met_a_failure_comes_again(tmp_path: Path) -> None:
    file = TruthFile(tmp_path / "t.jsonl", "p1")
    file.add([line(customer=1, is_last=False)])
    file.add([line(customer=2, goal_met=None, fault="infrastructure: no answer")])
    file.add([line(customer=4, goal_met=None, fault="garbled")])
    assert file.finished == {(4, 0)}


def test_a_line_cut_off_by_a_kill_is_removed_so_that_the_next_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    TruthFile(path, "p1").add([line(), line(customer=1)])
    path.write_bytes(path.read_bytes()[:-30])
    torn = TruthFile(path, "p1")
    assert torn.finished == {(0, 0)}
    torn.add([line(customer=1)])
    assert TruthFile(path, "p1").finished == {(0, 0), (1, 0)}


def test_a_file_of_other_customers_or_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    TruthFile(path, "p1").add([line()])
    with pytest.raises(TruthError, match=r"another plan \(p1, this one is p2\)"):
        TruthFile(path, "p2")
    path.write_text('{"text": "x"}\n', encoding="utf-8")
    with pytest.raises(TruthError, match=r"t\.jsonl:1: conversation_id: Field required"):
        TruthFile(path, "p1")
    with pytest.raises(TruthError, match="cannot use"):
        TruthFile(path / "below", "p1")


def test_without_a_path_the_lines_stay_in_memory() -> None:
    file = TruthFile(None, "p1")
    file.add([line()])
    assert len(file.lines) == 1
