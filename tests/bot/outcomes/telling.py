"""Conversations written down literally: a line for each step, with the minute at which it happened.

    0 customer: Where is my parcel?
    0.1 template order_status: On its way.
    1 thumb -1

A customer's line may name the button that was pressed (`payload=/greet`) or a label given later (`label=greet`). A
reply is `template INTENT`, `rag`, `asks INTENT`, `acts INTENT`, `refuses INTENT`, `drops INTENT`, `clarify`,
`fallback`, `handoff`, `error` or `suppressed`; further words set fields of the turn (`quote=x`). The rest: `host`,
`person`, `owner NAME`, `closed REASON`, `thumb VALUE [TURN]` and `solved VALUE`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.outcomes.rules import Rules, rules_of
from bot.outcomes.transcript import AskedTurn, Event, Signal, Transcript
from bot.settings import OutcomeSection

START = datetime(2024, 3, 2, 10, tzinfo=UTC)
RULES = rules_of(OutcomeSection())
ABBREVIATED = {
    "@answered": ("0 customer: Where is my parcel?", "0.1 template order_status: On its way."),
    "@handed off": (
        "0 customer: Where is my parcel?",
        "0.1 fallback",
        "1 customer: my parcel!",
        "1.1 handoff",
        "1.1 owner queue",
    ),
}
NOBODY: dict[str, Any] = {"kind": None, "mode": None, "backend": None, "intent": None}
REPLIES: dict[str, dict[str, Any]] = {
    "template": {},
    "rag": {"backend": "rag", "mode": "generated", "intent": None},
    "asks": {"kind": "question", "mode": "flow"},
    "acts": {"mode": "flow", "actions": (True,)},
    "refuses": {"mode": "flow", "actions": (False,)},
    "drops": {"mode": "flow"},
    "clarify": {"kind": "clarify"},
    "fallback": {"outcome": "fallback", **NOBODY},
    "handoff": {"outcome": "handoff", **NOBODY},
    "error": {"outcome": "error", **NOBODY},
    "suppressed": {"outcome": "suppressed"},
}


class _Telling:
    """A conversation in the making."""

    def __init__(self, name: str, start: datetime) -> None:
        self.name = name
        self.start = start
        self.events: list[Event] = []
        self.turns: list[AskedTurn] = []
        self.signals: list[Signal] = []
        self.beside: dict[str, str] = {}

    def step(self, line: str) -> None:
        head, _, text = line.partition(": ")
        minute, what, *words = head.split()
        named = dict(word.split("=", 1) for word in words if "=" in word)
        self._do(self.start + timedelta(minutes=float(minute)), what, [w for w in words if "=" not in w], named, text)

    def _do(self, at: datetime, what: str, words: list[str], named: dict[str, str], text: str) -> None:
        place = f"{self.name}-{len(self.events):03}"
        match what:
            case "customer":
                self.beside = named
                self.events.append(Event(at, "user_uttered", text, f"{place}m"))
            case "person":
                self.events.append(Event(at, "operator_uttered", text, f"{place}p"))
            case "host":
                self.events.append(Event(at, "bot_uttered", "I am passing this on.", f"{place}h"))
            case "owner":
                self.events.append(Event(at, "owner_changed", owner=words[0]))
            case "closed":
                self.events.append(Event(at, "conversation_closed", reason=words[0]))
            case "thumb":
                turn = self.turns[int(words[1]) if words[1:] else -1]
                self.signals.append(Signal(at, "feedback", int(words[0]), turn.id))
            case "solved":
                self.signals.append(Signal(at, "resolved", int(words[0])))
            case _:
                self._reply(at, what, words, named, text)

    def _reply(self, at: datetime, what: str, words: list[str], named: dict[str, Any], text: str) -> None:
        place = f"{self.name}-{len(self.events):03}"
        asked = [event for event in self.events if event.type == "user_uttered"][-1]
        plain = AskedTurn(
            id=f"{place}t",
            message_id=asked.message_id or "",
            answered_at=at,
            outcome="answered",
            bot_message_id=f"{place}b",
            kind="answer",
            mode="template",
            backend="intent",
            intent=words[0] if words else "order_status",
            payload=self.beside.get("payload"),
            label=self.beside.get("label"),
            reply=text,
            latency_ms=2.0,
            backend_ms=1.0,
        )
        turn = replace(plain, **REPLIES[what], **named)
        self.turns.append(turn)
        if turn.outcome != "suppressed":
            self.events.append(Event(at, "bot_uttered", text, turn.bot_message_id, turn.message_id))


def tell(
    steps: str | Sequence[str], *, name: str = "c1", start: datetime = START, unit: str = "visitor:v1"
) -> Transcript:
    """Read a conversation: lines, or one line with ` | ` between the steps."""
    lines = steps.split(" | ") if isinstance(steps, str) else steps
    telling = _Telling(name, start)
    for line in lines:
        for step in ABBREVIATED.get(line.strip(), (line.strip(),)):
            if step:
                telling.step(step)
    return Transcript(name, unit, "live", start, telling.events, telling.turns, telling.signals, "en", "main", 0.5, 3)


def with_rules(**changes: object) -> Rules:
    """The rules of other settings."""
    return rules_of(OutcomeSection.model_validate(changes))
