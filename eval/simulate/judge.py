"""Whether a customer got what they came for, and whether the simulator itself was at fault. Pure.

Two witnesses: what was shown on the customer's screen, and what the server has on record (the intent that answered,
the article cited, the action carried out in the shop, the owner). What the bot claims counts for neither. Where they
contradict each other, the judgement cannot be trusted and the conversation is excluded.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.simulate.customer import Visit
from eval.simulate.move import Asked, AskPerson, Leave, Move, Press, Say
from eval.simulate.phrasing import last_paragraph, likeness

Detail = Mapping[str, Any]
"""A conversation as `GET /api/conversations/{id}` tells it."""
LEAST_LIKE = 0.7
"""Below this likeness, 0..1, a typed text is no longer what the script meant."""


@dataclass(frozen=True, slots=True)
class Played:
    """A whole conversation, as the customer's side knows it."""

    visit: Visit
    moves: tuple[Move, ...]
    asked: tuple[Asked, ...]
    sent: tuple[str, ...]
    """Ids of the messages, in order; the n-th message of `Asked.since` is `sent[n - 1]`."""
    owner: str
    bad: int
    bad_after: tuple[int, ...]
    believed: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is true of one conversation."""

    goal_met: bool | None
    """All that was asked for was given; None when the simulator was at fault."""
    fault: str | None
    wishes: tuple[tuple[bool, bool | None], ...]
    """For each thing asked for: (met on the screen, met on record; None where the record cannot tell)."""


def judge(played: Played, detail: Detail, universe: Collection[str]) -> Verdict:
    """Decide.

    Args:
        universe: every value that any customer could give, to notice somebody else's.
    """
    wishes = [asked for asked in played.asked if asked.since is not None]
    pairs = tuple((asked.is_met, on_record(asked, played.sent, detail)) for asked in wishes)
    met = all(
        recorded if asked.wish.met.action else shown for asked, (shown, recorded) in zip(wishes, pairs, strict=True)
    )
    fault = _fault(played, pairs, detail, universe, is_met=met)
    return Verdict(None if fault else met, fault, pairs)


def on_record(asked: Asked, sent: Sequence[str], detail: Detail) -> bool | None:
    """Tell from the server's record whether a wish was fulfilled; None where the record cannot tell."""
    met, evidence = asked.wish.met, asked.wish.evidence
    if met.person:
        changed = any(event["type"] == "owner_changed" and event["owner"] != "bot" for event in detail["events"])
        return changed or detail["owner"] in {"queue", "operator"}
    since = set(sent[(asked.since or 1) - 1 :])
    turns = [turn for turn in detail["turns"] if turn["message_id"] in since and turn["outcome"] != "suppressed"]
    if met.action:
        is_own = met.of is None or detail["slots"].get(met.of) == asked.values.get(met.of)
        return is_own and any(a["name"] == met.action and a["ok"] for turn in turns for a in turn["actions"])
    answers = [turn for turn in turns if turn["kind"] == "answer"]
    if any(turn["intent"] in evidence.intents for turn in answers):
        return True
    may = {turn["intent"] for turn in answers} & set(evidence.also)
    cited = {citation["article_id"] for turn in answers for citation in turn["citations"]} & set(evidence.articles)
    return None if may or cited else False


def _fault(
    played: Played,
    pairs: Sequence[tuple[bool, bool | None]],
    detail: Detail,
    universe: Collection[str],
    *,
    is_met: bool,
) -> str | None:
    """What the simulator did wrong, or None."""
    if any(recorded is not None and recorded != shown for shown, recorded in pairs):
        return "judges_disagree"
    texts = [move for move in played.moves if isinstance(move, Say)]
    own = {value for asked in played.asked for value in asked.values.values()}
    if any(value in say.text and value not in own for say in texts for value in universe if say.why != "wrong"):
        return "contrary"
    if any(likeness(say.text, say.script) < LEAST_LIKE for say in texts if not say.is_worded):
        return "garbled"
    if _misread(played, detail):
        return "misread"
    if not is_met and _gave_up_early(played):
        return "gave_up_early"
    return None


def _misread(played: Played, detail: Detail) -> bool:
    """Whether a question of the bot was taken for something else, or something else for a question."""
    turns = {turn["message_id"]: turn for turn in detail["turns"]}
    own = {intent for asked in played.asked if asked.wish.met.action for intent in asked.wish.evidence.intents}
    messages = [move for move in played.moves if isinstance(move, Say | Press)]
    questions: set[str] = set()
    """Last paragraphs of what was asked so far; an answer in between ends with the open one."""
    for number, move in enumerate(messages[1:], start=1):
        turn = turns.get(played.sent[number - 1], {})
        if turn.get("kind") == "question":
            questions.add(last_paragraph(turn["reply"]))
        if move.slot is not None and move.why != "owed" and turn.get("kind") == "answer":
            is_asked_again = last_paragraph(turn["reply"]) in questions
            if not is_asked_again:
                return True
    bad = [turns.get(played.sent[number - 1], {}) for number in played.bad_after]
    return any(turn.get("kind") == "question" and turn["intent"] in own for turn in bad)


def _gave_up_early(played: Played) -> bool:
    """Whether somebody left although the script says that they had not had enough yet."""
    last = played.moves[-1]
    if not isinstance(last, Leave) or last.why in {"closed", "person"} or played.believed:
        return False
    has_asked = any(isinstance(move, AskPerson) for move in played.moves)
    is_patient = played.bad < played.visit.patience and played.owner == "bot" and not has_asked
    return last.why == "exhausted" or is_patient
