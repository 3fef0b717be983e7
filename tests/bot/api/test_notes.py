"""Notes, suggested answers, summaries and transcripts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from backends.contract import Abstain, BackendError, Citation, Emit, FlowState, Reply, Turn, Usage
from bot.errors import StoreError
from bot.house import House
from bot.store.tables import write_slots

Say = Callable[..., Awaitable[list[dict[str, Any]]]]
ADA = {"X-Operator": "ada"}


class Answering:
    """Does what it is told to."""

    def __init__(self, name: str, outcome: Reply | Abstain | Exception | float) -> None:
        self.name = name
        self.outcome = outcome
        self.turns: list[Turn] = []

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        self.turns.append(turn)
        await emit("shown to nobody")
        match self.outcome:
            case float(seconds):
                await asyncio.sleep(seconds)
                return Reply("late")
            case Reply() | Abstain() as outcome:
                return outcome
            case Exception() as failure:
                raise failure

    async def aclose(self) -> None: ...


async def begun(operator: httpx.AsyncClient, say: Say, text: str = "hello") -> str:
    await say(text)
    listed = (await operator.get("/api/conversations")).json()["conversations"]
    return f"/api/conversations/{listed[0]['conversation_id']}"


async def rows(house: House, sql: str) -> list[dict[str, Any]]:
    return await house.reader.read(lambda db: [dict(row) for row in db.query(sql)])


async def test_a_note_is_masked_kept_with_its_writer_and_noted_in_the_journal(
    operator: httpx.AsyncClient, house: House, say: Say
) -> None:
    chat = await begun(operator, say)
    await house.writer.write(lambda db: write_slots(db, chat.rpartition("/")[2], {"email": "anna@web.example"}, "now"))
    response = await operator.post(f"{chat}/notes", json={"text": "Anna@Web.example is cross"}, headers=ADA)
    (note,) = response.json()["notes"]
    assert (note["kind"], note["by"], note["text"]) == ("note", "ada", "[email] is cross")
    assert (await operator.get(chat)).json()["notes"] == [note]
    entry = (await operator.get("/api/journal")).json()["entries"][0]
    assert (entry["action"], entry["who"], entry["details"]) == ("conversation.note", "ada", {"kind": "note"})


@pytest.mark.parametrize("body", [{}, {"text": " "}, {"text": "x" * 4001}])
async def test_a_note_needs_a_text_and_a_conversation(operator: httpx.AsyncClient, say: Say, body: Any) -> None:
    chat = await begun(operator, say)
    assert (await operator.post(f"{chat}/notes", json=body)).status_code == 422
    for path in ("notes", "suggestions", "summary", "transcript"):
        method, given = ("POST", {"text": "hi"}) if path == "notes" else ("GET", None)
        response = await operator.request(method, f"/api/conversations/c_nope/{path}", json=given)
        assert response.status_code == 404


async def test_a_conversation_is_handed_back_with_its_summary(
    operator: httpx.AsyncClient, house: House, say: Say
) -> None:
    chat = await begun(operator, say, "is anybody there?")
    await operator.post(f"{chat}/reply", json={"text": "Yes, I am"}, headers=ADA)
    draft = (await operator.get(f"{chat}/summary")).json()["summary"]
    assert draft.splitlines() == [
        "Wanted: “is anybody there?”",
        "Tried: no answer (scripted no reply)",
        "Said by a person: ada: “Yes, I am”",
    ]
    back = (await operator.post(f"{chat}/hand-back", json={"summary": draft}, headers=ADA)).json()
    assert back["owner"] == "bot"
    assert [(note["kind"], note["text"]) for note in back["notes"]] == [("summary", draft)]
    await operator.post(f"{chat}/hand-back", json={}, headers=ADA)
    assert len((await operator.get(chat)).json()["notes"]) == 1
    assert (await operator.post(f"{chat}/hand-back", json={"summary": ""})).status_code == 422


def test_notes_and_summaries_never_reach_the_customer(sockets: tuple[TestClient, str]) -> None:
    client, token = sockets
    headers = {"Authorization": f"Bearer {token}"}
    heard: list[str] = []
    with client.websocket_connect("/ws") as socket:
        socket.send_json({"type": "session_request", "visitor_id": "v1"})
        confirm = socket.receive_json()
        socket.send_json({"type": "user_uttered", "message_id": "m1", "text": "hello"})
        chat = f"/api/conversations/{confirm['conversation_id']}"
        while '"bot_uttered"' not in "".join(heard):
            heard.append(socket.receive_text())
        client.post(f"{chat}/take-over", headers=headers)
        client.post(f"{chat}/notes", json={"text": "XSECRETX one"}, headers=headers)
        client.post(f"{chat}/reply", json={"text": "all well"}, headers=headers)
        client.post(f"{chat}/hand-back", json={"summary": "XSECRETX two"}, headers=headers)
        socket.send_json({"type": "user_uttered", "message_id": "m2", "text": "two words"})
        while "Well said." not in "".join(heard):
            heard.append(socket.receive_text())
    with client.websocket_connect("/ws") as socket:
        socket.send_json({"type": "session_request", "session_id": confirm["session_id"], "resume_from": 0})
        while "Well said." not in (frame := socket.receive_text()):
            heard.append(frame)
    for form in ("text", "json"):
        heard.append(client.get(f"{chat}/transcript", params={"form": form}, headers=headers).text)
    assert "all well" in "".join(heard)
    assert "XSECRETX" not in "".join(heard)
    assert "XSECRETX two" in client.get(chat, headers=headers).text


async def test_backends_suggest_answers_and_who_fails_is_left_out(
    operator: httpx.AsyncClient, house: House, say: Say
) -> None:
    chat = await begun(operator, say)
    citation = Citation("Returns", "/help/returns", "returns", "60 days")
    good = Answering("rag", Reply("60 days.", intent="returns", confidence=0.8, citations=(citation,)))
    known = [good, Answering("a", Abstain("no_reply")), Answering("b", BackendError("down"))]
    known += [Answering("c", ZeroDivisionError("bug")), Answering("d", 30.0)]
    house.engine.backends.update({backend.name: backend for backend in known})
    house.engine.backends["off"] = Answering("off", Reply("never"))
    chain = ["scripted", *(backend.name for backend in known), "off", "handoff", "gone"]
    routing = house.board.current
    arms = (type(routing.arms[0])("main", 1.0, tuple(chain)),)
    house.board.current = type(routing)(99, arms, frozenset({"off"}))
    object.__setattr__(house.settings.people, "suggestion_s", 0.2)
    before = await rows(house, "SELECT * FROM events")
    response = await operator.get(f"{chat}/suggestions")
    assert response.json()["suggestions"] == [
        {"backend": "scripted", "text": "Hello there.", "citations": [], "intent": None, "confidence": None},
        {
            "backend": "rag",
            "text": "60 days.",
            "citations": [
                {"title": "Returns", "url": "/help/returns", "article_id": "returns", "quote": "60 days"},
            ],
            "intent": "returns",
            "confidence": 0.8,
        },
    ]
    assert await rows(house, "SELECT * FROM events") == before
    assert len(await rows(house, "SELECT id FROM turns")) == 1


async def test_what_suggestions_take_is_stored_with_the_conversation_without_a_word(
    operator: httpx.AsyncClient, house: House, say: Say
) -> None:
    chat = await begun(operator, say)
    house.engine.backends["scripted"] = Answering("scripted", Reply("60 days.", usage=Usage(90, 12, 0.25)))
    house.engine.backends["late"] = Answering("late", 30.0)
    house.engine.backends["a"] = Answering("a", Abstain("no_reply"))
    routing = house.board.current
    arms = (type(routing.arms[0])("main", 1.0, ("scripted", "late", "a")),)
    house.board.current = type(routing)(99, arms, frozenset())
    object.__setattr__(house.settings.people, "suggestion_s", 0.05)
    await operator.get(f"{chat}/suggestions")
    spent = await rows(house, "SELECT * FROM suggestions")
    assert {row["conversation_id"] for row in spent} == {chat.rpartition("/")[2]}
    assert {
        row["backend"]: (row["outcome"], row["prompt_tokens"], row["completion_tokens"], row["cost_usd"])
        for row in spent
    } == {
        "scripted": ("reply", 90, 12, 0.25),
        "a": ("abstain:no_reply", 0, 0, 0.0),
        "late": ("cancelled", 0, 0, 0.0),
    }
    assert all(row["ms"] > 0 for row in spent)
    assert "60 days" not in str(spent)
    told = (await operator.get("/metrics")).text.splitlines()
    (cost,) = [line for line in told if line.startswith('chatbot_llm_cost_usd_total{source="live"')]
    assert float(cost.rpartition(" ")[2]) == 0.25


async def test_suggestions_are_given_also_where_their_cost_cannot_be_stored(
    operator: httpx.AsyncClient, house: House, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await begun(operator, say)

    async def write(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(house.writer, "write", write)
    answers = (await operator.get(f"{chat}/suggestions")).json()["suggestions"]
    assert [answer["text"] for answer in answers] == ["Hello there."]


async def test_a_suggestion_sees_the_conversation_but_goes_on_with_no_flow(
    operator: httpx.AsyncClient, house: House, say: Say
) -> None:
    flow = FlowState("cancel_order", "confirm", "Really?")
    asking = Answering("scripted", Reply("Really?", kind="question", flow=flow))
    house.engine.backends["scripted"] = asking
    chat = await begun(operator, say, "cancel it")
    await operator.post(f"{chat}/reply", json={"text": "Let me see"})
    await say("yes")
    await operator.get(f"{chat}/suggestions")
    turn = asking.turns[-1]
    assert (turn.text, turn.flow) == ("yes", None)
    assert [message.text for message in turn.history] == ["cancel it", "Really?", "Let me see"]


async def test_nothing_is_suggested_before_anything_was_said(operator: httpx.AsyncClient, house: House) -> None:
    from bot.store.opening import Opening, open_conversation

    opening = Opening("c_new", "secret", "visitor:v", "live", "en", "v")
    await house.writer.write(lambda db: open_conversation(db, opening, house.board.current, "seed"))
    assert (await operator.get("/api/conversations/c_new/suggestions")).json() == {"suggestions": []}
    assert "nothing was said" in (await operator.get("/api/conversations/c_new/summary")).json()["summary"]


async def test_a_transcript_is_handed_out_as_stored(operator: httpx.AsyncClient, say: Say) -> None:
    chat = await begun(operator, say, "hello, I am anna@web.example")
    await operator.post(f"{chat}/reply", json={"text": "Hi\nAnna"}, headers=ADA)
    plain = await operator.get(f"{chat}/transcript")
    assert plain.headers["content-type"].startswith("text/plain")
    lines = plain.text.splitlines()
    assert lines[2].endswith("  Customer: hello, I am [email]")
    assert lines[-2].endswith("  ada: Hi")
    assert lines[-1] == "    Anna"
    document = (await operator.get(f"{chat}/transcript", params={"form": "json"})).json()
    assert [said["role"] for said in document["messages"]] == ["customer", "assistant", "operator"]
    assert (await operator.get(f"{chat}/transcript", params={"form": "pdf"})).status_code == 422
