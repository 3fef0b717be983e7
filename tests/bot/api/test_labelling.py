"""The labelling queue and the intents over HTTP."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from backends.bundle import promote
from backends.content.content import COMMON
from bot.house import House
from bot.store.signals import write_feedback

Connect = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def shop(
    make_app: Callable[..., FastAPI], bot_folder: Path, tmp_path: Path, make_tiny_bundle: Callable[..., Path]
) -> AsyncIterator[FastAPI]:
    common = "".join(f"  {name}:\n    - text: {name}\n" for name in (*COMMON, "utter_greet"))
    more = "titles:\n  refund_status: Where is my money?\ndeferred: [return_policy]\n"
    (bot_folder / "responses.yml").write_text(f"responses:\n{common}{more}", encoding="utf-8")
    make_tiny_bundle(tmp_path / "var" / "bundles" / "tiny-0001")
    promote(tmp_path / "var", "tiny-0001")
    arms = [{"arm": "main", "weight": 1, "chain": ["intent"]}]
    app = make_app(routing={"arms": arms}, backends={"intent": {}})
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def admin(shop: FastAPI, connect: Connect) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(shop, shop.state.house.token.value) as client:
        yield client


async def ask(client: httpx.AsyncClient, text: str, sender: str = "anna") -> None:
    response = await client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
    assert response.status_code == 200, response.text


async def test_unanswered_messages_wait_with_what_the_model_thinks_of_them(admin: httpx.AsyncClient) -> None:
    for sender, text in (("a", "hello"), ("b", "my refund is cancel"), ("c", "zzz qqq"), ("d", "ZZZ, qqq")):
        await ask(admin, text, sender)
    found = (await admin.get("/api/labelling")).json()
    assert found["left"] == len(found["turns"]) == 2
    by_text = {row["text"].lower().replace(",", ""): row for row in found["turns"]}
    mixed, strange = by_text["my refund is cancel"], by_text["zzz qqq"]
    assert {guess["intent"] for guess in mixed["guesses"][:2]} == {"refund_status", "cancel_order"}
    assert {guess["title"] for guess in mixed["guesses"][:2]} == {"Where is my money?", "Cancel order"}
    assert len(mixed["guesses"]) == 5
    assert mixed["reasons"]
    assert strange["reasons"] == ["fallback"]
    assert strange["n"] == 2
    assert 0 < strange["score"] < 1


async def test_a_labelled_message_waits_no_more_nor_do_its_doubles(admin: httpx.AsyncClient) -> None:
    for sender in "abc":
        await ask(admin, "zzz qqq", sender)
    (row,) = (await admin.get("/api/labelling")).json()["turns"]
    await admin.post(f"/api/turns/{row['turn_id']}/label", json={"intent": "goodbye"})
    assert (await admin.get("/api/labelling")).json() == {"turns": [], "left": 0}


async def test_a_thumb_down_puts_a_sure_answer_into_the_queue(admin: httpx.AsyncClient, shop: FastAPI) -> None:
    await ask(admin, "hello")
    assert (await admin.get("/api/labelling")).json()["turns"] == []
    house: House = shop.state.house
    sql = "SELECT conversation_id, bot_message_id FROM turns"
    chat, message = house.reader.read_now(lambda db: db.execute(sql).fetchone())
    await house.writer.write(lambda db: write_feedback(db, chat, message, -1, None))
    (row,) = (await admin.get("/api/labelling")).json()["turns"]
    assert (row["reasons"], row["intent"], row["reply"]) == (["thumbs_down"], "greet", "utter_greet")


async def test_only_live_messages_wait_unless_others_are_asked_for(admin: httpx.AsyncClient, shop: FastAPI) -> None:
    await ask(admin, "zzz qqq")
    await shop.state.house.writer.write(lambda db: db.execute("UPDATE turns SET source = 'simulated'"))
    assert (await admin.get("/api/labelling")).json()["left"] == 0
    assert (await admin.get("/api/labelling", params={"source": "simulated"})).json()["left"] == 1


async def test_intents_have_titles_and_tell_what_answers_them(admin: httpx.AsyncClient) -> None:
    await ask(admin, "zzz qqq")
    (row,) = (await admin.get("/api/labelling")).json()["turns"]
    await admin.post(f"/api/turns/{row['turn_id']}/label", json={"intent": "brand_new"})
    found = {row["intent"]: row for row in (await admin.get("/api/intents")).json()["intents"]}
    assert list(found)[-1] == "oos"
    assert found["refund_status"]["title"] == "Where is my money?"
    assert found["return_policy"]["is_deferred"]
    assert found["brand_new"] == {
        "intent": "brand_new",
        "title": "Brand new",
        "examples": None,
        "has_reply": False,
        "is_deferred": False,
    }
