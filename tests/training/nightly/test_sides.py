"""What is trained on and what judges never meet."""

from training.dataset import Example
from training.harvest.labels import WEIGHTS, LabelledTurn, Provenance
from training.nightly.gold import Gold, GoldRow
from training.nightly.sides import gold_candidates, judges, lesson

SHARE = 0.3
GOLDEN = next(f"c{n}" for n in range(100) if judges(f"c{n}", SHARE))
TAUGHT = next(f"c{n}" for n in range(100) if not judges(f"c{n}", SHARE))
OWN = (Example("where is it", "order"), Example("stop it", "cancel"))


def turn(
    text: str, intent: str, *, where: str = TAUGHT, at: str = "2026-11-01", by: Provenance = Provenance.CONFIRMED
) -> LabelledTurn:
    return LabelledTurn(f"t-{text}-{at}", where, "ann", at, text, intent, by, WEIGHTS[by])


def learned(*turns: LabelledTurn, gold: Gold | None = None) -> dict[str, str]:
    taught = lesson(turns, OWN, gold or Gold(0, ()), SHARE)
    return {row.text: row.intent for row in taught.dataset.examples}


def test_the_share_of_conversations_that_judge_is_as_set_and_stable() -> None:
    found = sum(judges(f"conversation {n}", 0.2) for n in range(5000)) / 5000
    assert abs(found - 0.2) < 0.02
    assert [judges("c1", 0.2), judges("c1", 0.2)] == [judges("c1", 0.2)] * 2


def test_a_conversation_teaches_or_judges() -> None:
    assert "track my parcel" in learned(turn("track my parcel", "order"))
    judge = turn("track my parcel", "order", where=GOLDEN)
    assert "track my parcel" not in learned(judge)
    assert [row.text for row in gold_candidates([judge], OWN, SHARE)] == ["track my parcel"]


def test_a_teacher_never_judges() -> None:
    assert gold_candidates([turn("track it", "order", where=GOLDEN, by=Provenance.TEACHER)], OWN, SHARE) == []


def test_a_text_that_was_learned_first_does_not_judge() -> None:
    own = turn("Where is  it", "order", where=GOLDEN)
    before = [turn("any news", "order", at="2026-11-01"), turn("any news", "order", where=GOLDEN, at="2026-11-02")]
    after = [turn("hurry up", "order", at="2026-11-03"), turn("hurry up", "order", where=GOLDEN, at="2026-11-02")]
    assert [row.text for row in gold_candidates([own, *before, *after], OWN, SHARE)] == ["hurry up"]


def test_gold_texts_are_taken_out_of_the_training_rows_but_the_bots_own_seeds_are_not() -> None:
    gold = Gold(1, (GoldRow("any news", "order", "turn"), GoldRow("stop it", "cancel", "nlu")))
    found = lesson([turn("Any news", "order")], OWN, gold, SHARE)
    assert {row.text for row in found.dataset.examples} == {"where is it", "stop it"}
    assert found.held_for_gold == 1


def test_an_operator_is_believed_before_the_bots_rows_and_those_before_customers() -> None:
    operator = turn("stop it", "order", by=Provenance.OPERATOR)
    customer = turn("where is it", "cancel", by=Provenance.CUSTOMER_CHOICE)
    found = lesson([operator, customer], OWN, Gold(0, ()), SHARE)
    assert {row.text: row.intent for row in found.dataset.examples} == {"where is it": "order", "stop it": "order"}
    assert sorted((row.text, row.intent, row.instead) for row in found.outvoted) == [
        ("stop it", "cancel", "order"),
        ("where is it", "cancel", "order"),
    ]


def test_a_text_is_learned_once_and_names_its_turn_and_weight() -> None:
    rows = [turn("any news", "order", at="2026-11-01"), turn("any news", "order", at="2026-11-02")]
    found = [row for row in lesson(rows, OWN, Gold(0, ()), SHARE).dataset.examples if row.source.startswith("turn:")]
    assert [(row.source, row.weight) for row in found] == [("turn:t-any news-2026-11-02", 0.6)]


def test_a_new_intent_needs_three_texts() -> None:
    few = lesson([turn("a b", "new"), turn("c d", "new")], OWN, Gold(0, ()), SHARE)
    assert few.too_few == {"new": 2}
    assert few.dataset.intents == ("cancel", "order")
    enough = lesson([turn("a b", "new"), turn("c d", "new"), turn("e f", "new")], OWN, Gold(0, ()), SHARE)
    assert "new" in enough.dataset.intents
