"""A teacher counts only where retrieval agrees, and only with an answer in the agreed form."""

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from backends.rag.settings import RagSettings
from training.harvest.finding import Known
from training.harvest.logged import LoggedTurn, StoredLabel
from training.harvest.teacher import Teacher, label_in, opinions, teach, unlabelled

AXES = np.eye(4, dtype=np.float32)
HALF = np.asarray((AXES[0] + AXES[1]) / np.sqrt(2), dtype=np.float32)
KNOWN = Known(
    tuple(f"text {place}" for place in range(8)),
    ("order", "order", "order", "refund", "refund", "refund", "oos", "oos"),
    np.array([AXES[0], AXES[0], HALF, AXES[1], AXES[1], HALF, AXES[3], AXES[3]]),
)
VECTORS = np.array([AXES[0], AXES[1], HALF, AXES[2]])
TURNS = tuple(LoggedTurn(f"t{place}", f"c{place}", "u", "2026-11-20", f"some words {place}") for place in range(4))


def test_retrieval_has_an_opinion_where_one_intent_is_clearly_closest_or_none_is_close() -> None:
    assert [opinion.choice for opinion in opinions(VECTORS, KNOWN)] == ["order", "refund", None, "oos"]


async def test_only_what_both_say_is_a_label() -> None:
    asked: list[str] = []

    async def ask(text: str, candidates: Sequence[str]) -> str | None:
        asked.append(text)
        assert set(candidates) == {"order", "refund", "oos"}
        return "order"

    assert await teach(TURNS, VECTORS, KNOWN, ask) == {"t0": "order"}
    assert sorted(asked) == ["some words 0", "some words 1", "some words 3"]


async def test_without_known_texts_nobody_is_asked() -> None:
    async def ask(text: str, candidates: Sequence[str]) -> str | None:
        raise AssertionError("asked")

    assert await teach(TURNS, VECTORS, KNOWN.at([]), ask) == {}


def test_turns_with_a_label_or_without_words_are_not_asked_about() -> None:
    labelled = LoggedTurn("t8", "c", "u", "x", "some words", labels=(StoredLabel("a", "operator", "b", "c"),))
    masked = LoggedTurn("t9", "c", "u", "x", "[email]")
    assert [turn.turn_id for turn in unlabelled((*TURNS, labelled, masked), frozenset({"t0", "t1"}))] == ["t2", "t3"]


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ('{"label": "order"}', "order"),
        ('{"label": "parcel"}', None),
        ('{"label": "order", "why": "x"}', None),
        ('{"label": ["order"]}', None),
        ('["order"]', None),
        ("order", None),
        ("", None),
        (None, None),
    ],
)
def test_an_answer_of_another_form_is_no_label(answer: str | None, label: str | None) -> None:
    assert label_in(answer, ("order", "refund")) == label


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A chat endpoint that answers with the first candidate of the schema, and fails on the word `broken`."""
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append(body)
            is_broken = "broken" in body["messages"][1]["content"]
            first = body["response_format"]["json_schema"]["schema"]["properties"]["label"]["enum"][0]
            message = {"role": "assistant", "content": json.dumps({"label": first})}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
            content = json.dumps(answer).encode()
            self.send_response(400 if is_broken else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", seen
    server.shutdown()
    server.server_close()


async def test_the_endpoint_is_held_to_the_candidates(endpoint: tuple[str, list[dict[str, Any]]]) -> None:
    base_url, seen = endpoint
    async with Teacher(RagSettings(base_url=base_url, model="big")) as ask:
        assert await ask("where is it", ("order", "oos")) == "order"
    assert seen[0]["model"] == "big"
    assert seen[0]["response_format"]["json_schema"]["strict"] is True


async def test_an_endpoint_that_keeps_failing_is_left_alone(endpoint: tuple[str, list[dict[str, Any]]]) -> None:
    base_url, seen = endpoint
    async with Teacher(RagSettings(base_url=base_url, breaker_failures=2)) as ask:
        assert [await ask("broken", ("order", "oos")) for _ in range(4)] == [None] * 4
        assert len(seen) == 2


def test_the_embedded_model_is_no_teacher() -> None:
    with pytest.raises(ValueError, match=r"backends\.rag\.base_url"):
        Teacher(RagSettings())
