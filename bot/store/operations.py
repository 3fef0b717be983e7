"""What is written for one event of one conversation: each function runs inside one transaction of the writer.

State is read, stepped by `conversation.apply` and written back here, so that two processes can never both win.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlite_utils import Database

from backends.contract import QuickReply
from bot import conversation as machine
from bot.conversation import Conversation, Effect, Event, Owner
from bot.errors import Conflict, NotFound, Taken
from bot.ids import new_id, now
from bot.queueing import Happened, Patience, clock, estimate_s, is_due, minutes
from bot.store.queue import count_line, note_moves, read_paces
from bot.store.rows import ConversationRow, Pending, Snapshot, StoredEvent, TurnRow
from bot.store.tables import (
    Claim,
    append_event,
    claim_lease,
    has_message,
    history_before,
    insert_turn,
    next_pending,
    read_conversation,
    read_slots,
    save_conversation,
    write_slots,
)
from bot.wire import (
    BotUttered,
    ConversationClosed,
    OperatorUttered,
    OwnerChanged,
    StoredFrame,
    UserUtteredOut,
    quick_reply_out,
)


class Phrase(NamedTuple):
    """One of the host's own texts, in the customer's language."""

    text: str
    quick_replies: tuple[QuickReply, ...] = ()


Phrases = Callable[[str, str], Phrase]
"""(name, language) → text."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """What an event changed."""

    conversation: ConversationRow
    effects: tuple[Effect, ...]
    events: tuple[StoredEvent, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a customer message."""

    stepped: Stepped
    duplicate: bool
    pending: bool
    """The bot is to answer it."""
    claimed: bool
    """This worker is the one to do so."""
    snapshot: Snapshot | None = None
    """What the oldest unanswered message is answered from, if that was asked for and this worker is to do it."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A customer message, masked, ready to be stored."""

    message_id: str
    text: str
    payload: str | None = None
    slots: Mapping[str, str] | None = None
    reply_to: str | None = None
    """The bot message whose button was pressed; it must exist."""


def receive(
    db: Database,
    conversation_id: str,
    incoming: Incoming,
    claim: Claim,
    history: int | None = None,
    row: ConversationRow | None = None,
) -> Received:
    """Store a customer message, and claim the conversation if the bot is to answer.

    A message id seen before changes nothing.

    Args:
        history: read what the answer needs too, with so many earlier messages; None reads nothing.
        row: the conversation, if it was read in this transaction already.

    Raises:
        NotFound: no such conversation.
        Conflict: the conversation is closed.
    """
    row = row or read_conversation(db, conversation_id)
    if has_message(db, conversation_id, incoming.message_id):
        pending = next_pending(db, conversation_id) is not None
        claimed = pending and claim_lease(db, conversation_id, claim)
        return Received(Stepped(row, (), ()), True, pending, claimed)
    if incoming.reply_to is not None and not has_message(db, conversation_id, incoming.reply_to):
        raise NotFound(f"no message {incoming.reply_to!r} in conversation {conversation_id}")
    state, effects = machine.apply(_state(row), machine.Said())
    _refuse(effects, row)
    offset = row.last_offset + 1
    at = now()
    frame = UserUtteredOut(offset=offset, at=at, message_id=incoming.message_id, text=incoming.text)
    event = append_event(db, conversation_id, frame)
    found = incoming.slots or {}
    write_slots(db, conversation_id, found, at)
    claimed, pending = False, machine.AskBackends() in effects
    if pending:
        db.execute(
            "INSERT INTO inbox (conversation_id, message_id, text, payload, found_json, received_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [conversation_id, incoming.message_id, incoming.text, incoming.payload, _names(found), at],
        )
        claimed = claim_lease(db, conversation_id, claim)
    since = clock(row, state, at, Happened(asked=True))
    row = save_conversation(db, row, state, offset, clock=since, last_text=incoming.text)
    oldest = next_pending(db, conversation_id) if claimed and history is not None else None
    snapshot = _snapshot(db, row, oldest, history or 0) if oldest else None
    return Received(Stepped(row, effects, (event,)), False, pending, claimed, snapshot)


def take_up(db: Database, row: ConversationRow, claim: Claim, history: int) -> tuple[Snapshot | None, bool]:
    """Read what the oldest unanswered message is answered from, and whether another worker has the lease of it.

    When nothing waits for the bot, the snapshot is None and the lease is given up.
    """
    pending = next_pending(db, row.id)
    if pending is not None and row.owner == Owner.BOT:
        if not claim_lease(db, row.id, claim):
            return None, True
        return _snapshot(db, row, pending, history), False
    if pending is not None:
        db.execute("DELETE FROM inbox WHERE conversation_id = ?", [row.id])
    db.execute(
        "UPDATE conversations SET lease_worker = NULL, lease_until = NULL WHERE id = ? AND lease_worker = ?",
        [row.id, claim.worker],
    )
    return None, False


def _snapshot(db: Database, row: ConversationRow, pending: Pending, history: int) -> Snapshot:
    return Snapshot(row, pending, read_slots(db, row.id), history_before(db, row.id, pending, history))


def step(
    db: Database, conversation_id: str, event: Event, phrases: Phrases, text: str = "", *, staffed: bool = True
) -> Stepped:
    """Carry out an event that is no message of the customer: ask for a person, take over, reply, hand back, close.

    Args:
        text: what the operator said, for `OperatorSaid`.
        staffed: whether somebody is on duty.

    Raises:
        NotFound: no such conversation.
        Conflict: the conversation is closed.
        Taken: another operator has it.
    """
    row = read_conversation(db, conversation_id)
    state, effects = machine.apply(_state(row), event, staffed=staffed)
    _refuse(effects, row)
    told = _Told(db, row, state, phrases)
    frames = [frame for effect in effects if (frame := told.frame(effect, text=text)) is not None]
    return _write(db, row, state, effects, frames)


def time_out(db: Database, conversation_id: str, at: datetime, patience: Patience, phrases: Phrases) -> Stepped | None:
    """Give a conversation back to the bot if its customer has waited too long; None when it is not, or no more, so.

    Several workers may try at once: the first one does it.

    Raises:
        NotFound: no such conversation.
    """
    if not is_due(read_conversation(db, conversation_id), at, patience):
        return None
    return step(db, conversation_id, machine.TimedOut(), phrases)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended, ready to be stored."""

    turn: TurnRow
    event: Event
    shown: BotUttered | None
    """The reply to show, if a backend gave one; its offset is set at commit."""
    forget: tuple[str, ...] = ()


def commit_turn(
    db: Database, snapshot: Snapshot, outcome: Outcome, phrases: Phrases, *, staffed: bool = True
) -> Stepped:
    """Store a turn with its attempts; show its reply only if neither owner nor answer has changed meanwhile.

    Raises:
        NotFound: the conversation was erased meanwhile.
    """
    row = read_conversation(db, snapshot.conversation.id)
    state, effects = machine.apply(_state(row), outcome.event, staffed=staffed)
    is_open = db.execute("DELETE FROM inbox WHERE seq = ?", [snapshot.pending.seq]).rowcount == 1
    changed = row.owner_seq != snapshot.conversation.owner_seq or not is_open
    if changed or any(isinstance(effect, machine.Refuse) for effect in effects):
        state, effects = _state(row), (machine.Suppress(),)
    told = _Told(db, row, state, phrases)
    frames: list[StoredFrame] = []
    for effect in effects:
        if isinstance(effect, machine.ShowReply) and outcome.shown is not None:
            frames.append(told.with_place(outcome.shown))
        elif frame := told.frame(effect, reply_to=snapshot.pending.message_id):
            frames.append(frame)
    bot_frames = [frame for frame in frames if isinstance(frame, BotUttered)]
    turn = replace(
        outcome.turn,
        outcome=outcome_after(outcome.turn.outcome, effects),
        bot_message_id=bot_frames[0].message_id if bot_frames else outcome.turn.bot_message_id,
        reply=outcome.turn.reply or (bot_frames[0].text if bot_frames else None),
    )
    insert_turn(db, turn)
    for name in outcome.forget:
        db.execute("DELETE FROM conversation_slots WHERE conversation_id = ? AND name = ?", [row.id, name])
    return _write(db, row, state, effects, frames)


def outcome_after(outcome: str, effects: tuple[Effect, ...]) -> str:
    """What the customer got: an own phrase of the host is `fallback` or `handoff`."""
    if machine.Suppress() in effects:
        return "suppressed"
    if outcome == "error":
        return outcome
    return next((effect.phrase for effect in effects if isinstance(effect, machine.Say)), outcome)


# --- parts -------------------------------------------------------------------------------------------------


def _write(
    db: Database,
    row: ConversationRow,
    state: Conversation,
    effects: tuple[Effect, ...],
    frames: Iterable[StoredFrame],
) -> Stepped:
    offset, events, at = row.last_offset, [], now()
    for frame in frames:
        offset += 1
        events.append(append_event(db, row.id, frame.model_copy(update={"offset": offset, "at": now()})))
    text = next((e.frame.text for e in reversed(events) if isinstance(e.frame, BotUttered | OperatorUttered)), None)
    is_taken = machine.ChangeOwner(Owner.OPERATOR) in effects
    happened = Happened(
        answered=machine.ShowOperator() in effects, open=is_taken and next_pending(db, row.id) is not None
    )
    since = clock(row, state, at, happened)
    after = save_conversation(db, row, state, offset, clock=since, last_text=text)
    note_moves(db, row, after, at)
    if state.owner is Owner.CLOSED:
        end = next((e.reason for e in effects if isinstance(e, machine.End)), "closed")
        close(db, row.id, end)
    return Stepped(after, effects, tuple(events))


def close(db: Database, conversation_id: str, reason: str) -> None:
    """Purge what lives only as long as the conversation: slots and waiting messages."""
    db.execute("DELETE FROM conversation_slots WHERE conversation_id = ?", [conversation_id])
    db.execute("DELETE FROM inbox WHERE conversation_id = ?", [conversation_id])
    db.execute(
        "UPDATE conversations SET closed_at = ?, close_reason = ? WHERE id = ?",
        [now(), reason, conversation_id],
    )


class _Told(NamedTuple):
    """What the customer is told of the effects of one event."""

    db: Database
    row: ConversationRow
    """Before the event."""
    state: Conversation
    """After it."""
    phrases: Phrases

    def frame(self, effect: Effect, *, text: str = "", reply_to: str | None = None) -> StoredFrame | None:
        """The frame an effect is stored and sent as; None for those that are no frame."""
        stamp: dict[str, Any] = {"offset": 0, "at": ""}
        match effect:
            case machine.Say(phrase):
                return self.with_place(self._said(phrase, reply_to, stamp))
            case machine.ChangeOwner(owner):
                return OwnerChanged.model_validate({**stamp, "owner": owner.value})
            case machine.ShowOperator():
                return OperatorUttered(**stamp, message_id=new_id("m"), text=text, operator=self.state.operator or "")
            case machine.End(reason):
                return ConversationClosed(**stamp, reason=reason)
            case _:
                return None

    def with_place(self, said: BotUttered) -> BotUttered:
        """Add the place in line to what a customer hears who enters the queue now."""
        enters = self.state.owner is Owner.QUEUE and self.row.owner != Owner.QUEUE and not self.state.left_message
        place = self._place() if enters else ""
        return said.model_copy(update={"text": f"{said.text} {place}"}) if place else said

    def _said(self, phrase: str, reply_to: str | None, stamp: dict[str, Any]) -> BotUttered:
        is_nobody = phrase == "handoff" and self.state.left_message
        said = self.phrases("handoff_nobody" if is_nobody else phrase, self.row.language)
        return BotUttered(
            **stamp,
            message_id=new_id("m"),
            reply_to=reply_to,
            text=said.text,
            backend=phrase,
            quick_replies=tuple(map(quick_reply_out, said.quick_replies)),
        )

    def _place(self) -> str:
        """How long it will take; nothing for who is next while nobody knows."""
        position = count_line(self.db, self.row.source) + 1
        told = estimate_s(read_paces(self.db, self.row.source, datetime.now(UTC)), position)
        if told is None:
            return "" if position == 1 else self._phrase("place", place=position)
        name = "next_estimate" if position == 1 else "place_estimate"
        return self._phrase(name, place=position, minutes=minutes(told))

    def _phrase(self, name: str, **values: int) -> str:
        return self.phrases(name, self.row.language).text.format(**values)


def _state(row: ConversationRow) -> Conversation:
    return Conversation(Owner(row.owner), row.operator, row.misses, row.clarified, row.flow, row.left_message)


def _refuse(effects: tuple[Effect, ...], row: ConversationRow) -> None:
    for effect in effects:
        if effect == machine.Refuse("taken"):
            raise Taken(row.operator or "")
        if isinstance(effect, machine.Refuse):
            raise Conflict(f"the conversation is {effect.code}")


def _names(found: Mapping[str, str]) -> str:
    return ",".join(sorted(found))
