"""What operators read of conversations, and what they do to them."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from backends.contract import Abstain, Citation, Emit, Reply, Turn
from bot.house import House
from bot.store import queries
from bot.store.signals import write_feedback
from bot.store.tables import write_slots

Say = Callable[..., Awaitable[list[dict[str, Any]]]]


class Citing:
    """Answers with a citation."""

    name = "citing"

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        citation = Citation("Returns", "/help/returns", "returns", "60 days")
        return Reply("60 days.", intent="return_policy", confidence=0.8, citations=(citation,), stages_ms={"encode": 2})

    async def aclose(self) -> None: ...


async def listed(client: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    response = await client.get("/api/conversations", params=params)
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page


async def newest(client: httpx.AsyncClient) -> str:
    conversation_id: str = (await listed(client))["conversations"][0]["conversation_id"]
    return conversation_id


async def act(client: httpx.AsyncClient, conversation_id: str, verb: str, **body: Any) -> dict[str, Any]:
    response = await client.post(f"/api/conversations/{conversation_id}/{verb}", json=body)
    assert response.status_code == 200, response.text
    detail: dict[str, Any] = response.json()
    return detail


async def test_conversations_are_listed_with_what_an_operator_looks_for(operator: httpx.AsyncClient, say: Say) -> None:
    assert await listed(operator) == {"conversations": [], "next": None}
    await say("hello")
    (row,) = (await listed(operator))["conversations"]
    assert row["owner"] == "bot"
    assert row["source"] == "live"
    assert row["arm"] == "main"
    assert row["last_text"] == "Hello there."
    assert row["last_asked"] == "hello"
    assert row["messages"] == 2
    assert row["resolved"] is None
    assert row["started_at"] <= row["updated_at"]
    assert not {"session_hash", "session_id"} & set(row)


async def test_the_list_is_read_page_by_page_without_gaps_or_doubles(operator: httpx.AsyncClient, say: Say) -> None:
    for sender in "abcde":
        await say("hello", sender=sender)
    seen: list[str] = []
    before: str | None = None
    for _ in range(5):
        page = await listed(operator, limit=2, **({"before": before} if before else {}))
        seen += [row["conversation_id"] for row in page["conversations"]]
        before = page["next"]
        if before is None:
            break
    everything = [row["conversation_id"] for row in (await listed(operator))["conversations"]]
    assert seen == everything
    assert len(set(seen)) == 5


async def test_the_list_can_be_narrowed(operator: httpx.AsyncClient, say: Say) -> None:
    await say("where is my parcel", sender="a")
    await say("50% off_er", sender="b")
    await say("/talk_to_human", sender="c")
    everything = [row["conversation_id"] for row in (await listed(operator))["conversations"]]

    async def found(**params: Any) -> list[int]:
        return [everything.index(row["conversation_id"]) for row in (await listed(operator, **params))["conversations"]]

    assert await found(owner="queue") == [0]
    assert await found(owner="bot,queue") == [0, 1, 2]
    assert await found(q="ON ITS WAY") == [2]
    assert await found(q="50%") == [1]
    assert await found(q="5_%") == []
    assert await found(q="user_uttered") == []
    assert await found(q=everything[1]) == [1]
    assert await found(source="simulated") == []


@pytest.mark.parametrize(
    ("params", "word"),
    [({"owner": "nobody"}, "nobody"), ({"limit": 0}, "limit"), ({"limit": 1000}, "limit"), ({"source": "x"}, "source")],
)
async def test_a_filter_that_makes_no_sense_is_refused(
    operator: httpx.AsyncClient, params: dict[str, Any], word: str
) -> None:
    response = await operator.get("/api/conversations", params=params)
    assert response.status_code == 422
    assert word in response.json()["message"]


async def test_a_conversation_is_shown_with_turns_attempts_and_evidence(
    operator: httpx.AsyncClient, house: House, say: Say
) -> None:
    house.engine.backends["scripted"] = Citing()
    await say("can I send it back? my mail is anna@example.com")
    conversation_id = await newest(operator)
    await house.writer.write(lambda db: write_slots(db, conversation_id, {"order_number": "TF-104233"}, "now"))
    detail = (await operator.get(f"/api/conversations/{conversation_id}")).json()
    (turn,) = detail["turns"]
    message_id = turn["bot_message_id"]
    await house.writer.write(lambda db: write_feedback(db, conversation_id, message_id, -1, "wrong"))
    detail = (await operator.get(f"/api/conversations/{conversation_id}")).json()
    assert [event["type"] for event in detail["events"]] == ["user_uttered", "bot_uttered"]
    assert turn["text"] == "can I send it back? my mail is [email]"
    assert (turn["reply"], turn["backend"], turn["outcome"]) == ("60 days.", "scripted", "answered")
    assert (turn["intent"], turn["confidence"]) == ("return_policy", 0.8)
    assert turn["citations"][0]["article_id"] == "returns"
    assert turn["stages_ms"]["encode"] == 2
    assert turn["latency_ms"] > 0
    (attempt,) = turn["attempts"]
    assert (attempt["backend"], attempt["outcome"], attempt["confidence"]) == ("citing", "reply", 0.8)
    assert turn["message_id"] == detail["events"][0]["message_id"]
    assert message_id == detail["events"][1]["message_id"]
    assert detail["slots"] == {"order_number": "TF-104233"}
    assert [(s["kind"], s["value"], s["reason"]) for s in detail["signals"]] == [("feedback", -1, "wrong")]
    assert "hash" not in {key for key in detail if "session" in key}


@pytest.mark.parametrize("path", ["", "/take-over", "/hand-back", "/close", "/reply"])
async def test_a_conversation_that_is_not_there_is_not_found(operator: httpx.AsyncClient, path: str) -> None:
    method = "POST" if path else "GET"
    body = {"text": "hi"} if path == "/reply" else None
    response = await operator.request(method, f"/api/conversations/c_nope{path}", json=body)
    assert response.status_code == 404
    assert response.json() == {"code": "not_found", "message": "Not found."}


async def test_an_operator_takes_over_replies_hands_back_and_closes(operator: httpx.AsyncClient, say: Say) -> None:
    await say("hello")
    conversation_id = await newest(operator)
    taken = await act(operator, conversation_id, "take-over", operator="olga")
    assert (taken["owner"], taken["operator"]) == ("operator", "olga")
    assert await say("where is my parcel") == []
    replied = await act(operator, conversation_id, "reply", operator="olga", text="I look into it. Call 0664 1234567.")
    assert replied["events"][-1]["type"] == "operator_uttered"
    assert replied["events"][-1]["text"] == "I look into it. Call [phone]."
    assert replied["events"][-1]["operator"] == "olga"
    back = await act(operator, conversation_id, "hand-back")
    assert back["owner"] == "bot"
    assert [m["text"] for m in await say("hello")] == ["Hello there."]
    closed = await act(operator, conversation_id, "close", reason="solved")
    assert closed["events"][-1] == {**closed["events"][-1], "type": "conversation_closed", "reason": "solved"}
    assert closed["slots"] == {}
    await say("hello")
    assert await newest(operator) != conversation_id


async def test_a_reply_takes_over_by_itself_and_the_name_may_stand_in_the_header(
    operator: httpx.AsyncClient, say: Say
) -> None:
    await say("hello")
    conversation_id = await newest(operator)
    response = await operator.post(
        f"/api/conversations/{conversation_id}/reply", json={"text": "Hi!"}, headers={"X-Operator": "omar"}
    )
    assert (response.json()["owner"], response.json()["operator"]) == ("operator", "omar")


@pytest.mark.parametrize(("verb", "after"), [("hand-back", "bot"), ("close", "closed")])
async def test_nobody_ends_what_a_colleague_has_by_mistake(
    operator: httpx.AsyncClient, say: Say, verb: str, after: str
) -> None:
    await say("hello")
    conversation_id = await newest(operator)
    await act(operator, conversation_id, "take-over", operator="olga")
    path = f"/api/conversations/{conversation_id}/{verb}"
    refused = await operator.post(path, json={"operator": "omar"})
    assert (refused.status_code, refused.json()["code"]) == (409, "taken")
    assert "olga" in refused.json()["message"]
    done = await operator.post(path, json={"operator": "omar", "over": "olga"})
    assert done.json()["owner"] == after


@pytest.mark.parametrize("verb", ["take-over", "reply", "hand-back", "close"])
@pytest.mark.parametrize("field", ["over", "operator"])
async def test_an_asterisk_is_nobodys_name(operator: httpx.AsyncClient, say: Say, verb: str, field: str) -> None:
    await say("hello")
    conversation_id = await newest(operator)
    await act(operator, conversation_id, "take-over", operator="olga")
    body = {"operator": "omar", field: "*"} | ({"text": "Hi!"} if verb == "reply" else {})
    response = await operator.post(f"/api/conversations/{conversation_id}/{verb}", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert (await operator.get(f"/api/conversations/{conversation_id}")).json()["operator"] == "olga"


async def test_a_verb_needs_no_body(operator: httpx.AsyncClient, say: Say) -> None:
    await say("hello")
    conversation_id = await newest(operator)
    for verb, owner in (("take-over", "operator"), ("hand-back", "bot"), ("close", "closed")):
        response = await operator.post(f"/api/conversations/{conversation_id}/{verb}")
        assert (response.status_code, response.json()["owner"]) == (200, owner)


@pytest.mark.parametrize("verb", ["take-over", "hand-back", "close", "reply"])
async def test_a_closed_conversation_stays_closed(operator: httpx.AsyncClient, say: Say, verb: str) -> None:
    await say("hello")
    conversation_id = await newest(operator)
    await act(operator, conversation_id, "close")
    response = await operator.post(
        f"/api/conversations/{conversation_id}/{verb}", json={"text": "hi"} if verb == "reply" else {}
    )
    assert (response.status_code, response.json()["code"]) == (409, "closed")


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "  "}, {"text": "x" * 4001}, {"text": "hi", "extra": 1}])
async def test_a_reply_without_a_usable_text_is_refused(operator: httpx.AsyncClient, say: Say, body: Any) -> None:
    await say("hello")
    conversation_id = await newest(operator)
    response = await operator.post(f"/api/conversations/{conversation_id}/reply", json=body)
    assert response.status_code == 422
    assert set(response.json()) == {"code", "message"}


async def test_a_turn_is_labelled_by_an_operator(operator: httpx.AsyncClient, say: Say) -> None:
    await say("hello")
    conversation_id = await newest(operator)
    detail = (await operator.get(f"/api/conversations/{conversation_id}")).json()
    turn_id = detail["turns"][0]["turn_id"]
    response = await operator.post(
        f"/api/turns/{turn_id}/label",
        json={"intent": "greet", "note": "mail anna@example.com"},
        headers={"X-Operator": "olga"},
    )
    assert response.status_code == 200
    assert response.json()["turn_id"] == turn_id
    detail = (await operator.get(f"/api/conversations/{conversation_id}")).json()
    (label,) = detail["turns"][0]["labels"]
    assert (label["intent"], label["provenance"], label["by"], label["note"]) == (
        "greet",
        "operator",
        "olga",
        "mail [email]",
    )


@pytest.mark.parametrize(("turn", "intent", "status"), [("t_no", "greet", 404), ("t_no", "no such; thing", 422)])
async def test_a_label_needs_a_turn_and_a_name(
    operator: httpx.AsyncClient, turn: str, intent: str, status: int
) -> None:
    response = await operator.post(f"/api/turns/{turn}/label", json={"intent": intent})
    assert response.status_code == status


async def test_a_store_that_cannot_be_written_is_told_as_such(
    operator: httpx.AsyncClient, house: House, say: Say
) -> None:
    await say("hello")
    conversation_id = await newest(operator)
    house.writer.close()
    response = await operator.post(f"/api/conversations/{conversation_id}/take-over")
    assert (response.status_code, response.json()["code"]) == (503, "storage")
    assert "closed" not in response.text


async def test_what_operators_do_to_a_conversation_is_in_the_journal_without_their_words(
    operator: httpx.AsyncClient, say: Say
) -> None:
    await say("hello")
    listed = (await operator.get("/api/conversations")).json()["conversations"]
    chat = f"/api/conversations/{listed[0]['conversation_id']}"
    turn = (await operator.get(chat)).json()["turns"][0]["turn_id"]
    for path, body in (
        (f"{chat}/take-over", {"operator": "ruth"}),
        (f"{chat}/take-over", {"operator": "ruth"}),
        (f"{chat}/reply", {"text": "a private word"}),
        (f"{chat}/hand-back", {}),
        (f"/api/turns/{turn}/label", {"intent": "greet"}),
        (f"{chat}/close", {}),
    ):
        assert (await operator.post(path, json=body)).status_code == 200
    told = await operator.get("/api/journal")
    entries = [(row["action"], row["who"], row["target"]) for row in reversed(told.json()["entries"])]
    chat_id = listed[0]["conversation_id"]
    assert entries == [
        ("conversation.take_over", "ruth", chat_id),
        ("conversation.reply", "operator", chat_id),
        ("conversation.hand_back", "operator", chat_id),
        ("turn.label", "operator", turn),
        ("conversation.close", "operator", chat_id),
    ]
    assert "private" not in told.text


async def test_a_search_looks_at_some_conversations_a_page_and_goes_on_with_the_next(
    operator: httpx.AsyncClient, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "SEARCHED", 2)
    await say("a needle", sender="a")
    for sender in "bcd":
        await say("hay", sender=sender)
    first = await listed(operator, q="needle")
    assert first["conversations"] == []
    second = await listed(operator, q="needle", before=first["next"])
    assert [row["last_asked"] for row in second["conversations"]] == ["a needle"]
    last = await listed(operator, q="needle", before=second["next"])
    assert (last["conversations"], last["next"]) == ([], None)
    wanted = second["conversations"][0]["conversation_id"]
    assert [row["conversation_id"] for row in (await listed(operator, q=wanted))["conversations"]] == [wanted]
