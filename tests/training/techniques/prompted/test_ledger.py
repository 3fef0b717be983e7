"""Money and paid answers on disk."""

import os
import sqlite3
from pathlib import Path

import psutil
import pytest

from training.techniques.prompted.errors import BudgetSpent
from training.techniques.prompted.ledger import FILE, Answer, Ledger

ANSWER = Answer("card arrival", "stop", 0.9, 100, 10, 0.25)


def test_an_answer_is_found_by_the_next_run(tmp_path: Path) -> None:
    first = Ledger(tmp_path, 1.0)
    number = first.set_aside("a", 0.5)
    assert isinstance(number, int)
    first.settle(number, "a", ANSWER)
    first.close()
    second = Ledger(tmp_path, 1.0)
    assert second.find("a") == second.set_aside("a", 0.5) == ANSWER
    assert second.spent() == 0.25
    second.close()


def test_a_ledger_of_before_times_were_kept_is_read_on(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute(
            "CREATE TABLE answers (key TEXT PRIMARY KEY, text TEXT NOT NULL, finish TEXT NOT NULL, confidence REAL NOT"
            " NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, usd REAL NOT NULL, at REAL NOT"
            " NULL) STRICT"
        )
        file.execute("INSERT INTO answers VALUES ('a', 'card arrival', 'stop', 0.9, 100, 10, 0.25, 1.0)")
    ledger = Ledger(tmp_path, None)
    assert ledger.find("a") == ANSWER
    number = ledger.set_aside("b", 0.5)
    assert isinstance(number, int)
    timed = ANSWER._replace(cpu_s=2.0, wall_s=3.0, memory_bytes=4)
    ledger.settle(number, "b", timed)
    assert ledger.find("b") == timed
    ledger.close()


def test_what_could_pass_the_budget_is_not_allowed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, 1.0)
    ledger.set_aside("a", 0.7)
    with pytest.raises(BudgetSpent, match=r"1\.00 USD: 0\.7000 spent by all studies"):
        ledger.set_aside("b", 0.4)
    assert isinstance(ledger.set_aside("c", 0.3), int)
    ledger.close()


def test_a_call_without_an_answer_gives_its_money_back_unless_it_may_be_charged(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, 1.0)
    for key, lost_usd in (("a", 0.0), ("b", 0.5)):
        number = ledger.set_aside(key, 0.5)
        assert isinstance(number, int)
        ledger.give_up(number, lost_usd=lost_usd)
    assert ledger.spent() == 0.5
    assert isinstance(ledger.set_aside("b", 0.5), int)
    ledger.close()


def test_the_same_request_is_not_sent_twice_at_once(tmp_path: Path) -> None:
    one, other = Ledger(tmp_path, None), Ledger(tmp_path, None)
    number = one.set_aside("a", 0.1)
    assert isinstance(number, int)
    assert other.set_aside("a", 0.1) is None
    one.settle(number, "a", ANSWER)
    assert other.set_aside("a", 0.1) == ANSWER
    one.close()
    other.close()


def test_what_a_killed_process_set_aside_stays_counted_and_may_be_asked_again(tmp_path: Path) -> None:
    child = os.fork()
    if not child:
        Ledger(tmp_path, 1.0).set_aside("a", 0.4)
        os._exit(9)
    os.waitpid(child, 0)
    ledger = Ledger(tmp_path, 1.0)
    assert ledger.spent() == pytest.approx(0.4)
    assert isinstance(ledger.set_aside("a", 0.4), int)
    with pytest.raises(BudgetSpent):
        ledger.set_aside("b", 0.4)
    ledger.close()


def test_a_later_process_with_the_same_number_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, None)
    ledger.set_aside("a", 0.1)
    created = psutil.Process().create_time()
    ledger._file.execute("UPDATE aside SET started = ? WHERE pid = ?", (created - 100, os.getpid()))
    assert isinstance(ledger.set_aside("a", 0.1), int)
    ledger.close()


def test_without_a_folder_nothing_is_kept() -> None:
    ledger = Ledger(None, 0.1)
    with pytest.raises(BudgetSpent):
        ledger.set_aside("a", 0.2)
    ledger.close()


def test_what_cannot_be_kept_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, None)
    number = ledger.set_aside("k", 1.0)
    assert isinstance(number, int)
    with pytest.raises(sqlite3.Error):
        ledger.settle(number, "k", ANSWER._replace(text=None))  # type: ignore[arg-type]
    assert ledger.find("k") is None
    ledger.settle(number, "k", ANSWER)
    assert ledger.find("k") == ANSWER
    ledger.close()
