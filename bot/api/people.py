"""`/api/duty` and `/api/customers`: who answers the queue, how long it is, and the erasure of a customer."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field, model_validator
from sqlite_utils import Database

from backends.settings import Section
from bot.api.access import Admin, Operator, TheHouse
from bot.house import House
from bot.ids import now
from bot.queueing import seconds_between, since_now
from bot.store.duty import on_duty, set_duty
from bot.store.erasure import Subject, list_certificates
from bot.store.journal import write_change
from bot.store.queue import read_line

router = APIRouter(prefix="/api", tags=["people"])


class DutyIn(Section):
    """Whether one answers the queue."""

    on_duty: bool


class Duty(Section):
    """Who answers the queue, and how long it is."""

    on_duty: tuple[str, ...]
    waiting: int
    """Customers who wait in line."""
    longest_wait_s: Annotated[float, Field(ge=0)] | None
    """Of them; null when nobody waits."""
    messages: int
    """That were left and nobody has taken up."""


Id = Annotated[str | None, Field(min_length=1, max_length=200)]


class EraseIn(Section):
    """Whom to erase: exactly one of these."""

    customer_id: Id = None
    """All conversations under this id, and those of the same browsers under no id."""
    visitor_id: Id = None
    """All conversations of this browser, whoever was logged in."""
    conversation_id: Id = None
    """Its customer, or else its browser."""

    @model_validator(mode="after")
    def _names_one(self) -> "EraseIn":
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            raise ValueError(
                f"expected one of customer_id, visitor_id, conversation_id, got {' and '.join(given) or 'none'}"
            )
        return self


class Learner(Section):
    """A model that had learned from the customer."""

    id: str
    rows: int
    exact: bool
    """Its card says so; else the data of its night, of which it may have learned only a part."""


class Certificate(Section):
    """What was removed, without a word about whom."""

    erasure_id: str
    erased_at: str
    by: str
    state: Literal["pending", "complete"]
    """Pending: the store is empty of the customer, and files of the nightly run are still to be searched."""
    finished_at: str | None
    conversations: int
    turns: int
    labels: int
    removed: dict[str, int]
    """Rows by table."""
    training_rows: int | None
    """Messages that were taken out of the data of nightly runs; null while that is pending."""
    bundles: tuple[Learner, ...] | None
    """Null while that is pending."""


class Certificates(Section):
    """All of them, newest first."""

    erasures: tuple[Certificate, ...]


@router.post("/customers/erase")
async def erase(body: EraseIn, house: TheHouse, who: Admin) -> Certificate:
    """Remove everything about a customer; open conversations end. 404 when nothing is stored."""
    found = await house.eraser.erase(Subject(**body.model_dump()), who.change("customer.erase"))
    return Certificate.model_validate(found)


@router.get("/customers/erasures")
async def erasures(house: TheHouse, _: Operator) -> Certificates:
    """List the certificates of erasures."""
    found = await house.reader.read(list_certificates)
    return Certificates(erasures=tuple(map(Certificate.model_validate, found)))


@router.put("/me/duty")
async def put_duty(body: DutyIn, house: TheHouse, who: Operator) -> Duty:
    """Go on duty, or off; it ends by itself some minutes after the last console of this person was closed."""

    def write(db: Database) -> None:
        if set_duty(db, who.name, body.on_duty, now()):
            write_change(db, who.change("duty.on" if body.on_duty else "duty.off", who.name))

    await house.writer.write(write)
    return await house.reader.read(lambda db: _duty(db, house))


@router.get("/duty")
async def get_duty(house: TheHouse, _: Operator) -> Duty:
    """Tell who is on duty and how long the queue is."""
    return await house.reader.read(lambda db: _duty(db, house))


def _duty(db: Database, house: House) -> Duty:
    line = read_line(db)
    waiting = [one for one in line if not one.left_message]
    return Duty(
        on_duty=tuple(on_duty(db, since_now(house.settings.people.away_minutes * 60))),
        waiting=len(waiting),
        longest_wait_s=round(seconds_between(waiting[0].queued_at, now()), 1) if waiting else None,
        messages=len(line) - len(waiting),
    )
