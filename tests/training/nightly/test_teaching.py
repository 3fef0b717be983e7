"""The teacher is asked about each turn once, and about no other."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from tests.training.nightly.conftest import NOW, Shop
from training.harvest.teacher import Ask
from training.nightly.ledger import load_ledger


class Sage:
    """A teacher that knows what it is told to know, and counts."""

    def __init__(self, **answers: str | None) -> None:
        self.answers = answers
        self.asked: list[str] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Ask]:
        async def ask(text: str, _candidates: Sequence[str]) -> str | None:
            self.asked.append(text)
            return self.answers.get(text.split()[0])

        yield ask


def test_what_teacher_and_retrieval_agree_on_is_learned_at_low_weight_and_judges_nobody(shop: Shop) -> None:
    shop.settings = shop.settings.model_copy(update={"teacher": True})
    shop.champion()
    for number in range(8):
        shop.say(f"{('track', 'undo')[number % 2]} it n{number}", number=number, at=NOW - timedelta(hours=2))
    sage = Sage(track="order_status", undo="refund_status")
    report = shop.night(teacher=sage.open)
    assert len(sage.asked) == 8
    assert report.sections["snapshot"]["by_provenance"] == {"teacher": 4}
    taught = [row for row in shop.trained[-1].examples if row.source.startswith("turn:")]
    assert {(row.intent, row.weight) for row in taught} == {("order_status", 0.3)}
    assert not [row for row in report.sections["gold"]["by_origin"] if row == "turn"]
    shop.night(now=NOW + timedelta(days=1), teacher=sage.open)
    assert len(sage.asked) == 8


def test_a_teacher_that_does_not_answer_is_asked_another_night(shop: Shop) -> None:
    shop.settings = shop.settings.model_copy(update={"teacher": True})
    shop.champion()
    shop.say("track it n1", number=1, at=NOW - timedelta(hours=2))
    shop.night(teacher=Sage(track=None).open)
    assert load_ledger(shop.home).taught == {}
    sage = Sage(track="order_status")
    shop.night(now=NOW + timedelta(days=1), teacher=sage.open)
    assert sage.asked == ["track it n1"]


def test_without_the_setting_nobody_is_asked_and_nothing_taught_counts(shop: Shop) -> None:
    shop.champion()
    shop.say("track it n1", number=1, at=NOW - timedelta(hours=2))
    assert shop.night().sections["snapshot"]["labelled"] == 0
