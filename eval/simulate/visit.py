"""Plays one conversation: the script on one side, the server on the other, the judge at the end."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import httpx

from bot.scenarios import Book
from eval.simulate.client import Infrastructure, Line, Server
from eval.simulate.customer import Customer, Visit
from eval.simulate.judge import Detail, Played, Verdict, judge
from eval.simulate.move import Leave, Move, Press, Say
from eval.simulate.phraser import Phraser
from eval.simulate.script import Script

WORDED = frozenset({"ask", "again", "follow_up", "thanks", "grumble", "complain", "person"})
"""What a language model may put into other words; values and answers to questions are said as scripted."""
RECORD_S = 30.0


@dataclass(slots=True)
class Conversation:
    """One conversation, as far as it came."""

    visit: Visit
    number: int
    conversation_id: str | None = None
    messages: int = 0
    left: Leave | None = None
    verdict: Verdict | None = None
    failure: str | None = None
    """Why it broke off; None when it did not."""
    arm: str | None = None
    handed_off: bool = False
    believed: bool = False
    phrased: int = 0
    fell_back: int = 0
    seconds: float = 0.0
    lines: list[tuple[str, str]] = field(default_factory=list)


class Record:
    """What the server has on record, for the second opinion and the arm."""

    def __init__(self, server: Server) -> None:
        """Connect lazily."""
        self._client = httpx.AsyncClient(
            base_url=server.url,
            headers={"Authorization": f"Bearer {server.token}"},
            timeout=RECORD_S,
            trust_env=False,
        )

    async def read(self, conversation_id: str) -> Detail:
        """Read one conversation.

        Raises:
            Infrastructure: the server does not tell.
        """
        try:
            response = await self._client.get(f"/api/conversations/{conversation_id}")
            response.raise_for_status()
            detail: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as exc:
            raise Infrastructure(f"no record: {exc}") from exc
        return detail

    async def aclose(self) -> None:
        """Hang up."""
        await self._client.aclose()


@dataclass(frozen=True, slots=True)
class World:
    """What all conversations share."""

    book: Book
    server: Server
    record: Record
    phraser: Phraser
    universe: frozenset[str]


class Player:
    """Lets a customer have one conversation."""

    def __init__(self, world: World, customer: Customer, visitor_id: str) -> None:
        """Take a customer to a server."""
        self._world = world
        self._customer = customer
        self._visitor_id = visitor_id

    async def play(self, conversation: Conversation, surface: str) -> None:
        """Talk until the customer leaves, then judge; what happened is written into `conversation`.

        Args:
            surface: seed of everything that trials of the same customer differ in.

        Raises:
            NotSimulated: the server would count it as live.
        """
        begun = time.perf_counter()
        script = Script(self._world.book.customers, self._customer, conversation.visit, Random(surface))
        line = Line(self._world.server, self._visitor_id)
        moves: list[Move] = []
        try:
            async with line:
                await self._talk(script, line, moves, conversation)
            await self._judge(script, line, moves, conversation)
        except Infrastructure as exc:
            conversation.failure = f"infrastructure: {exc}"
        finally:
            conversation.conversation_id = line.conversation_id if line.sent else None
            conversation.messages = len(line.sent)
            conversation.lines = line.lines
            conversation.believed = script.believed
            conversation.seconds = time.perf_counter() - begun

    async def _talk(self, script: Script, line: Line, moves: list[Move], conversation: Conversation) -> None:
        move = script.begin()
        while not isinstance(move, Leave):
            if isinstance(move, Say):
                move = await self._worded(move, script, conversation)
            moves.append(move)
            move = script.next(await line.do(move))
        moves.append(move)
        conversation.left = move

    async def _worded(self, say: Say, script: Script, conversation: Conversation) -> Say:
        if say.why not in WORDED:
            return say
        keep = [value for asked in script.asked for value in asked.values.values()]
        remarks = getattr(self._world.book.customers.remarks, say.why, ())
        ways = remarks or [way for asked in script.asked for way in asked.wish.say]
        manner = self._customer.persona.name.replace("_", " ")
        wording = await self._world.phraser.phrase(say.script, manner, keep, ways)
        if wording is None:
            conversation.fell_back += self._world.phraser.is_model
            return say
        conversation.phrased += 1
        return replace(say, text=wording, is_worded=True)

    async def _judge(self, script: Script, line: Line, moves: Sequence[Move], conversation: Conversation) -> None:
        assert line.conversation_id is not None
        detail = await self._world.record.read(line.conversation_id)
        if detail["source"] != "simulated":
            raise Infrastructure(f"the server counts {line.conversation_id} as {detail['source']}")
        messages = sum(isinstance(move, Say | Press) for move in moves)
        assert messages == len(line.sent)
        played = Played(
            conversation.visit,
            tuple(moves),
            tuple(script.asked),
            tuple(line.sent),
            line.owner,
            script.bad,
            tuple(script.bad_after),
            script.believed,
        )
        conversation.verdict = judge(played, detail, self._world.universe)
        conversation.arm = detail["arm"]
        conversation.handed_off = line.owner != "bot"
