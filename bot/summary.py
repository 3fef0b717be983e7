"""A conversation in a few lines, for whoever takes it up next: made from what is stored, by no model. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

MOST_CHARS = 160
"""Of one quoted message."""
Detail = Mapping[str, Any]
"""A conversation as `bot.store.queries.read_detail` gives it."""


def draft(detail: Detail) -> str:
    """Tell what the customer wanted, what was tried, which details were given and what the operator said.

    Everything in it is masked as it is stored; of slots it names which ones there are, not what they hold.
    """
    return "\n".join(line for line in _lines(detail) if line)


def _lines(detail: Detail) -> Iterator[str]:
    asked = [event["text"] for event in detail["events"] if event["type"] == "user_uttered"]
    yield "Wanted: " + _wanted(asked, detail["turns"])
    yield from _labelled("Tried", _tried(detail["turns"]))
    yield from _labelled("Answer cut short", _cut(detail["turns"]))
    yield from _labelled("Given", sorted(name.replace("_", " ") for name in detail["slots"]))
    said = [event for event in detail["events"] if event["type"] == "operator_uttered"]
    yield from _labelled("Said by a person", [f"{event['operator']}: {_quoted(event['text'])}" for event in said[-2:]])
    yield from _labelled("Open", _open(detail["events"]))
    if detail["resolved"] is not None:
        yield "The customer says: " + ("solved" if detail["resolved"] else "not solved")


def _wanted(asked: Sequence[str], turns: Iterable[Detail]) -> str:
    if not asked:
        return "nothing was said yet"
    intents = list(dict.fromkeys(turn["intent"] for turn in turns if turn["intent"]))
    about = f" ({', '.join(intents)})" if intents else ""
    last = f", last {_quoted(asked[-1])}" if len(asked) > 1 else ""
    return f"{_quoted(asked[0])}{last}{about}"


def _tried(turns: Sequence[Detail]) -> list[str]:
    """How the turns ended, the same things once, in order."""
    return list(dict.fromkeys(filter(None, map(_ending, turns))))


def _ending(turn: Detail) -> str:
    match turn["outcome"]:
        case "answered":
            about = f" on {turn['intent']}" if turn["intent"] else ""
            return f"{turn['backend']} answered{about}" + (", with an action" if turn["actions"] else "")
        case "handoff":
            return "passed to a person"
        case "suppressed":
            return ""
        case _:
            return "no answer" + _asked(turn)


def _cut(turns: Iterable[Detail]) -> list[str]:
    """Questions that the bot was answering when somebody else took the conversation, and who was asked by then."""
    return [_quoted(turn["text"]) + _asked(turn) for turn in turns if turn["outcome"] == "suppressed"]


def _asked(turn: Detail) -> str:
    reasons = [f"{attempt['backend']} {_reason(attempt['outcome'])}" for attempt in turn["attempts"]]
    return f" ({', '.join(reasons)})" if reasons else ""


def _reason(outcome: str) -> str:
    return outcome.removeprefix("abstain:").replace("_", " ")


def _open(events: Sequence[Detail]) -> list[str]:
    """What the customer wrote after everybody else."""
    said = [event for event in events if event["type"] in {"user_uttered", "bot_uttered", "operator_uttered"}]
    return [_quoted(said[-1]["text"])] if said and said[-1]["type"] == "user_uttered" else []


def _labelled(label: str, parts: Sequence[str]) -> Iterator[str]:
    if parts:
        yield f"{label}: {'; '.join(parts)}"


def _quoted(text: str) -> str:
    plain = " ".join(text.split())
    return f"“{plain if len(plain) <= MOST_CHARS else plain[: MOST_CHARS - 1] + '…'}”"
