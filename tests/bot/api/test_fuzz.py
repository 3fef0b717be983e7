"""A schema fuzzer asks every route of the API for things that fit its description, and for things that do not."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backends.bundle import promote
from backends.content.content import COMMON
from bot.api.description import describe
from bot.auth import load_token

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OWN_PROCESS = frozenset({"/api/models/nightly", "/api/reports/resolution"})
"""Routes that start a process of their own; they have tests of their own."""
FITTING, MISFITTING = 4, 2
"""Requests for each route and of each sort."""
REPLIES = {"hello": "Hello there."}


@pytest.fixture
def server(
    make_app: Callable[..., FastAPI], bot_folder: Path, tmp_path: Path, make_tiny_bundle: Callable[..., Path]
) -> Iterator[tuple[FastAPI, str]]:
    """A server on a port of this machine, with a classifier, an article and a night; gives its address."""
    common = "".join(f"  {name}:\n    - text: {name}\n" for name in (*COMMON, "utter_greet"))
    (bot_folder / "responses.yml").write_text(f"responses:\n{common}", encoding="utf-8")
    (bot_folder / "articles").mkdir()
    article = "---\ntitle: Help\nurl: /help/help\nupdated: 2026-01-01\n---\nAsk us.\n"
    (bot_folder / "articles" / "help.md").write_text(article, encoding="utf-8")
    home = tmp_path / "var"
    make_tiny_bundle(home / "bundles" / "tiny-0001")
    promote(home, "tiny-0001")
    (home / "nights" / "n1").mkdir(parents=True)
    (home / "nights" / "n1" / "report.html").write_text("<p>Kept.</p>", encoding="utf-8")
    (home / "nights" / "n1" / "report.json").write_text(json.dumps({"challenger": "tiny-0001", "night": "n1"}))
    arms = [{"arm": "main", "weight": 1, "chain": ["intent", "scripted"]}]
    app = make_app(routing={"arms": arms}, backends={"intent": {}, "scripted": {"replies": REPLIES}})
    listening = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            listening.set()

    runner = Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        assert listening.wait(30)
        port = runner.servers[0].sockets[0].getsockname()[1]
        yield app, f"http://127.0.0.1:{port}"
    finally:
        runner.should_exit = True
        thread.join()


def things(client: httpx.Client) -> dict[str, str]:
    """Make one of everything that a path can name; gives the names."""
    client.post("/webhooks/rest/webhook", json={"sender": "anna", "message": "hello"}).raise_for_status()
    (chat, *_) = client.get("/api/conversations").json()["conversations"]
    turn = client.get(f"/api/conversations/{chat['conversation_id']}").json()["turns"][-1]["turn_id"]
    made = client.post(f"/api/turns/{turn}/correction", json={"intent": "greet", "reply": "Hi."}).json()
    client.post("/api/operators", json={"name": "ben"})
    return {
        "conversation_id": chat["conversation_id"],
        "turn_id": turn,
        "proposal_id": made["proposal_ids"][0],
        "bundle_id": "tiny-0001",
        "night": "n1",
        "article_id": "help",
        "name": "ben",
    }


@pytest.mark.slow
def test_no_request_breaks_the_server_or_is_answered_otherwise_than_described(
    server: tuple[FastAPI, str], tmp_path: Path
) -> None:
    app, address = server
    token = load_token(tmp_path / "var").value
    headers = {"Authorization": f"Bearer {token}"}
    schema = schemathesis.openapi.from_dict(describe(app))
    asked = 0
    with httpx.Client(base_url=address, headers=headers) as client:
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()
            if operation.path in OWN_PROCESS:
                continue
            names = {one.name for one in operation.path_parameters}
            known = things(client) if names else {}
            pinned = {name: known[name] for name in names} if names <= known.keys() else None
            for mode, count, path in (
                (GenerationMode.POSITIVE, FITTING, pinned or None),
                (GenerationMode.NEGATIVE, MISFITTING, None),
            ):
                if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
                    continue
                strategy = operation.as_strategy(generation_mode=mode, path_parameters=path)
                asked += ask(strategy, count, address, headers)
    assert asked > 150


def ask(strategy: Any, count: int, address: str, headers: dict[str, str]) -> int:
    """Send requests of one sort; gives how many."""
    asked = 0

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def send(case: "Case[Any]") -> None:
        nonlocal asked
        asked += 1
        response = case.call(base_url=address, headers=headers)
        case.validate_response(response, checks=CHECKS)

    send()
    return asked
