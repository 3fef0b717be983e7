"""Runs a whole simulation: customers at a set rate, so many at a time, each line of truth written as it is known."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from bot.scenarios import Book
from eval.simulate.client import Line, NotSimulated, Server
from eval.simulate.customer import Customer, Visit, draw
from eval.simulate.phraser import Phraser
from eval.simulate.phrasing import FIXED
from eval.simulate.truth import Truth, TruthFile, plan_of
from eval.simulate.visit import Conversation, Player, Record, World

MOST_FAILURES = 25
"""Customers in a row for whom line or server failed, after which the run stops."""


class ServerGone(Exception):
    """Nearly nothing came through; the rest was not tried."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be played."""

    customers: int
    seed: int = 0
    difficult: int = 25
    """Percentage of difficult customers."""
    repeat: int = 1
    """Trials of each customer."""
    rate: float = 5.0
    """Conversations begun a second."""
    concurrency: int = 16

    def hash(self, book: Book, phrased_by: str | None) -> str:
        """Short hash of what the customers are drawn from; their number may grow."""
        return plan_of(
            {
                "seed": self.seed,
                "difficult": self.difficult,
                "repeat": self.repeat,
                "scenarios": book.digest,
                "phrased_by": phrased_by,
            }
        )


Show = Callable[[str, int, int], None]
Hear = Callable[[Customer, Conversation], None]


class Simulation:
    """One run."""

    def __init__(self, plan: Plan, book: Book, server: Server, file: TruthFile, phraser: Phraser) -> None:
        """Prepare; nothing is connected yet."""
        self._plan = plan
        self._file = file
        self._world = World(book, server, Record(server), phraser, _universe(book))
        self._nonce = secrets.token_hex(4)
        """Makes the visitors of this run new to the server, even if the seed was played before."""
        self._failures = 0
        self._done = 0

    async def run(self, show: Show, hear: Hear = lambda _customer, _conversation: None) -> None:
        """Play whoever is not in the truth file yet.

        Args:
            show: told how far it is.
            hear: told of every conversation that has ended.

        Raises:
            Infrastructure: the server does not answer at all.
            NotSimulated: it would count the conversations as live.
            ServerGone: line or server failed for `MOST_FAILURES` customers in a row.
        """
        finished = self._file.finished
        everybody = list(product(range(self._plan.customers), range(self._plan.repeat)))
        waiting = [key for key in everybody if key not in finished]
        self._done = len(everybody) - len(waiting)
        gate = asyncio.Semaphore(self._plan.concurrency)
        show("customers", self._done, len(everybody))
        if waiting:
            async with Line(self._world.server, f"sim-{self._nonce}"):
                pass  # the server answers and knows the token; an opened page stores nothing

        async def one(index: int, trial: int) -> None:
            try:
                await self._customer(index, trial, hear)
            finally:
                gate.release()
            self._done += 1
            show("customers", self._done, len(everybody))

        try:
            async with asyncio.TaskGroup() as group:
                due = asyncio.get_running_loop().time()
                for index, trial in waiting:
                    await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
                    await gate.acquire()
                    due = max(due + 1 / self._plan.rate, asyncio.get_running_loop().time() - 1)
                    group.create_task(one(index, trial))
        except BaseExceptionGroup as errors:
            known = [leaf for leaf in _leaves(errors) if isinstance(leaf, NotSimulated | ServerGone)]
            if not known:
                raise
            raise known[0] from None
        finally:
            await self._world.record.aclose()
            await self._world.phraser.aclose()

    async def _customer(self, index: int, trial: int, hear: Hear) -> None:
        plan = self._plan
        customer = draw(self._world.book, plan.seed, index, plan.difficult)
        visitor_id = f"sim-{self._nonce}-{index}-{trial}"
        player = Player(self._world, customer, visitor_id)
        conversations: list[Conversation] = []
        visit: Visit | None = customer.first
        try:
            while visit is not None:
                conversation = Conversation(visit, len(conversations))
                conversations.append(conversation)
                await player.play(conversation, f"surface {plan.seed} {index} {trial} {conversation.number}")
                hear(customer, conversation)
                visit = _next_visit(customer, conversations)
        except asyncio.CancelledError:
            conversations[-1].failure = "infrastructure: interrupted"
            raise
        finally:
            lines = [self._line(customer, trial, visitor_id, one, one is conversations[-1]) for one in conversations]
            self._file.add([line for line in lines if line.conversation_id or line.is_infrastructure])
        self._count(is_failure=any(line.is_infrastructure for line in lines))

    def _count(self, *, is_failure: bool) -> None:
        self._failures = self._failures + 1 if is_failure else 0
        if self._failures >= MOST_FAILURES:
            raise ServerGone(
                f"line or server failed for {MOST_FAILURES} customers in a row; the last conversation says why."
                " The same command goes on where this one stopped."
            )

    def _line(self, customer: Customer, trial: int, visitor_id: str, one: Conversation, is_last: bool) -> Truth:
        met = one.verdict.goal_met if one.verdict else None
        scenario = one.visit.errand.scenario
        return Truth(
            conversation_id=one.conversation_id,
            customer_id=visitor_id,
            scenario=scenario.id,
            goal=scenario.goal,
            goal_met=met,
            resolved=None if met is None else met and not one.handed_off,
            difficulty=customer.difficulty,
            left=one.left.left if one.left else None,
            arm=one.arm,
            turns=one.messages,
            fault=one.failure or (one.verdict.fault if one.verdict else None),
            believed=one.believed,
            persona=customer.persona.name,
            customer=customer.index,
            trial=trial,
            visit=one.number,
            is_last=is_last and one.failure is None,
            wishes=one.verdict.wishes if one.verdict else (),
            phrased=one.phrased,
            fell_back=one.fell_back,
            seconds=round(one.seconds, 3),
            plan=self._file.plan,
        )


def _next_visit(customer: Customer, conversations: list[Conversation]) -> Visit | None:
    """Whether and why the customer comes back: with the same errand if it was missed, else with another."""
    last = conversations[-1]
    if len(conversations) > 1 or last.verdict is None or last.verdict.goal_met is None or last.handed_off:
        return None
    return customer.other if last.verdict.goal_met else customer.again


def _universe(book: Book) -> frozenset[str]:
    """Every number and address that answers a question, of all customers."""
    asked = book.customers.questions
    return frozenset(
        value
        for scenario in book.scenarios
        for values in scenario.values
        for name, value in values.items()
        if name in asked and FIXED.search(value)
    )


def _leaves(error: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for inner in error.exceptions:
        if isinstance(inner, BaseExceptionGroup):
            yield from _leaves(inner)
        else:
            yield inner
