"""Articles and replies: their health, their use, and what is missing."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from backends.bundle import promote, seal
from backends.content.content import COMMON
from bot.house import House
from bot.store.proposals import decide_proposal, write_proposal

Connect = Callable[..., httpx.AsyncClient]
SOUND = "---\ntitle: Parcels\nurl: /help/parcels\nupdated: {}\n---\n" + "A parcel takes three days. " * 10 + "\n"


@pytest.fixture
async def shop(
    make_app: Callable[..., FastAPI], bot_folder: Path, tmp_path: Path, make_tiny_bundle: Callable[..., Path]
) -> AsyncIterator[FastAPI]:
    common = "".join(f"  {name}:\n    - text: {name}\n" for name in (*COMMON, "utter_greet", "utter_gone"))
    more = "titles:\n  gone: Gone\n  greet: Greeting\ndeferred: [return_policy]\n"
    (bot_folder / "responses.yml").write_text(f"responses:\n{common}{more}", encoding="utf-8")
    folder = bot_folder / "articles"
    folder.mkdir()
    (folder / "parcels.md").write_text(SOUND.format("2026-01-01"), encoding="utf-8")
    (folder / "old.md").write_text(SOUND.format("2001-01-01").replace("parcels", "old"), encoding="utf-8")
    (folder / "short.md").write_text(
        "---\ntitle: Short\nurl: /s\nupdated: 2026-01-01\n---\nAsk us.\n", encoding="utf-8"
    )
    (folder / "broken.md").write_text("no front matter", encoding="utf-8")
    bundle = make_tiny_bundle(tmp_path / "var" / "bundles" / "tiny-0001")
    card = json.loads((bundle / "card.json").read_text())
    counts = {"greet": 7, "return_policy": 5, "refund_status": 3}
    (bundle / "card.json").write_text(json.dumps({**card, "data": {"by_intent": counts}}))
    seal(bundle)
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


async def by_id(client: httpx.AsyncClient) -> dict[str, Any]:
    return {row["article_id"]: row for row in (await client.get("/api/articles")).json()["articles"]}


async def test_articles_are_listed_with_what_is_wrong_with_them(admin: httpx.AsyncClient) -> None:
    found = await by_id(admin)
    assert list(found) == ["broken", "old", "parcels", "short"]
    assert (found["parcels"]["problem"], found["parcels"]["words"], found["parcels"]["cited"]) == (None, 50, 0)
    assert "2001-01-01" in found["old"]["problem"]
    assert "only 2 words" in found["short"]["problem"]
    assert found["broken"]["problem"]


async def test_citations_are_counted_once_a_turn_with_their_thumbs(admin: httpx.AsyncClient, shop: FastAPI) -> None:
    for sender in "abc":
        await ask(admin, "hello", sender)
    house: House = shop.state.house
    cited = json.dumps([{"title": "", "url": "", "article_id": "parcels", "quote": quote} for quote in "xy"])

    def cite(db: Any) -> None:
        db.execute("UPDATE turns SET citations_json = ?", [cited])
        db.execute(
            "INSERT INTO signals (id, conversation_id, turn_id, kind, value, at)"
            " SELECT id, conversation_id, id, 'feedback', '-1', asked_at FROM turns"
        )

    await house.writer.write(cite)
    row = (await by_id(admin))["parcels"]
    assert (row["cited"], row["disliked"]) == (3, 3)
    assert row["last_cited_at"]
    assert row["problem"] == "3 of 3 answers got a thumb down"
    old = (await admin.get("/api/articles", params={"source": "simulated"})).json()["articles"]
    assert {row["cited"] for row in old} == {0}


async def test_accepted_notes_stand_beside_their_article(admin: httpx.AsyncClient, shop: FastAPI) -> None:
    def note(db: Any) -> None:
        for article_id, text in (("parcels", "Sundays."), (None, "Write about kayaks."), ("old", "Not accepted.")):
            made = write_proposal(db, "t_1", text, by="ben", article_id=article_id)
            decide_proposal(db, made, "rejected" if article_id == "old" else "accepted", "ruth")

    await shop.state.house.writer.write(note)
    body = (await admin.get("/api/articles")).json()
    assert [
        (row["article_id"], [note["text"] for note in row["notes"]]) for row in body["articles"] if row["notes"]
    ] == [("parcels", ["Sundays."])]
    assert [note["text"] for note in body["wanted"]] == ["Write about kayaks."]


async def test_what_is_asked_in_vain_is_missing(admin: httpx.AsyncClient) -> None:
    for sender, text in enumerate(["rent a kayak", "kayak rent!", "a kayak to rent", "zebra"]):
        await ask(admin, text, str(sender))
    found = (await admin.get("/api/articles")).json()["missing"]
    assert [(row["n"], len(row["examples"])) for row in found] == [(3, 3)]
    assert found[0]["text"] in found[0]["examples"]


async def test_replies_tell_what_answers_an_intent_and_how_often(admin: httpx.AsyncClient) -> None:
    for sender in "ab":
        await ask(admin, "hello", sender)
    found = {row["intent"]: row for row in (await admin.get("/api/replies")).json()["replies"]}
    assert list(found) == ["gone", "greet", "refund_status", "return_policy"]
    greet = found["greet"]
    assert (greet["kind"], greet["variants"], greet["used"], greet["problem"]) == ("reply", 1, 2, None)
    assert (greet["title"], greet["accepted"]) == ("Greeting", 0)
    assert found["return_policy"]["kind"] == "deferred"
    assert found["return_policy"]["problem"] is None
    assert "neither a reply nor a flow" in found["refund_status"]["problem"]
    assert "does not know it" in found["gone"]["problem"]
