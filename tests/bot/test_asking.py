"""A turn without a stored conversation: what is masked, what is remembered, how the backend was chosen."""

from collections.abc import Mapping

import pytest

from backends.content.content import Content
from backends.contract import Abstain, Emit, FlowState, QuickReply, Reply, Turn
from backends.scripted import Scripted
from bot.asking import Asked, Asker, Memory, keep_quiet, why
from bot.engine import Engine
from bot.routing import Arm, Routing

QUESTION = "What is your order number?"


class Flowing:
    """Asks for a number, then answers."""

    name = "flowing"

    def __init__(self) -> None:
        self.turns: list[Turn] = []

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        self.turns.append(turn)
        if turn.text == "start":
            return Reply(QUESTION, "question", flow=FlowState("order_status", "order_number", QUESTION))
        if turn.text == "aside":
            return Reply("An aside.")
        if turn.text == "did you mean":
            return Reply("This or that?", "clarify", quick_replies=(QuickReply("This", "/this"),))
        return Reply("Done.", flow=None, forget=("order_number",)) if turn.flow else Abstain("no_reply")

    async def aclose(self) -> None: ...


class Asking:
    """An asker with a memory."""

    def __init__(
        self, chain: tuple[str, ...] = ("flowing", "scripted"), disabled: frozenset[str] = frozenset()
    ) -> None:
        self.flowing = Flowing()
        backends: Mapping[str, Flowing | Scripted] = {"flowing": self.flowing, "scripted": Scripted({"hi": "Hi!"})}
        routing = Routing(1, (Arm("main", 1.0, chain),), disabled, 0.07)
        self.asker = Asker(Engine(backends, lambda _: 5.0), Content, lambda: routing)
        self.memory = Memory()

    async def say(self, text: str, *, payload: str | None = None, backend: str | None = None) -> Asked:
        asked = await self.asker.ask(
            text, self.memory, payload=payload, backend=backend, emit=keep_quiet, started=keep_quiet
        )
        self.memory = asked.memory
        return asked

    @property
    def turn(self) -> Turn:
        return self.flowing.turns[-1]


async def test_an_open_question_is_remembered_asked_again_and_forgotten() -> None:
    asking = Asking()
    await asking.say("start")
    assert asking.memory.flow is not None
    aside = await asking.say("aside")
    assert aside.reply is not None
    assert aside.reply.text == f"An aside.\n\n{QUESTION}"
    asking.memory = Memory(asking.memory.history, {"order_number": "TF-1"}, asking.memory.flow)
    await asking.say("TF-1")
    assert asking.memory.flow is None
    assert asking.memory.slots == {}


async def test_the_history_grows_and_is_masked() -> None:
    asking = Asking()
    await asking.say("hi")
    await asking.say("call 0664 1234567")
    assert [(m.role, m.text) for m in asking.memory.history] == [
        ("customer", "hi"),
        ("bot", "Hi!"),
        ("customer", "call [phone]"),
    ]
    assert asking.turn.text == "call [phone]"
    assert asking.turn.error_budget == 0.07


async def test_a_did_you_mean_is_remembered_for_one_turn() -> None:
    asking = Asking()
    await asking.say("did you mean")
    assert asking.memory.clarified
    await asking.say("hi")
    assert not asking.memory.clarified


@pytest.mark.parametrize(
    ("text", "payload", "heard"),
    [("/greet", None, "/greet"), ("This", "/this", "/this"), ("hi", None, None), ("/not a payload", None, None)],
)
async def test_a_payload_is_a_button_or_a_text_that_looks_like_one(
    text: str, payload: str | None, heard: str | None
) -> None:
    asking = Asking()
    await asking.say(text, payload=payload)
    assert asking.turn.payload == heard


@pytest.mark.parametrize(
    ("chain", "disabled", "backend", "text", "reason"),
    [
        (("scripted",), frozenset(), None, "hi", "first_choice"),
        (("flowing", "scripted"), frozenset(), None, "hi", "fell_through"),
        (("scripted", "handoff"), frozenset(), None, "no", "nobody_answered"),
        (("flowing",), frozenset(), "scripted", "hi", "requested"),
        (("flowing",), frozenset({"scripted"}), "scripted", "hi", "requested"),
        (("scripted",), frozenset({"scripted"}), None, "hi", "nobody_answered"),
    ],
)
async def test_why_a_backend_answered_is_told_in_a_word(
    chain: tuple[str, ...], disabled: frozenset[str], backend: str | None, text: str, reason: str
) -> None:
    asking = Asking(chain, disabled)
    asked = await asking.say(text, backend=backend)
    assert why(asked, asking.asker.chain(backend), is_named=backend is not None) == reason
