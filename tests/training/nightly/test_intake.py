"""Labels pass the guards once, and what was set aside stays aside until a person has looked."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import numpy as np

from bot.house import STORE
from tests.training.nightly.conftest import NOW, Shop, text_of
from training.harvest.finding import Finding, GuardReport, Known, Night
from training.harvest.guards import Past, guard
from training.nightly.ledger import load_ledger
from training.nightly.report import Decision

NEXT, LATER = NOW + timedelta(days=1), NOW + timedelta(days=2)


class Stopper:
    """A guard that stops some turns and remembers what it was shown."""

    def __init__(self, *turn_ids: str, refuse: bool = False) -> None:
        self.report = GuardReport(refuse, (Finding("flood", None, "a flood", turn_ids),), frozenset(turn_ids))
        self.seen: list[tuple[Night, Past, Known]] = []

    def __call__(self, night: Night, past: Past, known: Known, *, vouched: frozenset[str]) -> GuardReport:
        self.seen.append((night, past, known))
        return self.report


def test_the_guards_see_new_labels_against_the_bots_rows_and_earlier_nights(shop: Shop) -> None:
    shop.champion({"order_status": ("where",), "cancel_order": ("cancel",)})
    shop.day(0, 30)
    stopper = Stopper()
    shop.night(guard=stopper)
    shop.day(30, 12, at=NOW)
    shop.night(guard=stopper, now=NEXT)
    (first, past, known), (second, later, _) = stopper.seen
    assert (len(first.rows), len(past.nights), len(known.texts)) == (30, 0, 12)
    assert [row.turn_id for row in second.rows] == [f"t{n}" for n in range(30, 42)]
    assert [len(night) for night in later.nights] == [30]
    assert np.allclose(np.linalg.norm(second.vectors, axis=1), 1.0, atol=1e-5)


def test_rows_set_aside_are_neither_learned_nor_judges_and_the_report_names_them(shop: Shop) -> None:
    shop.champion()
    shop.day(0, 60)
    stopped = [f"t{n}" for n in range(20)]
    report = shop.night(guard=Stopper(*stopped))
    assert report.sections["guards"]["set_aside"] == stopped
    assert report.sections["guards"]["findings"][0]["rows"][0]["text"] == text_of("order_status", 0)
    sources = {row.source for row in shop.trained[-1].examples}
    assert sources.isdisjoint(f"turn:{turn}" for turn in stopped)
    assert report.sections["snapshot"]["labelled"] == 40


def test_a_refused_night_trains_nothing_and_the_next_one_goes_on_without_its_rows(shop: Shop) -> None:
    champion = shop.champion({"order_status": ("where",), "cancel_order": ("cancel",)})
    shop.day(0, 60)
    report = shop.night(guard=Stopper("t1", "t2", refuse=True))
    assert (report.decision, shop.trained, shop.current) == (Decision.REFUSED, [], champion.name)
    assert "a flood" in report.reasons
    again = shop.night(now=NEXT)
    assert again.decision is Decision.PROMOTED, again.reasons
    assert again.sections["snapshot"]["new"] == 58
    assert load_ledger(shop.home).set_aside.keys() == {"t1", "t2"}


def test_a_person_who_labels_a_turn_anew_releases_it(shop: Shop) -> None:
    shop.champion()
    shop.day(0, 30)
    shop.night(guard=Stopper("t1"))
    shop.label(1, "refund_status", NOW)
    report = shop.night(now=NEXT)
    assert "t1" not in report.sections["guards"]["set_aside"]
    assert load_ledger(shop.home).set_aside == {}


def test_a_second_operator_who_agrees_releases_it_too(shop: Shop) -> None:
    shop.champion()
    shop.day(0, 30)
    shop.night(guard=Stopper("t1"))
    with closing(sqlite3.connect(shop.home / STORE)) as db, db:
        db.execute(
            "INSERT INTO labels (id, turn_id, intent, provenance, by, at)"
            " VALUES ('l', 't1', 'cancel_order', 'operator', 'bob', '2026-11-20')"
        )
    shop.night(now=NEXT)
    assert load_ledger(shop.home).set_aside == {}


def test_without_any_model_new_labels_wait(shop: Shop) -> None:
    shop.day(0, 30)
    first = shop.night()
    assert first.decision is Decision.PROMOTED
    assert any("30 new labels wait" in note for note in first.notes)
    assert shop.night(now=NEXT).sections["snapshot"]["new"] == 30


def test_the_guards_of_the_house_stop_a_flood_of_copies(shop: Shop) -> None:
    shop.champion()
    shop.day(0, 60)
    shop.night()
    at = NOW + timedelta(hours=2)
    for number in range(200, 240):
        shop.say(f"where is my money for parcel {number}", number=number, at=at)
    with closing(sqlite3.connect(shop.home / STORE)) as db, db:
        db.execute("UPDATE turns SET intent = 'cancel_order', mode = 'template', confidence = 0.9")
        db.executemany(
            "INSERT INTO signals (id, conversation_id, turn_id, kind, value, at) VALUES (?, ?, ?, 'feedback', '1', ?)",
            [(f"s{n}", f"c{n}", f"t{n}", at.isoformat()) for n in range(200, 240)],
        )
    report = shop.night(now=NEXT, guard=guard)
    assert len(report.sections["guards"]["set_aside"]) >= 40
