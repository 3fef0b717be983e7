"""When a ranking is sure enough, and what a button says."""

from dataclasses import dataclass

import pytest

from backends.content.heard import Heard, judge, pressed
from backends.contract import Parse


@dataclass(frozen=True)
class Limits:
    min_confidence: float = 0.6
    min_margin: float = 0.2

    def confidence_for(self, intent: str) -> float:
        return 0.95 if intent == "d" else self.min_confidence


def test_an_intent_with_a_threshold_of_its_own_is_held_to_it() -> None:
    parse = Parse("d", 0.9, (("d", 0.9), ("a", 0.05)), 0.3)
    assert judge(parse, Limits()).reason == "low_confidence"
    assert judge(Parse("d", 0.96, (("d", 0.96), ("a", 0.02)), 0.3), Limits()).intent == "d"


def ranked(*values: float, in_scope: bool = True) -> Parse:
    ranking = tuple(zip("abcdef", values, strict=False))
    return Parse("a" if in_scope else None, values[0], ranking, 0.3)


@pytest.mark.parametrize(
    ("parse", "intent", "reason", "candidates"),
    [
        (ranked(0.9, 0.05), "a", None, ()),
        (ranked(0.6, 0.1), "a", None, ()),
        (ranked(0.59, 0.1), None, "low_confidence", ()),
        (ranked(0.9, 0.05, in_scope=False), None, "out_of_scope", ()),
        (ranked(0.4, 0.35), None, "ambiguous", ("a", "b")),
        (ranked(0.3, 0.29, 0.28, 0.1), None, "low_confidence", ()),
        (ranked(0.35, 0.3, 0.28), None, "ambiguous", ("a", "b", "c")),
        (ranked(0.33, 0.32, 0.31, 0.3), None, "ambiguous", ("a", "b", "c")),
        (ranked(0.25, 0.2, 0.2), None, "low_confidence", ()),
    ],
)
def test_scope_then_ambiguity_then_confidence(
    parse: Parse, intent: str | None, reason: str | None, candidates: tuple[str, ...]
) -> None:
    heard = judge(parse, Limits())
    assert heard.intent == intent
    assert heard.guess == "a"
    assert heard.confidence == parse.confidence
    assert heard.candidates == candidates
    if reason is not None:
        assert heard.reason == reason


def test_the_scores_are_there_for_operators() -> None:
    assert judge(ranked(0.9, 0.05), Limits()).detail == "a 0.90, b 0.05; oos 0.30"


def test_a_known_payload_is_that_intent_for_sure() -> None:
    assert pressed("/a", {"a"}.__contains__) == Heard("a", 1.0, guess="a", is_pressed=True)


@pytest.mark.parametrize("payload", [None, "too small", "/b", "/", ""])
def test_words_are_read_where_the_payload_is_no_known_intent(payload: str | None) -> None:
    assert pressed(payload, {"a"}.__contains__) is None


def test_none_of_these_is_ambiguous() -> None:
    heard = pressed("/none_of_these", {"a"}.__contains__)
    assert heard is not None
    assert (heard.intent, heard.reason) == (None, "ambiguous")
