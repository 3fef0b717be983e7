"""Bundles are asked each gold text once, and the best of late is found without asking all."""

from pathlib import Path

import numpy as np

from backends.bundle import seal
from backends.intent.classifier import Classifier
from tests.training.nightly.conftest import WORDS, Shop
from training.harvest.labels import WEIGHTS, LabelledTurn, Provenance
from training.nightly.canary import check, choose, look
from training.nightly.gold import GoldRow
from training.nightly.snapshot import read_own
from training.nightly.witness import Witness, ask, best_of, call, forget, model_bytes, slower

ROWS = [
    GoldRow("where", "order_status", "turn"),
    GoldRow("track", "order_status", "turn"),
    GoldRow("cancel", "cancel_order", "turn"),
    GoldRow("refund", "refund_status", "turn"),
]


def heard(shop: Shop, folder: Path, rows: list[GoldRow]) -> Witness:
    return ask(call(folder, shop.home), rows, shop.home)


def test_a_bundle_answers_from_memory_what_it_was_asked_before(shop: Shop) -> None:
    folder = shop.bundle(WORDS)
    first = heard(shop, folder, ROWS[:2])
    again = call(folder, shop.home)
    assert again.unheard(ROWS) == ROWS[2:]
    assert ask(again, ROWS[:2], shop.home) is again
    answers = ask(again, ROWS, shop.home).answers(ROWS)
    assert answers.top == tuple(row.intent for row in ROWS)
    assert np.allclose(answers.confidence[:2], first.answers(ROWS[:2]).confidence)


def test_another_model_of_the_same_name_remembers_nothing(shop: Shop) -> None:
    folder = shop.bundle(WORDS)
    heard(shop, folder, ROWS)
    (folder / "card.json").write_text('{"id": "other"}')
    seal(folder)
    assert call(folder, shop.home).known == {}


def test_what_bundles_said_that_are_gone_is_forgotten(shop: Shop) -> None:
    kept, gone = shop.bundle(WORDS), shop.bundle(WORDS)
    for folder in (kept, gone):
        heard(shop, folder, ROWS)
    forget(shop.home, [kept.name])
    assert [path.name for path in (shop.home / "gold").iterdir()] == [f"said-{kept.name}.json"]


def test_the_best_is_found_and_one_that_cannot_be_is_not_asked(shop: Shop) -> None:
    good = heard(shop, shop.bundle(WORDS), ROWS[:3])
    bad = heard(shop, shop.bundle({**WORDS, "order_status": ("parcel",), "cancel_order": ("where", "track")}), ROWS[:3])
    challenger = heard(shop, shop.bundle(WORDS), ROWS)
    best = best_of([bad, good], ROWS, challenger, shop.home)
    assert best is not None
    assert best.id == good.id
    assert call(bad.path, shop.home).unheard(ROWS) == ROWS[3:]


def test_a_bundle_that_shares_few_intents_is_not_compared(shop: Shop) -> None:
    other = heard(shop, shop.bundle({"refund_status": ("refund",), "x": ("y",)}), ROWS)
    challenger = heard(shop, shop.bundle(WORDS), ROWS)
    assert best_of([other], ROWS, challenger, shop.home) is None
    assert best_of([], ROWS, challenger, shop.home) is None


def test_a_model_is_as_fast_and_as_large_as_itself(shop: Shop) -> None:
    folder = shop.bundle(WORDS)
    classifier = Classifier.load(folder)
    ratio = slower(classifier, classifier, ["where is my parcel"], rounds=9)
    assert ratio is not None
    assert 0.3 < ratio < 3
    assert slower(classifier, classifier, []) is None
    assert model_bytes(folder) == (folder / "model.onnx").stat().st_size


def test_turned_canaries_name_the_rows_that_did_it(shop: Shop) -> None:
    champion = Classifier.load(shop.bundle(WORDS))
    turned = {**WORDS, "refund_status": ("x",), "cancel_order": (*WORDS["cancel_order"], *WORDS["refund_status"])}
    challenger = Classifier.load(shop.bundle(turned))
    canaries = choose(read_own(shop.bot), frozenset())
    assert len(canaries) == 10
    poison = LabelledTurn(
        "t1", "c1", "v1", "", "refund", "cancel_order", Provenance.CONFIRMED, WEIGHTS[Provenance.CONFIRMED]
    )
    report = look(canaries, champion, challenger, [poison])
    assert (report.refuse, report.set_aside) == (True, frozenset({"t1"}))
    assert not check(report, len(canaries)).passed
    assert not look(canaries, champion, champion, [poison]).refuse
