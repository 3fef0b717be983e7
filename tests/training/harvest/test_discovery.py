"""Turns that no intent took become proposals: what they are called, what they would answer, how many they are."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backends.contract import Citation
from backends.encoder import Floats
from training.harvest.discovery import Limits, Proposal, Source, discover, open_turns
from training.harvest.finding import Known
from training.harvest.logged import LoggedTurn, StoredLabel, Try
from training.harvest.naming import names_for

pytestmark = pytest.mark.slow  # scikit-learn

TOPICS = {"dog": 0, "dogs": 0, "pets": 0, "gift": 1, "wrap": 1, "wrapping": 1, "parcel": 2, "late": 2, "job": 3}
GIFTS = ("do you wrap a gift", "can you gift wrap it", "gift wrapping please", "is gift wrapping free", "wrap my gift")
DOGS = ("may I bring my dog", "are dogs allowed", "is a dog allowed inside", "do you allow dogs", "bring my dogs along")
PARCELS = ("my parcel is late", "the parcel is so late", "late parcel again", "parcel late why", "where is the parcel")


def embed(texts: Sequence[str]) -> Floats:
    """A text means the topics of its words."""
    found = np.full((len(texts), 5), 0.02, dtype=np.float32)
    for place, text in enumerate(texts):
        for word in re.findall(r"\w+", text.lower()):
            found[place, TOPICS.get(word, 4)] += 1.0 if word in TOPICS else 0.1
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


KNOWN_TEXTS = (
    "parcel late",
    "is my parcel for the job late",
    "a late gift wrap parcel",
    "any job",
    "a job for me",
    "the job",
)
KNOWN = Known(KNOWN_TEXTS, ("parcel_late",) * 3 + ("jobs",) * 3, embed(KNOWN_TEXTS))
ARTICLE = Citation("Gifts", "/gifts", "gifts", "We wrap gifts.")
NOT_TAKEN = (Try("intent", "abstain:out_of_scope", None, None), Try("rag", "reply", None, None))
ASKED = LoggedTurn("t", "c", "u", "2026-11-01T00:00:00Z", "x", reply="We wrap gifts.", backend="rag", mode="generated",
                   citations=(ARTICLE,), attempts=NOT_TAKEN)  # fmt: skip


def asked(texts: Sequence[str], name: str, **more: Any) -> list[LoggedTurn]:
    """One turn a text, each of another customer, on the first days of a month."""
    own = [{"turn_id": f"{name}{n}", "customer": f"{name}-u{n}", "text": text} for n, text in enumerate(texts)]
    days = [f"2026-11-{n + 1:02d}T00:00:00Z" for n in range(len(texts))]
    return [replace(ASKED, asked_at=day, **{**one, **more}) for day, one in zip(days, own, strict=True)]


def found(turns: Sequence[LoggedTurn], **more: Any) -> dict[str, Proposal]:
    return {proposal.name: proposal for proposal in discover(turns, KNOWN, embed, **more)}


def test_what_the_language_model_answered_well_is_proposed_with_reply_and_sources() -> None:
    (proposal,) = found(asked(GIFTS, "g")).values()
    assert "gift" in proposal.name
    assert (proposal.size, proposal.customers, proposal.is_new) == (5, 5, True)
    assert proposal.reply == "We wrap gifts."
    assert proposal.sources == (Source("Gifts", "/gifts"),)
    assert {example.text for example in proposal.examples} == set(GIFTS)


def test_what_a_person_answered_is_proposed_with_the_person_as_source() -> None:
    turns = asked(DOGS, "d", operator_reply="Dogs are welcome.", reply=None, outcome="handoff", mode=None, citations=())
    (proposal,) = found(turns).values()
    assert (proposal.reply, proposal.sources) == ("Dogs are welcome.", (Source("operator", None),))


def test_topics_are_kept_apart_and_the_largest_comes_first() -> None:
    more = asked([text + " now" for text in GIFTS], "h")
    names = list(found([*asked(DOGS, "d"), *asked(GIFTS, "g"), *more]))
    assert len(names) == 2
    assert "gift" in names[0]
    assert "dog" in names[1]


def test_turns_are_drawn_out_to_a_month_and_badly_answered_ones_count_too() -> None:
    (alone,) = found(asked(GIFTS, "g")).values()
    (both,) = found([*asked(GIFTS, "g"), *asked(GIFTS, "b", thumbs=(-1,))]).values()
    assert (alone.days, alone.turns_per_month) == (4.0, round(5 * 30.44 / 4, 1))
    assert alone.turns_per_month < both.turns_per_month <= 2 * alone.turns_per_month
    assert both.size == 5


def test_examples_an_intent_lacks_are_told_from_a_new_intent() -> None:
    (proposal,) = found(asked(PARCELS, "p")).values()
    assert (proposal.nearest_intent, proposal.is_new) == ("parcel_late", False)
    assert proposal.name not in KNOWN.intents


@pytest.mark.parametrize(
    "changes",
    [
        {"customer": "u1"},
        {"thumbs": (-1,)},
        {"resolved": False},
        {"outcome": "fallback", "reply": None},
        {"mode": "template"},
        {"payload": "/gift"},
        {"attempts": (Try("intent", "reply", "gift", 0.9),)},
        {"labels": (StoredLabel("jobs", "operator", "anna", "2026-11-02"),)},
    ],
)
def test_what_was_taken_or_answered_badly_or_asked_by_one_person_is_not_proposed(changes: dict[str, Any]) -> None:
    turns = [replace(turn, **changes) for turn in asked(GIFTS, "g")]
    assert found(turns) == {}


def test_few_turns_are_no_intent() -> None:
    assert found(asked(GIFTS[:4], "g")) == {}
    assert found([]) == {}
    assert len(found(asked(GIFTS[:3], "g"), limits=Limits(turns=3, customers=2))) == 1


def test_examples_are_masked() -> None:
    (turn,) = open_turns(asked(["gift for anna@example.com"], "g"))
    assert turn.text == "gift for [email]"


def test_names_are_the_telling_words_and_never_in_use() -> None:
    background = ("my parcel is late", "my parcel is here", "my job")
    clusters = [list(GIFTS), list(GIFTS), list(DOGS), ["[email] 12", "is it"]]
    names = names_for(clusters, background=background, taken={"jobs"})
    assert len(set(names)) == 4
    assert all(re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", name) for name in names)
    assert names[1] == f"{names[0]}_2"
    assert "dog" in names[2]
    assert names[3] == "new_intent"
