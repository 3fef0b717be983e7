"""What waiting customers are told, and what is given back, in one worker and in two."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlite_utils import Database

from bot.conversation import HandedBack, OperatorSaid, PersonAsked, QueueLeft, TakenOver
from bot.duty import Duty
from bot.ids import now
from bot.queueing import since_now
from bot.settings import PeopleSection
from bot.store.duty import on_duty, set_duty
from bot.store.opening import Opening, open_conversation
from bot.usher import Shared, Usher
from tests.bot.conftest import ROUTING, Make, Office

SETTINGS = PeopleSection(queue_minutes=10, operator_minutes=5, away_minutes=3)


def staffed(db: Database) -> bool:
    return bool(on_duty(db, ""))


def usher_of(office: Office) -> Usher:
    shared = Shared(office.reader, office.writer, office.hub, office.desk, office.tools.staffed)
    return Usher(shared, SETTINGS)


def later(minutes: float) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


async def duty(office: Office, name: str, on: bool) -> None:
    await office.writer.write(lambda db: set_duty(db, name, on, now()))


async def opened(office: Office, name: str) -> None:
    opening = Opening(name, f"secret-{name}", f"visitor:{name}", "live", "en", name)
    await office.writer.write(lambda db: open_conversation(db, opening, ROUTING, "seed"))


@pytest.fixture
async def manned(make: Make) -> Office:
    """Ada is on duty, and c1 is open."""
    office = await make(staffed=staffed)
    await opened(office, "c1")
    await duty(office, "ada", True)
    return office


def places(office: Office) -> list[tuple[int | None, int, bool]]:
    return [(f.position, f.waiting, f.on_duty) for f in office.ear.frames if f.type == "queue"]


async def test_a_customer_is_told_the_place_in_line_and_every_change_of_it_once(manned: Office) -> None:
    usher = usher_of(manned)
    await opened(manned, "c0")
    for name in ("c0", "c1"):
        await manned.desk.step(name, PersonAsked())
    usher.tell(later(0))
    usher.tell(later(0))
    await manned.desk.step("c0", QueueLeft())
    usher.tell(later(0))
    assert places(manned) == [(2, 2, True), (1, 1, True)]
    usher.welcome("c1")
    usher.tell(later(0))
    assert places(manned)[2:] == [(1, 1, True)]
    await manned.desk.step("c1", TakenOver("ada"))
    usher.tell(later(0))
    assert len(places(manned)) == 3


async def test_a_take_over_in_another_worker_moves_the_line_here(manned: Office, make: Make) -> None:
    usher, other = usher_of(manned), await make("w2", staffed)
    await opened(manned, "c0")
    for name in ("c0", "c1"):
        await manned.desk.step(name, PersonAsked())
    usher.tell(later(0))
    await other.desk.step("c0", TakenOver("ada"))
    usher.tell(later(0))
    assert places(manned) == [(2, 2, True), (1, 1, True)]


async def test_when_the_last_one_goes_off_duty_who_waits_is_asked_for_a_message(manned: Office, make: Make) -> None:
    usher, other = usher_of(manned), usher_of(await make("w2", staffed))
    await manned.desk.step("c1", PersonAsked())
    assert await usher.look(later(0)) == 0
    await duty(manned, "ada", False)
    assert await usher.look(later(0)) + await other.look(later(0)) == 1
    said = [frame.text for frame in await manned.ear.until("bot_uttered", 2)]
    assert said == ["<handoff>", "<handoff_nobody>"]
    usher.tell(later(0))
    assert places(manned) == [(None, 0, False)]
    await duty(manned, "ada", True)
    usher.tell(later(0))
    assert places(manned)[-1] == (None, 0, True)
    assert await usher.look(later(60 * 24)) == 0
    assert manned.query("SELECT owner, left_message FROM conversations") == [{"owner": "queue", "left_message": 1}]


async def test_who_closed_all_consoles_is_off_duty_after_a_while(manned: Office) -> None:
    usher, consoles = usher_of(manned), Duty(manned.writer)
    consoles.arrive("ada")
    consoles.arrive("ada")
    consoles.leave("ada")
    await manned.writer.write(lambda db: db.execute("UPDATE duty SET seen_at = ?", [since_now(170)]))
    await consoles.beat()
    await usher.look(later(2))
    assert manned.reader.read_now(staffed)
    consoles.leave("ada")
    await consoles.beat()
    await usher.look(later(4))
    assert not manned.reader.read_now(staffed)
    assert manned.query("SELECT who, action FROM journal") == [{"who": "ada", "action": "duty.away"}]


async def test_the_bot_takes_back_once_what_nobody_answers_and_goes_on(manned: Office, make: Make) -> None:
    usher, other = usher_of(manned), usher_of(await make("w2", lambda _: True))
    await manned.desk.step("c1", PersonAsked())
    assert await usher.look(later(2.9)) == 0
    await manned.writer.write(lambda db: db.execute("UPDATE duty SET seen_at = '9'"))
    assert await usher.look(later(11)) + await other.look(later(11)) == 1
    changed = await manned.ear.until("owner_changed", 2)
    assert [frame.owner for frame in changed] == ["queue", "bot"]
    assert (await manned.ear.until("bot_uttered", 2))[1].text == "<queue_timeout>"
    await manned.say("hello")
    assert (await manned.ear.until("bot_uttered", 3))[2].text == "Hello!"


async def test_an_operator_who_does_not_answer_gives_way_to_the_bot(manned: Office) -> None:
    usher = usher_of(manned)
    await manned.writer.write(lambda db: db.execute("UPDATE duty SET seen_at = '9'"))
    await manned.desk.step("c1", OperatorSaid("ada"), "Hi")
    assert await usher.look(later(60)) == 0
    await manned.say("are you there?")
    assert await usher.look(later(6)) == 1
    assert (await manned.ear.until("bot_uttered"))[0].text == "<operator_timeout>"
    assert b'chatbot_given_back_total{source="live",worker' in manned.metrics.render()
    assert b"} 1.0" in next(
        line for line in manned.metrics.render().splitlines() if line.startswith(b"chatbot_given_back_total")
    )


async def test_an_address_in_a_message_that_is_left_is_kept_for_the_operator_only(manned: Office) -> None:
    await duty(manned, "ada", False)
    await manned.desk.step("c1", PersonAsked())
    await manned.say("please write to Anna@web.example about my parcel")
    assert manned.query("SELECT name, value FROM conversation_slots") == [
        {"name": "contact_email", "value": "Anna@web.example"}
    ]
    assert "Anna@" not in str(manned.query("SELECT frame_json FROM events"))
    await manned.desk.step("c1", HandedBack())
    await manned.say("and bob@web.example", "m2")
    assert len(manned.query("SELECT value FROM conversation_slots")) == 1
