"""`/api/duty``: who answers the queue, and how long it is."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlite_utils import Database

from backends.settings import Section
from bot.api.access import Operator, TheHouse
from bot.house import House
from bot.ids import now
from bot.queueing import seconds_between, since_now
from bot.store.duty import on_duty, set_duty
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
