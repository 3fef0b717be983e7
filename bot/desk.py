"""Handles one event of one conversation: the only caller of engine and writer.

It knows neither sockets nor HTTP. A message is stored, then answered by the one worker that holds the conversation's
lease, one at a time and in order; whatever is stored is published.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

from sqlite_utils import Database

from backends.contract import Turn
from bot.boundary import Crashed, boundary
from bot.conversation import CancelTurn, Event, PersonAsked, Suppress, TellOperators
from bot.engine import Answer
from bot.errors import NotFound, Refused, StoreError
from bot.ids import new_id
from bot.log import bound
from bot.queueing import Patience
from bot.routing import Routing, chain_of
from bot.shift import Running, Shift, Stored
from bot.store import operations
from bot.store.journal import Change, write_change
from bot.store.operations import Incoming, Outcome, Received, Stepped
from bot.store.rows import ConversationRow, Snapshot, StoredEvent
from bot.store.showing import shown
from bot.store.tables import LEASE_S, Claim, read_conversation, read_slots, renew_leases
from bot.tools import Tools, Utterance
from bot.turns import PRESSED, Ending, begins_ahead, found_in, outcome_of, since_ms, turn_of
from bot.wire import BotCancelled, BotStarted, BotToken, ConversationClosed, OwnerChanged, StatusOut

logger = logging.getLogger(__name__)


class Desk:
    """One for each worker process."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._shift = Shift()
        self._heart: asyncio.Task[None] | None = None

    async def say(self, conversation_id: str, utterance: Utterance) -> Received:
        """Store a customer message; it is answered in the background.

        Raises:
            NotFound: no such conversation.
            Conflict: it is closed.
            StoreError: nothing was stored.
        """
        tools = self._tools
        history = None if conversation_id in self._shift.tasks else tools.settings.engine.history
        stored: Stored = asyncio.get_running_loop().create_future()

        def begin(received: Received) -> None:
            if begins_ahead(received, utterance.payload):
                self.kick(conversation_id, received.snapshot, stored)

        def receive(db: Database) -> Received:
            row = read_conversation(db, conversation_id)
            reading = tools.read_slots(utterance.text, row.flow)
            incoming = Incoming(
                utterance.message_id,
                tools.redact(reading.text),
                tools.redact(utterance.payload) if utterance.payload else None,
                found_in(reading, row, utterance.text),
                utterance.reply_to,
            )
            return operations.receive(db, conversation_id, incoming, self._claim(), history, row)

        is_stored = False
        try:
            received = await tools.writer.write(receive, ahead=begin)
            is_stored = True
        finally:
            stored.set_result(is_stored)
        return received

    async def follow_up(self, conversation_id: str, received: Received, payload: str | None) -> None:
        """Publish what `say` stored and see to the answer; called once the message has been acknowledged."""
        self._publish(received.stepped)
        pressed = PRESSED.get(payload or "")
        if pressed is not None and not received.duplicate:
            await self.step(conversation_id, pressed)
        if received.claimed and not begins_ahead(received, payload):
            self.kick(conversation_id, None if pressed else received.snapshot)
        elif received.pending and not received.claimed:
            self._later(conversation_id)

    async def step(
        self,
        conversation_id: str,
        event: Event,
        text: str = "",
        *,
        change: Change | None = None,
        also: Callable[[Database], object] | None = None,
    ) -> Stepped:
        """Carry out any other event: ask for a person, take over, reply, hand back, close.

        Args:
            text: what the operator said; the customer reads it as typed, the store keeps it masked.
            change: for the journal, if the event changes anything.
            also: what else is to be written, in the same transaction.

        Raises:
            NotFound: no such conversation.
            Conflict: it is closed, or another operator has it.
            StoreError: nothing was stored.
        """
        tools = self._tools

        def write(db: Database) -> tuple[Stepped, dict[str, str]]:
            slots = read_slots(db, conversation_id)
            stored = tools.redact(tools.hider(slots)(text))
            staffed = tools.staffed(db)
            stepped = operations.step(db, conversation_id, event, tools.phrases, stored, staffed=staffed)
            if also is not None:
                also(db)
            if change is not None and stepped.effects:
                write_change(db, change)
            return stepped, slots

        with tools.hub.committing(conversation_id):
            stepped, slots = await tools.writer.write(write)
            self._carry_out(stepped)
            tools.hub.publish(shown(stepped.events, slots, said=text))
        if isinstance(event, PersonAsked) and stepped.effects:
            tools.metrics.handoff("asked", source=stepped.conversation.source)
        return stepped

    async def give_back(self, conversation_id: str, at: datetime, patience: Patience) -> bool:
        """Give a conversation back to the bot if its customer has waited too long by now; tells whether it was.

        Raises:
            NotFound: no such conversation.
            Conflict: it is closed.
            StoreError: nothing was stored.
        """
        tools = self._tools
        stepped = await tools.writer.write(
            lambda db: operations.time_out(db, conversation_id, at, patience, tools.phrases)
        )
        if stepped is None:
            return False
        self._carry_out(stepped)
        self._publish(stepped)
        tools.metrics.given_back(source=stepped.conversation.source)
        return True

    def observe(self, event: StoredEvent) -> None:
        """Hear of an event another worker stored: a take-over there ends a turn here."""
        match event.frame:
            case OwnerChanged(owner=owner) if owner != "bot":
                self._cancel(event.conversation_id)
            case ConversationClosed():
                self._cancel(event.conversation_id)
            case _:
                pass

    def kick(self, conversation_id: str, snapshot: Snapshot | None = None, stored: Stored | None = None) -> None:
        """Answer what waits in a conversation, if nobody else does.

        Args:
            snapshot: of the oldest message, read just now; without one it is read first.
            stored: becomes true once the message is durable; None when it is. The model may begin before that.
        """
        if self._shift.closing:
            return
        if conversation_id in self._shift.tasks:
            self._shift.again.add(conversation_id)
            return
        task = asyncio.get_running_loop().create_task(self._work(conversation_id, snapshot, stored))
        self._shift.tasks[conversation_id] = task
        if self._heart is None or self._heart.done():
            self._heart = asyncio.get_running_loop().create_task(self._beat())

    async def aclose(self, grace_s: float) -> None:
        """Let turns in flight finish for a while, then stop; what is unanswered stays in the store."""
        self._shift.closing = True
        for timer in self._shift.timers:
            timer.cancel()
        tasks = list(self._shift.tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._heart is not None:
            self._heart.cancel()

    # --- answering -----------------------------------------------------------------------------------------

    async def _work(self, conversation_id: str, snapshot: Snapshot | None, stored: Stored | None) -> None:
        try:
            with bound(conversation_id=conversation_id), boundary("work", conversation_id):
                is_held = await self._answer_all(conversation_id, snapshot, stored)
            if is_held:
                self._later(conversation_id)
        except StoreError:
            self._tools.metrics.error("storage")
            self._later(conversation_id)
        except Refused as exc:  # the message stays in the store until the customer is back
            self._tools.metrics.error(exc.code)
        finally:
            del self._shift.tasks[conversation_id]

    async def _answer_all(self, conversation_id: str, snapshot: Snapshot | None, stored: Stored | None) -> bool:
        """Answer until nothing waits; gives whether something does that another worker has the lease of."""
        shift, is_held = self._shift, False
        while not shift.closing and not is_held:
            shift.again.discard(conversation_id)
            if snapshot is not None:
                snapshot, is_held = await self._answer(snapshot, stored)
                stored = None
            else:
                snapshot, is_held = await self._tools.writer.write(
                    lambda db: self._next(db, read_conversation(db, conversation_id))
                )
            if snapshot is None and conversation_id not in shift.again:
                break
        return is_held

    def _next(self, db: Database, row: ConversationRow) -> tuple[Snapshot | None, bool]:
        """What to answer next, and whether there is something that another worker has the lease of."""
        return operations.take_up(db, row, self._claim(), self._tools.settings.engine.history)

    async def _answer(self, snapshot: Snapshot, stored: Stored | None) -> tuple[Snapshot | None, bool]:
        """Answer one message; gives what `_next` says in the same transaction."""
        tools, conversation_id = self._tools, snapshot.conversation.id
        begun = time.perf_counter()
        running = Running(new_id("m"), snapshot.pending.message_id, stored)
        routing = tools.routing()
        turn = turn_of(snapshot, new_id("t"), routing.error_budget)
        queued_ms = since_ms(snapshot.pending.received_at, begun)

        def outcome(answer: Answer, *, crashed: bool = False) -> Outcome:
            total_ms = (time.perf_counter() - begun) * 1000
            ending = Ending(running.message_id, tools.settings_hash, total_ms, queued_ms, crashed)
            waiting = tools.phrases("handoff", turn.language).quick_replies
            return outcome_of(snapshot, turn, answer, ending, tools.hider(snapshot.slots), waiting)

        try:
            with bound(turn_id=turn.id), boundary("turn", conversation_id):
                ended = outcome(await self._run(turn, routing, snapshot, running))
        except Crashed:
            tools.metrics.error("internal")
            ended = outcome(Answer(None, None, (), spoken=running.started), crashed=True)
        if not await running.may_show():
            return None, False

        def commit(db: Database) -> tuple[Stepped, tuple[Snapshot | None, bool]]:
            stepped = operations.commit_turn(db, snapshot, ended, tools.phrases, staffed=tools.staffed(db))
            return stepped, self._next(db, stepped.conversation)

        with tools.hub.committing(conversation_id):
            try:
                stepped, following = await tools.writer.write(commit)
            except (StoreError, NotFound):  # it is answered anew once the store can be written; or it was erased
                self._end(conversation_id, running, "failed")
                raise
            self._finish(snapshot, ended, stepped, running)
        return following

    async def _run(self, turn: Turn, routing: Routing, snapshot: Snapshot, running: Running) -> Answer:
        tools, conversation_id = self._tools, snapshot.conversation.id

        async def emit(text: str) -> None:
            if running.started:
                tools.hub.tell(conversation_id, BotToken(message_id=running.message_id, text=text))

        async def started(backend: str) -> None:
            running.started = await running.may_show()
            if running.started:
                frame = BotStarted(message_id=running.message_id, reply_to=running.reply_to, backend=backend)
                tools.hub.tell(conversation_id, frame)

        chain = chain_of(routing, snapshot.conversation.arm)
        running.run = asyncio.get_running_loop().create_task(
            tools.engine.run(turn, chain, routing.disabled, emit, started, running.attempts)
        )
        self._shift.running[conversation_id] = running
        try:
            if await running.may_show():
                tools.hub.tell(conversation_id, StatusOut(state="typing"))
            answer = await running.run
            if answer.backend and answer.first_token_ms is not None:
                source = snapshot.conversation.source
                tools.metrics.first_token(answer.backend, answer.first_token_ms / 1000, source=source)
            return answer
        except asyncio.CancelledError:
            if running.cancelled and running.run.done():
                return Answer(None, None, tuple(running.attempts), spoken=running.started)
            running.run.cancel()
            raise
        finally:
            del self._shift.running[conversation_id]

    def _finish(self, snapshot: Snapshot, outcome: Outcome, stepped: Stepped, running: Running) -> None:
        conversation_id = snapshot.conversation.id
        is_shown = any(
            event.frame.type == "bot_uttered" and event.frame.message_id == running.message_id
            for event in stepped.events
        )
        if not is_shown:
            suppressed = any(isinstance(effect, Suppress) for effect in stepped.effects)
            self._end(conversation_id, running, "owner_changed" if suppressed else "failed")
        self._tools.hub.publish(shown(stepped.events, snapshot.slots))
        self._tools.hub.tell(conversation_id, StatusOut(state="ready"))
        asyncio.get_running_loop().call_soon(self._count, outcome, stepped)  # once the reply has left

    def _end(self, conversation_id: str, running: Running, reason: str) -> None:
        """End a message that was begun and will not become an answer."""
        if running.started:
            cancelled = BotCancelled(message_id=running.message_id, reply_to=running.reply_to, reason=reason)
            self._tools.hub.tell(conversation_id, cancelled)

    def _count(self, outcome: Outcome, stepped: Stepped) -> None:
        turn, metrics, source = outcome.turn, self._tools.metrics, stepped.conversation.source
        ended, seconds = operations.outcome_after(turn.outcome, stepped.effects), turn.latency_ms / 1000
        metrics.turn(turn.backend or "none", ended, turn.arm or "", seconds, turn.cost_usd, source=source)
        for attempt in turn.attempts:
            metrics.attempt(attempt.backend, attempt.outcome, attempt.ms / 1000, source=source)
        if any(isinstance(effect, TellOperators) for effect in stepped.effects):
            metrics.handoff("asked" if turn.outcome == "handoff" else "unanswered", source=source)
        logger.info(
            "turn",
            extra={
                "conversation_id": turn.conversation_id,
                "turn_id": turn.id,
                "backend": turn.backend,
                "duration_ms": round(turn.latency_ms, 2),
                "outcome": ended,
            },
        )

    def _carry_out(self, stepped: Stepped) -> None:
        """What a step means for the turn in flight."""
        if any(isinstance(effect, CancelTurn) for effect in stepped.effects):
            self._cancel(stepped.conversation.id)

    def _publish(self, stepped: Stepped) -> None:
        self._tools.hub.publish(stepped.events)

    def _cancel(self, conversation_id: str) -> None:
        running = self._shift.running.get(conversation_id)
        if running is not None and running.run is not None:
            running.cancelled = True
            running.run.cancel()

    def _claim(self) -> Claim:
        return Claim(self._tools.worker, time.time())

    def _later(self, conversation_id: str) -> None:
        """Look again once another worker's lease would have run out."""
        loop = asyncio.get_running_loop()

        def look() -> None:
            self._shift.timers.discard(timer)
            self.kick(conversation_id)

        timer = loop.call_later(LEASE_S + 1, look)
        self._shift.timers.add(timer)

    async def _beat(self) -> None:
        """Renew the leases while turns run that take long."""
        while self._shift.tasks:
            await asyncio.sleep(LEASE_S / 4)
            held = list(self._shift.running)
            if held:
                try:
                    await self._tools.writer.write(lambda db, held=held: renew_leases(db, held, self._claim()))  # type: ignore[misc]
                except StoreError:
                    self._tools.metrics.error("storage")
