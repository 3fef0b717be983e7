"""Assignment by a seeded hash, and routings that are refused."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.routing import Arm, Routing, assign, chain_of, check, from_json, to_json

KNOWN = {"intent", "rag", "scripted"}
ARMS = (Arm("a", 3.0, ("intent", "rag")), Arm("b", 1.0, ("rag", "handoff")))


def test_the_shares_follow_the_weights() -> None:
    counts = Counter(assign(f"visitor:{n}", ARMS, "seed").arm for n in range(4000))
    assert 0.72 < counts["a"] / 4000 < 0.78  # 3 of 4; four standard errors are 0.027


@given(st.text(), st.text())
def test_the_same_customer_gets_the_same_arm(unit: str, seed: str) -> None:
    first = assign(unit, ARMS, seed)
    assert assign(unit, ARMS, seed) == first
    assert first.propensity == {"a": 0.75, "b": 0.25}[first.arm]


def test_an_arm_without_weight_is_never_drawn() -> None:
    arms = (Arm("off", 0.0, ("rag",)), Arm("on", 2.0, ("intent",)))
    assert {assign(str(n), arms, "s") for n in range(200)} == {("on", 1.0)}


def test_another_seed_shuffles_the_customers() -> None:
    moved = sum(assign(str(n), ARMS, "one").arm != assign(str(n), ARMS, "two").arm for n in range(1000))
    assert 250 < moved < 500  # 2 * 0.75 * 0.25 of them


@pytest.mark.parametrize(
    ("routing", "words"),
    [
        (Routing(1, ()), "weight above 0"),
        (Routing(1, (Arm("a", 0.0, ("rag",)),)), "weight above 0"),
        (Routing(1, (Arm("a", -1.0, ("rag",)),)), "finite number"),
        (Routing(1, (Arm("a", float("nan"), ("rag",)),)), "finite number"),
        (Routing(1, (Arm("a", 1.0, ()),)), "one or more backends"),
        (Routing(1, (Arm("a", 1.0, ("rag", "rag")),)), "each once"),
        (Routing(1, (Arm("a", 1.0, ("gpt",)),)), "unknown backends ['gpt']"),
        (Routing(1, (Arm("a", 1.0, ("handoff", "rag")),)), "last step"),
        (Routing(1, (Arm("a", 1.0, ("rag",)), Arm("a", 1.0, ("rag",)))), "distinct names"),
        (Routing(1, ARMS, frozenset({"gpt"})), "unknown backends ['gpt']"),
        (Routing(1, ARMS, frozenset(), 1.5), "error_budget"),
    ],
)
def test_a_routing_that_cannot_work_is_refused(routing: Routing, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        check(routing, KNOWN)


def test_a_good_routing_passes_and_survives_the_store() -> None:
    routing = Routing(7, ARMS, frozenset({"rag"}), 0.05)
    check(routing, KNOWN)
    assert from_json(7, to_json(routing)) == routing


def test_a_conversation_whose_arm_was_removed_gets_the_heaviest_chain() -> None:
    assert chain_of(Routing(1, ARMS), "b") == ("rag", "handoff")
    assert chain_of(Routing(1, ARMS), "gone") == ("intent", "rag")
