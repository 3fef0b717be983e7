"""Erased customers leave nothing in what nights keep, and the certificate tells what had learned from them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backends.bundle import seal
from bot.house import STORE
from bot.store.erasure import (
    Subject,
    Traces,
    conversations_of,
    erase,
    list_certificates,
    pending_erasures,
    text_mark,
)
from bot.store.journal import list_changes
from bot.store.writer import connect
from tests.training.nightly.conftest import NOW, Shop, gold_numbers, text_of
from training.cli_data import data
from training.hosted.job import new_record
from training.lora.lesson import Lesson
from training.nightly.erasing import ERASED, clean, scrub, survey
from training.nightly.gold import erase_rows, load_gold
from training.nightly.ledger import load_ledger
from training.nightly.lock import night_lock
from training.nightly.report import Decision
from training.nightly.sides import judges

WORDS = {0: "order_status", 1: "cancel_order", 2: "refund_status"}
TURNS = 60


def words_of(number: int) -> str:
    return text_of(WORDS[number % 3], number)


def everything(home: Path) -> str:
    return "".join(
        path.read_text(encoding="utf-8", errors="ignore")
        for folder in ("nights", "gold")
        for path in (home / folder).rglob("*")
        if path.is_file()
    )


def erased(shop: Shop, *numbers: int) -> list[str]:
    """Erase visitors from the store; the files are still to be searched."""
    db = connect(shop.home / STORE)
    found = []
    for number in numbers:
        found.append(erase(db, conversations_of(db, Subject(visitor_id=f"v{number}")), by="ada"))
    db.conn.close()
    return found


@pytest.fixture
def taught(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose first night taught a model from the logs."""
    monkeypatch.setenv("SWITCHBOARD_HOME", str(shop.home))
    shop.champion()
    shop.day(0, TURNS)
    assert shop.night().decision is Decision.PROMOTED
    return shop


@pytest.fixture
def refused(taught: Shop) -> Shop:
    """The same after a second night that refused its model, and says why with rows, on a page too."""
    taught.day(TURNS, 60, at=NOW + timedelta(hours=8))
    taught.spoil = lambda found: {
        **found,
        "refund_status": ["refund"],
        "cancel_order": [*found["cancel_order"], "money"],
    }
    report = taught.night(now=NOW + timedelta(days=1), page=True)
    assert report.decision is Decision.REFUSED
    assert report.sections["wrong"]
    (taught.home / "nights" / "last.out").write_text(json.dumps(report.document(), default=str) + "\n")
    return taught


def forget() -> dict[str, list[dict[str, object]]]:
    result = CliRunner().invoke(data, ["forget", "--json"])
    assert result.exit_code == 0, result.output
    told: dict[str, list[dict[str, object]]] = json.loads(result.stdout)
    return told


def test_nothing_of_an_erased_customer_is_left_in_any_file_and_the_others_stay(refused: Shop) -> None:
    shop = refused
    judge = next(number for number in gold_numbers(shop, 20) if 10 <= number < TURNS)
    pupil = next(number for number in range(40, TURNS) if not judges(f"c{number}", shop.settings.gold_share))
    before = everything(shop.home)
    assert all(words_of(number) in before for number in (judge, pupil))
    first, second = erased(shop, judge, pupil)
    certificates = {row["erasure_id"]: row for row in forget()["erasures"]}
    after = everything(shop.home)
    for number in (judge, pupil):
        assert words_of(number) not in after
        assert f'"t{number}"' not in after
    stay = [number for number in range(TURNS + 60) if number not in {judge, pupil}]
    assert [number for number in stay if words_of(number) in before and words_of(number) not in after] == []
    assert [certificates[name]["training_rows"] for name in (first, second)] == [1, 1]
    assert {row["state"] for row in certificates.values()} == {"complete"}


def test_the_certificate_names_the_bundles_whose_cards_say_that_they_learned_from_the_customer(
    taught: Shop,
) -> None:
    shop = taught
    card = shop.home / "bundles" / "b002" / "card.json"
    told = json.loads(card.read_text())
    erased(shop, 7)
    assert forget()["erasures"][0]["bundles"] == [{"id": "b002", "rows": 1, "exact": False}]
    card.write_text(json.dumps({**told, "data": {**told["data"], "turns": ["t8", "t9"]}}))
    seal(card.parent)
    first, second = erased(shop, 8, 10)
    certificates = {row["erasure_id"]: row for row in forget()["erasures"]}
    assert certificates[first]["bundles"] == [{"id": "b002", "rows": 1, "exact": True}]
    assert certificates[second]["bundles"] == []


def test_the_certificate_names_hosted_models_that_learned_from_the_customer(taught: Shop) -> None:
    lessons = [Lesson("s", "u", "a", "article", "turn", f"t{number}") for number in (7, 8)]
    new_record("support", "https://llm.example/v1", "small", 3, b"", lessons).write(taught.home)
    first, second = erased(taught, 7, 10)
    bundles = {row["erasure_id"]: row["bundles"] for row in forget()["erasures"]}
    assert str({"id": "tuned:support", "rows": 1, "exact": True}) in str(bundles[first])
    assert "tuned:support" not in str(bundles[second])


def test_a_night_goes_on_after_an_erasure(taught: Shop) -> None:
    shop = taught
    version = load_gold(shop.home).version
    gone = [number for number in gold_numbers(shop, 20) if number < TURNS][:3]
    erased(shop, *gone)
    forget()
    assert load_gold(shop.home).version == version
    assert not load_ledger(shop.home).accepted.keys() & {f"t{number}" for number in gone}
    shop.day(TURNS, 20, at=NOW + timedelta(hours=8))
    report = shop.night(now=NOW + timedelta(days=1))
    assert report.decision is Decision.PROMOTED, report.reasons
    assert all(words_of(number) not in everything(shop.home) for number in gone)


def test_an_erasure_waits_for_a_night_that_is_on_and_doing_it_again_changes_nothing(taught: Shop) -> None:
    shop = taught
    erased(shop, 5)
    before = everything(shop.home)
    with night_lock(shop.home):
        assert CliRunner().invoke(data, ["forget"]).exit_code == 1
    assert everything(shop.home) == before
    forget()
    after = everything(shop.home)
    traces = Traces(frozenset({"t5"}), frozenset({"c5"}), frozenset({text_mark(words_of(5))}))
    assert survey(shop.home, traces).training_rows == 0
    scrub(shop.home, traces)
    assert everything(shop.home) == after
    assert forget() == {"erasures": []}


def test_a_kill_between_counting_and_removing_loses_no_count(taught: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = taught

    def killed(home: Path, traces: Traces) -> None:
        scrub(home, traces)
        raise KeyboardInterrupt

    erased(shop, 5)
    with monkeypatch.context() as patched:
        patched.setattr("training.cli_forget.scrub", killed)
        CliRunner().invoke(data, ["forget", "--json"])
    db = connect(shop.home / STORE)
    assert len(pending_erasures(db)) == 1
    forget()
    (certificate,) = list_certificates(db)
    assert [(change["who"], change["action"]) for change in list_changes(db, before=None, limit=9)] == [
        ("system", "customer.erased")
    ]
    db.conn.close()
    assert (certificate["training_rows"], certificate["state"]) == (1, "complete")


def test_a_gold_set_whose_erasure_was_killed_is_put_right_by_the_next(taught: Shop) -> None:
    shop = taught
    number = next(number for number in gold_numbers(shop, 20) if number < TURNS)
    path = shop.home / "gold" / "v0001.jsonl"
    before = path.read_text()
    assert erase_rows(shop.home, {f"t{number}"}) == 1
    right, after = path.with_suffix(".sha256").read_text(), path.read_text()
    path.with_suffix(".sha256").write_text(text_mark(before) + "\n")  # as a kill between the two would leave it
    path.with_suffix(".next").write_text(right)
    assert erase_rows(shop.home, {f"t{number}"}) == 0
    assert (path.with_suffix(".sha256").read_text(), path.read_text()) == (right, after)
    assert not path.with_suffix(".next").exists()


def test_rows_of_a_customer_are_taken_out_of_any_document() -> None:
    traces = Traces(frozenset({"t1"}), frozenset({"c1"}), frozenset({text_mark("my secret")}))
    document = {
        "set_aside": ["t1", "t2"],
        "rows": [{"turn_id": "t1", "text": "x"}, {"turn_id": "t2", "text": "y", "near": [{"source": "turn:t1"}]}],
        "reply": "my secret",
        "by_turn": {"t1": 1, "t2": 2},
        "n": 3,
    }
    assert clean(document, traces) == {
        "set_aside": ["t2"],
        "rows": [{"turn_id": "t2", "text": "y", "near": []}],
        "reply": ERASED,
        "by_turn": {"t2": 2},
        "n": 3,
    }
