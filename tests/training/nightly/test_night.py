"""Whole nights on a real store: what they decide, and that the champion survives whatever happens to them."""

import errno
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backends.bundle import bundles_dir
from tests.training.nightly.conftest import NOW, WORDS, Shop, gold_numbers, own_rows, text_of, write_nlu
from training.dataset import Dataset
from training.nightly.ledger import nights_dir
from training.nightly.report import Decision

NEXT = NOW + timedelta(days=1)


def test_the_first_night_of_a_shop_trains_its_first_model(shop: Shop) -> None:
    report = shop.night()
    assert report.decision is Decision.PROMOTED, report.reasons
    assert report.champion is None
    assert shop.current == report.challenger == "b001"


def test_labels_of_the_day_make_a_better_model_that_serves(shop: Shop) -> None:
    weak = {**WORDS, "refund_status": ("refund",)}
    shop.champion(weak)
    shop.day(0, 90)
    report = shop.night()
    assert report.decision is Decision.PROMOTED, report.reasons
    assert shop.current == report.challenger
    overall = report.sections["overall"][0]
    assert overall["new"] == 1.0 > overall["old"]


def test_what_judges_is_never_trained_on(shop: Shop) -> None:
    shop.champion()
    shop.day(0, 60)
    gold = shop.night().sections["gold"]
    assert gold["rows"] > 5
    path = shop.home / "gold" / "v0001.jsonl"
    judges = {json.loads(line)["text"] for line in path.read_text().splitlines()}
    assert judges.isdisjoint(row.text for row in shop.trained[-1].examples)


def test_a_worse_model_is_refused_and_the_report_names_the_rows(shop: Shop) -> None:
    champion = shop.champion()
    shop.day(0, 120)
    shop.spoil = lambda words: {**words, "refund_status": ["refund"], "cancel_order": [*words["cancel_order"], "money"]}
    report = shop.night()
    assert report.decision is Decision.REFUSED
    assert shop.current == champion.name
    assert any("refund_status" in reason for reason in report.reasons)
    wrong = report.sections["wrong"][0]
    assert (wrong["intent"], wrong["champion"]) == ("refund_status", "refund_status")
    assert wrong["challenger"] != "refund_status"
    assert wrong["nearest"][0]["source"].startswith("turn:")


def test_small_losses_do_not_add_up_because_the_best_of_late_judges_too(shop: Shop) -> None:
    shop.champion()
    bad = {**WORDS, "refund_status": ("refund",)}
    bad["cancel_order"] = (*WORDS["cancel_order"], "money", "back")
    shop.champion(bad)
    shop.day(0, 120)
    shop.spoil = lambda _words: {intent: list(words) for intent, words in bad.items()}
    report = shop.night()
    assert report.decision is Decision.REFUSED
    assert [check["name"] for check in report.sections["checks"] if not check["passed"]] == [
        "not worse than the best of late"
    ]


def test_a_new_intent_is_allowed_and_told(shop: Shop) -> None:
    shop.champion({intent: WORDS[intent] for intent in ("order_status", "cancel_order")})
    shop.day(0, 60)
    report = shop.night()
    assert report.decision is Decision.PROMOTED, report.reasons
    assert [row["intent"] for row in report.sections["new_intents"]] == ["refund_status"]


def test_an_intent_that_its_rows_do_not_support_any_more_is_missed(shop: Shop) -> None:
    champion = shop.champion()
    shop.day(0, 30)
    shop.spoil = lambda words: {intent: found for intent, found in words.items() if intent != "cancel_order"}
    report = shop.night()
    assert report.decision is Decision.REFUSED
    assert shop.current == champion.name
    assert any("No longer known" in reason and "cancel_order" in reason for reason in report.reasons)


def test_nothing_new_means_nothing_to_do(shop: Shop) -> None:
    shop.champion({**WORDS, "refund_status": ("refund",)})
    shop.day(0, 60)
    first = shop.night()
    second = shop.night(now=NEXT)
    assert (first.decision, second.decision) == (Decision.PROMOTED, Decision.NOTHING_TO_DO)
    assert first.night in second.reasons[0]
    assert len(shop.trained) == 1


def test_another_margin_is_something_new(shop: Shop) -> None:
    shop.champion()
    shop.day(0, 60)
    shop.night()
    shop.settings = shop.settings.model_copy(update={"margin": 0.05})
    assert shop.night(now=NEXT).decision is not Decision.NOTHING_TO_DO


def test_without_labels_a_champion_that_knows_the_bots_rows_has_nothing_to_do(shop: Shop) -> None:
    shop.night()
    (shop.home / "nights" / "turns.json").unlink()
    for path in shop.home.glob("nights/*/report.json"):
        path.unlink()
    report = shop.night(now=NEXT)
    assert report.decision is Decision.NOTHING_TO_DO
    assert len(shop.trained) == 1


def test_without_a_store_the_night_says_so(shop: Shop) -> None:
    shop.night()
    next(shop.home.glob("*.sqlite3")).unlink()
    write_nlu(shop.bot, {**own_rows(), "order_status": ["where please", "parcel please"]})
    report = shop.night(now=NEXT)
    assert report.decision is Decision.PROMOTED, report.reasons
    assert any("No store" in note for note in report.notes)


def test_labels_that_only_judge_leave_the_champion(shop: Shop) -> None:
    shop.night()
    champion = shop.current
    for number in gold_numbers(shop, 5):
        shop.say(text_of("order_status", number), number=number, at=NOW, label="order_status")
    report = shop.night(now=NEXT)
    assert report.decision is Decision.KEPT
    assert shop.current == champion
    assert report.sections["gold"]["added"] == 5


def test_a_dry_run_changes_nothing_but_tells_all(shop: Shop) -> None:
    champion = shop.champion({**WORDS, "refund_status": ("refund",)})
    shop.day(0, 60)
    report = shop.night(dry_run=True)
    assert report.decision is Decision.KEPT
    assert "would have been promoted" in report.reasons[0]
    assert shop.current == champion.name
    assert not (shop.home / "gold" / "v0001.jsonl").exists()
    again = shop.night(now=NEXT)
    assert again.decision is Decision.PROMOTED, again.reasons


@pytest.mark.parametrize(
    ("rows", "message"),
    [({"oos": ["sing a song"]}, "there is none"), ({"order_status": ["where please"]}, "only order_status")],
)
def test_fewer_than_two_intents_are_refused_in_a_sentence(shop: Shop, rows: dict[str, list[str]], message: str) -> None:
    champion = shop.champion()
    write_nlu(shop.bot, rows)
    report = shop.night()
    assert report.decision is Decision.REFUSED
    assert message in report.reasons[0]
    assert shop.current == champion.name


def test_an_empty_shop_has_nothing_to_do(shop: Shop) -> None:
    champion = shop.champion()
    (shop.bot / "nlu" / "all.yml").unlink()
    report = shop.night()
    assert report.decision is Decision.NOTHING_TO_DO
    assert shop.current == champion.name


def test_a_damaged_champion_is_told_and_left_alone(shop: Shop) -> None:
    champion = shop.champion()
    (champion / "model.onnx").write_bytes(b"other")
    shop.day(0, 30)
    report = shop.night()
    assert report.decision is Decision.FAILED
    assert "model.onnx has changed" in report.reasons[0]
    assert shop.current == champion.name
    assert shop.trained == []


def test_a_damaged_gold_set_is_told_and_the_champion_stays(shop: Shop) -> None:
    shop.champion()
    shop.day(0, 60)
    shop.night()
    champion = shop.current
    path = shop.home / "gold" / "v0001.jsonl"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("order_status", "cancel_order", 1))
    shop.day(60, 30, at=NOW)
    report = shop.night(now=NEXT)
    assert report.decision is Decision.FAILED
    assert "has changed since it was written" in report.reasons[0]
    assert shop.current == champion


def test_a_full_disk_is_told_and_the_drafts_go(shop: Shop) -> None:
    champion = shop.champion()
    shop.day(0, 30)

    def fill(_dataset: Dataset, out: Path, *_: Any) -> None:
        out.mkdir()
        (out / "model.onnx").write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(out / "model.onnx"))

    report = shop.night(train=fill)
    assert report.decision is Decision.FAILED
    assert "the disk is full" in report.reasons[0]
    assert shop.current == champion.name
    assert shop.left() == {champion.name, report.night}
    again = shop.night(now=NEXT)
    assert again.decision is Decision.PROMOTED, again.reasons


def test_a_bug_in_the_night_is_told_and_the_next_night_starts_again(shop: Shop) -> None:
    champion = shop.champion()
    shop.day(0, 30)

    def break_down(*_: Any) -> None:
        raise ZeroDivisionError("one by nothing")

    report = shop.night(train=break_down)
    assert report.decision is Decision.FAILED
    assert "one by nothing" in report.reasons[0]
    assert shop.current == champion.name
    assert json.loads((nights_dir(shop.home) / report.night / "report.json").read_text())["decision"] == "failed"
    again = shop.night(now=NEXT)
    assert again.decision is Decision.PROMOTED, again.reasons


def test_a_night_that_was_killed_is_cleared_and_told(shop: Shop) -> None:
    shop.champion()
    shop.day(0, 30)
    dead = nights_dir(shop.home) / "20261119T023000Z-deadbeef"
    (dead / "challenger").mkdir(parents=True)
    report = shop.night()
    assert report.decision is Decision.PROMOTED, report.reasons
    assert not dead.exists()
    assert "20261119T023000Z-deadbeef was interrupted" in report.notes[0]


def test_simulated_and_test_traffic_teaches_nothing(shop: Shop) -> None:
    shop.champion()
    shop.say("where is it", number=1, at=NOW - timedelta(hours=1), label="order_status", source="simulated")
    shop.say("track it", number=2, at=NOW - timedelta(hours=1), label="order_status", source="test")
    assert shop.night().sections["snapshot"]["labelled"] == 0


def test_what_is_asked_after_the_night_began_waits_for_the_next(shop: Shop) -> None:
    shop.champion()
    shop.day(0, 30, at=NOW + timedelta(hours=1))
    assert shop.night().sections["snapshot"]["labelled"] == 0
    assert shop.night(now=NEXT).sections["snapshot"]["labelled"] == 30


def test_a_new_model_that_forgets_operators_corrections_is_refused(shop: Shop) -> None:
    shop.champion()
    shop.day(0, 60)
    shop.night()
    champion = shop.current
    shop.day(60, 3, at=NOW)
    shop.spoil = lambda words: {**words, "order_status": [w for w in words["order_status"] if w != "track"]}
    report = shop.night(now=NEXT)
    assert report.decision is Decision.REFUSED
    assert shop.current == champion
    told = {check["name"]: check for check in report.sections["checks"]}["operators' corrections"]
    assert not told["passed"]
    assert told["figures"]["forgotten"] > 0


def test_a_model_without_parity_is_refused(shop: Shop) -> None:
    shop.champion()
    shop.day(0, 30)
    shop.card = {"parity": {"label_agreement": 0.98}}
    report = shop.night()
    assert report.decision is Decision.REFUSED
    assert "98.0 %" in report.reasons[0]


def test_old_bundles_and_nights_are_retired(shop: Shop) -> None:
    shop.champion()
    for _ in range(8):
        shop.bundle(WORDS)
    old = nights_dir(shop.home) / "20250101T000000Z-cafe"
    old.mkdir(parents=True)
    (old / "report.json").write_text("{}")
    shop.day(0, 30)
    retired = shop.night().sections["retired"]
    assert retired["nights"] == [old.name]
    assert retired["bundles"] == ["b005", "b004", "b003", "b002"]
    assert (bundles_dir(shop.home) / "b001").is_dir()
