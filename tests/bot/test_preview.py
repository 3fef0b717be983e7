"""What another routing would have done."""

import time

import pytest

from bot.preview import Past, Preview, preview
from bot.routing import Arm, Routing, assign
from bot.store.tries import TriedTurn, Try

BOTH = (Arm("main", 1.0, ("intent", "rag")),)
PAST = Past(("2026-01-01",), (0.02,))
ANSWER = Try("intent", "reply", "order_status", 0.9)
MISS = Try("intent", "abstain:low_confidence", "refund_status", 0.6)
FOUND = Try("rag", "reply", None, 0.7)
NOTHING = Try("rag", "abstain:no_articles", None, None)


def turn(
    number: int,
    *tries: Try,
    arm: str = "main",
    text: str = "",
    cost: float = 0.0,
    unit: str = "",
    pressed: bool = False,
) -> TriedTurn:
    backend = next((attempt.backend for attempt in tries if attempt.outcome == "reply"), None)
    at = f"2026-01-02T00:00:{number % 60:02}"
    return TriedTurn(
        f"t_{number:06}", unit or f"u{number}", arm, at, text or f"text {number}", pressed, backend, cost, tries
    )


def routing(*arms: Arm, off: tuple[str, ...] = (), budget: float = 0.02) -> Routing:
    return Routing(1, arms or BOTH, frozenset(off), budget)


def compare(turns: list[TriedTurn], then: Routing, now: Routing | None = None) -> Preview:
    limits = {0.02: 0.8, 0.05: 0.5, 0.01: 0.95}
    return preview(turns, now or routing(), then, PAST, "seed", lambda _, __, budget: limits[budget])


LOG = [turn(1, ANSWER), turn(2, MISS, FOUND, cost=0.01), turn(3, MISS, NOTHING)]


def test_the_same_routing_changes_nothing() -> None:
    found = compare(LOG, routing())
    assert found.changed == found.estimated == 0
    assert found.now == found.then
    assert found.now.by_backend == {"intent": 1, "rag": 1, "nobody": 1}
    assert (found.now.answered, found.now.cost_usd) == (2, 0.01)


def test_a_backend_that_is_switched_off_leaves_its_messages_to_the_next_or_to_nobody() -> None:
    found = compare(LOG, routing(off=("rag",)))
    assert found.then.by_backend == {"intent": 1, "nobody": 2}
    assert (found.changed, found.then.answered, found.then.cost_usd) == (1, 1, 0.0)


def test_a_chain_that_ends_with_a_person_hands_over_what_nobody_answers() -> None:
    found = compare(LOG, routing(Arm("main", 1.0, ("intent", "handoff"))))
    assert found.then.by_backend == {"intent": 1, "handoff": 2}
    assert found.then.answered == 1


def test_a_backend_that_was_never_asked_on_anything_is_left_open() -> None:
    found = compare(LOG, routing(Arm("main", 1.0, ("soft_prompt", "intent"))))
    assert found.then.by_backend == {"open": 3}
    assert found.estimated == 0


def test_the_same_words_tell_what_a_backend_would_have_said() -> None:
    log = [turn(1, ANSWER, text="Where is  it"), turn(2, FOUND, arm="rag", text="where is it", cost=0.02)]
    arms = (Arm("main", 1.0, ("intent",)), Arm("rag", 1.0, ("rag",)))
    found = compare(log, routing(*arms, off=("intent",)), routing(*arms))
    assert found.then.by_backend == {"nobody": 1, "rag": 1}
    swapped = (Arm("main", 1.0, ("rag",)), Arm("rag", 1.0, ("rag",)))
    found = compare(log, routing(*swapped), routing(*arms))
    assert found.then.by_backend == {"rag": 2}
    assert (found.changed, found.estimated, found.guesses) == (1, 1, {"rag": 1})
    assert found.then.cost_usd == 0.04


def test_messages_of_the_same_kind_tell_it_as_a_share() -> None:
    asked = [turn(n, MISS, FOUND if n % 4 else NOTHING) for n in range(400)]
    unasked = [turn(n, MISS, arm="alone") for n in range(1000, 1400)]
    arms = (*BOTH, Arm("alone", 1.0, ("intent",)))
    found = compare([*asked, *unasked], routing(*BOTH, Arm("alone", 1.0, ("intent", "rag"))), routing(*arms))
    assert found.estimated == 400
    assert 270 < found.then.by_backend["rag"] - found.now.by_backend["rag"] < 330
    again = compare([*asked, *unasked], routing(*BOTH, Arm("alone", 1.0, ("intent", "rag"))), routing(*arms))
    assert again == found


def test_too_few_messages_of_the_same_kind_tell_nothing() -> None:
    asked = [turn(n, MISS, FOUND) for n in range(19)]
    arms = (*BOTH, Arm("alone", 1.0, ("intent",)))
    log = [*asked, turn(50, MISS, arm="alone")]
    found = compare(log, routing(*BOTH, Arm("alone", 1.0, ("intent", "rag"))), routing(*arms))
    assert found.then.by_backend == {"rag": 19, "open": 1}


def test_a_wider_error_budget_lets_unsure_answers_through_and_a_narrower_keeps_sure_ones_back() -> None:
    wider = compare(LOG, routing(budget=0.05))
    assert wider.then.by_backend == {"intent": 3}
    narrower = compare(LOG, routing(budget=0.01))
    assert narrower.then.by_backend["nobody" if "nobody" in narrower.then.by_backend else "open"] >= 1
    assert narrower.then.by_backend.get("intent", 0) == 0


def test_a_button_and_an_answer_below_the_threshold_do_not_follow_the_budget() -> None:
    by_value = Try("intent", "reply", "order_status", 0.3)
    log = [turn(1, ANSWER, pressed=True), turn(2, by_value)]
    assert compare(log, routing(budget=0.01)).then.by_backend == {"intent": 2}


def test_a_message_under_an_earlier_budget_is_judged_by_the_one_it_met() -> None:
    past = Past(("2026-01-01", "2026-01-02T00:00:30"), (0.01, 0.02))
    early, late = turn(1, MISS), turn(40, MISS)
    found = preview(
        [early, late], routing(), routing(), past, "seed", lambda _, __, budget: {0.01: 0.95, 0.02: 0.5}[budget]
    )
    assert found.now.by_backend == {"intent": 1, "open": 1}


def test_moved_weights_draw_customers_as_the_server_does() -> None:
    arms = (Arm("a", 0.5, ("intent",)), Arm("b", 0.5, ("rag",)))
    log = [turn(n, ANSWER, FOUND, arm="a", unit=f"u{n}") for n in range(300)]
    then = (Arm("a", 0.9, ("intent",)), Arm("b", 0.1, ("rag",)))
    found = compare(log, routing(*then), routing(*arms))
    assert found.is_reassigned
    drawn = sum(assign(row.unit, then, "seed").arm == "a" for row in log)
    assert found.then.by_backend["intent"] == drawn
    assert abs(drawn - 270) < 30


def test_arms_that_only_change_their_chain_keep_their_customers() -> None:
    arms = (Arm("a", 0.5, ("intent",)), Arm("b", 0.5, ("rag",)))
    then = (Arm("a", 1, ("intent", "rag")), Arm("b", 1, ("rag",)))
    found = compare([turn(1, ANSWER, arm="a"), turn(2, NOTHING, arm="b")], routing(*then), routing(*arms))
    assert not found.is_reassigned
    assert found.changed == 0


@pytest.mark.slow
def test_fifty_thousand_messages_take_a_moment() -> None:
    log = [turn(n, *((ANSWER,) if n % 3 else (MISS, FOUND)), text=f"text {n % 9000}") for n in range(50_000)]
    begun = time.process_time()
    found = compare(log, routing(Arm("main", 1.0, ("rag", "intent"))))
    assert found.turns == 50_000
    assert time.process_time() - begun < 6
