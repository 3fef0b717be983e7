"""Erasing a customer from a running server: open conversations end, files are searched by a child, or later."""

import asyncio
import json
from pathlib import Path

import pytest

from bot import flocks
from bot.conversation import PersonAsked
from bot.erasing import LOCK, Eraser, Search, Site
from bot.errors import NotFound
from bot.jobs import Ended
from bot.store.erasure import Subject, finish_erasure, list_certificates, note_learned, pending_erasures
from bot.store.journal import Change
from bot.store.writer import connect
from tests.bot.conftest import Office

BY = Change("ada", "admin", "customer.erase")
ANNA = Subject(visitor_id="v")


async def complete(home: Path) -> Ended:
    """Stands for the child."""
    db = connect(home / "s.sqlite3")
    for erasure_id in pending_erasures(db):
        note_learned(db, erasure_id, {"training_rows": 3, "bundles": []})
        finish_erasure(db, erasure_id)
    db.conn.close()
    return Ended(0, {}, "")


async def fail(_: Path) -> Ended:
    return Ended(1, {}, "a night is on")


def eraser_of(office: Office, path: Path, search: Search = complete) -> Eraser:
    site = Site(office.writer, office.reader, path, path / "s.sqlite3")
    return Eraser(site, office.desk.step, search)


async def test_an_open_conversation_ends_for_the_customer_and_is_gone(office: Office, tmp_path: Path) -> None:
    await office.say("hello, my name is Xanadu77")
    await office.ear.until("bot_uttered")
    certificate = await eraser_of(office, tmp_path).erase(ANNA, BY)
    (closed,) = await office.ear.until("conversation_closed")
    assert closed.reason == "erased"
    assert (certificate["state"], certificate["conversations"], certificate["training_rows"]) == ("complete", 1, 3)
    for table in ("conversations", "events", "turns", "attempts", "assignments"):
        assert office.query(f"SELECT * FROM {table}") == []
    assert office.query("SELECT who, action, target, details_json FROM journal") == [
        {"who": "ada", "action": "customer.erase", "target": certificate["erasure_id"], "details_json": "{}"}
    ]
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert b"Xanadu77" not in written


async def test_a_turn_in_flight_is_ended_and_leaves_nothing(office: Office, tmp_path: Path) -> None:
    await office.say("slow Xanadu77")
    await office.gated.speaking.wait()
    await eraser_of(office, tmp_path).erase(ANNA, BY)
    (cancelled,) = await office.ear.until("bot_cancelled")
    office.gated.gate.set()
    await office.desk.aclose(1)
    assert cancelled.reply_to == "m1"
    assert office.query("SELECT * FROM turns") == []
    assert "Xanadu77" not in "\n".join(connect(tmp_path / "s.sqlite3").conn.iterdump())


async def test_a_customer_who_waits_for_a_person_leaves_the_queue(office: Office, tmp_path: Path) -> None:
    await office.desk.step("c1", PersonAsked())
    await eraser_of(office, tmp_path).erase(ANNA, BY)
    assert office.query("SELECT * FROM waits") == []


async def test_who_is_not_known_is_not_found_and_leaves_no_certificate(office: Office, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await eraser_of(office, tmp_path).erase(Subject(customer_id="nobody"), BY)
    assert office.reader.read_now(list_certificates) == []


async def test_what_could_not_be_finished_is_pending_until_it_can(office: Office, tmp_path: Path) -> None:
    failing = eraser_of(office, tmp_path, fail)
    certificate = await failing.erase(ANNA, BY)
    assert (certificate["state"], certificate["bundles"]) == ("pending", None)
    assert not await failing.finish()
    later = eraser_of(office, tmp_path)
    lock = flocks.take(tmp_path / LOCK)
    assert lock is not None
    assert not await later.finish()  # another worker is at it
    lock.close()
    assert await later.finish()
    (certificate,) = office.reader.read_now(list_certificates)
    assert certificate["state"] == "complete"
    assert json.loads(office.query("SELECT pending_json FROM erasures")[0]["pending_json"]) == {}


async def test_an_erasure_does_not_wait_for_ever_and_goes_on_behind(office: Office, tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def slow(home: Path) -> Ended:
        await gate.wait()
        return await complete(home)

    site = Site(office.writer, office.reader, tmp_path, tmp_path / "s.sqlite3")
    eraser = Eraser(site, office.desk.step, slow, wait_s=0)
    certificate = await eraser.erase(ANNA, BY)
    assert certificate["state"] == "pending"
    gate.set()
    assert await eraser.finish()
    assert office.reader.read_now(list_certificates)[0]["state"] == "complete"


async def test_a_server_tries_again_by_itself(office: Office, tmp_path: Path) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 2:
            raise asyncio.CancelledError

    site = Site(office.writer, office.reader, tmp_path, tmp_path / "s.sqlite3")
    failing = Eraser(site, office.desk.step, fail, sleep=sleep)
    await failing.erase(ANNA, BY)
    with pytest.raises(asyncio.CancelledError):
        await failing.run()
    assert len(slept) == 3
