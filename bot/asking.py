"""One turn through the engine without a stored conversation: for the command line and for other APIs.

What a stored conversation would remember (history, slots, the open question) is a value that the caller keeps.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from backends.content.content import Content
from backends.contract import KEEP, Emit, FlowState, Message, Reply, Turn
from bot.conversation import with_open_question
from bot.engine import Answer, Engine, Started
from bot.ids import new_id
from bot.redact import redact
from bot.routing import HANDOFF, Routing, chain_of

MOST_HISTORY = 100
PAYLOAD = re.compile(r"/[a-z][a-z0-9_]*")
"""A text that names an intent, as quick replies and Rasa's clients send it."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of the conversation so far."""

    history: tuple[Message, ...] = ()
    slots: Mapping[str, str] = field(default_factory=dict)
    flow: FlowState | None = None
    clarified: bool = False
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one text."""

    turn: Turn
    answer: Answer
    reply: Reply | None
    """With the open question of a flow asked again, or None when nobody answered."""
    memory: Memory
    """To be handed in with the next text."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Where a text is asked: which backends, which content, which routing."""

    engine: Engine
    content: Callable[[], Content]
    routing: Callable[[], Routing]

    def chain(self, backend: str | None) -> tuple[str, ...]:
        """The chain of the heaviest arm, or one backend alone."""
        return (backend,) if backend else chain_of(self.routing(), None)

    async def ask(
        self,
        text: str,
        memory: Memory,
        *,
        payload: str | None = None,
        backend: str | None = None,
        emit: Emit,
        started: Started,
    ) -> Asked:
        """Answer one text; personal data is masked as it would be in a stored conversation.

        Args:
            payload: of the quick reply that was pressed; a text such as `/greet` is its own.
            backend: ask this one alone, even if it is switched off; None runs the chain.
            emit: shows streamed text.
            started: hears of the backend that begins to show text.
        """
        routing = self.routing()
        reading = self.content().reader.read(text, memory.flow)
        turn = Turn(
            id=new_id("t"),
            text=redact(reading.text),
            language=memory.language,
            history=memory.history[-MOST_HISTORY:],
            slots={**memory.slots, **reading.found},
            found=frozenset(reading.found),
            flow=memory.flow,
            payload=payload or (text if PAYLOAD.fullmatch(text) else None),
            clarified=memory.clarified,
            error_budget=routing.error_budget,
        )
        disabled = () if backend else routing.disabled
        answer = await self.engine.run(turn, self.chain(backend), disabled, emit, started)
        reply = answer.reply and with_open_question(answer.reply, memory.flow)
        return Asked(turn, answer, reply, _after(memory, turn, reply))


def why(asked: Asked, chain: tuple[str, ...], *, is_named: bool) -> str:
    """Tell in a word how the backend that answered was chosen."""
    if asked.reply is None:
        return "nobody_answered"
    if is_named:
        return "requested"
    steps = [step for step in chain if step != HANDOFF]
    return "first_choice" if steps and steps[0] == asked.answer.backend else "fell_through"


async def keep_quiet(_: str) -> None:
    """An `emit` or `started` for a caller that wants the final reply only."""


def _after(memory: Memory, turn: Turn, reply: Reply | None) -> Memory:
    said = (Message("customer", turn.text),)
    if reply is None:
        return replace(memory, history=memory.history + said, slots=turn.slots, clarified=False)
    return Memory(
        history=(*memory.history, *said, Message("bot", redact(reply.text))),
        slots={name: value for name, value in turn.slots.items() if name not in reply.forget},
        flow=memory.flow if reply.flow is KEEP else reply.flow,
        clarified=reply.kind == "clarify",
        language=memory.language,
    )
