"""The OpenAPI description is complete, and only for those who may call the API."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.api.description import describe
from bot.server import create_app
from bot.settings import Settings

Operation = tuple[str, str, dict[str, Any]]
OPEN = {"/healthz", "/readyz", "/help", "/help/{article_id}"}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The description; no server has to run for it."""
    folder = tmp_path_factory.mktemp("bot")
    return describe(create_app(Settings(), folder, folder / "var"))


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def named(operation: Operation) -> str:
    return f"{operation[0]} {operation[1]}"


def test_every_answer_has_a_shape(document: dict[str, Any]) -> None:
    vague = [
        named(operation)
        for operation in operations(document)
        for status, response in operation[2]["responses"].items()
        if status.startswith("2") and not all(body.get("schema") for body in response["content"].values())
    ]
    assert vague == []


def test_no_answer_is_just_any_object(document: dict[str, Any]) -> None:
    loose = [
        named(operation)
        for operation in operations(document)
        for status, response in operation[2]["responses"].items()
        if status.startswith("2")
        and response["content"].get("application/json", {}).get("schema", {}).get("additionalProperties") is True
    ]
    assert loose == []


def test_every_route_says_what_it_does_and_how_it_fails(document: dict[str, Any]) -> None:
    silent = [named(one) for one in operations(document) if not one[2].get("description") or not one[2].get("tags")]
    assert silent == []
    unsaid = [named(one) for one in operations(document) if one[1] not in OPEN and "default" not in one[2]["responses"]]
    assert unsaid == []
    pages = [
        named(one)
        for one in operations(document)
        for status, response in one[2]["responses"].items()
        if not status.startswith("2") and "application/json" not in response.get("content", {})
    ]
    assert pages == []


def test_whatever_needs_the_token_says_so(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"] == {
        "HTTPBearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "Token of an operator's account, or that of the home folder.",
        }
    }
    bare = {path for _, path, operation in operations(document) if "security" not in operation}
    assert bare == OPEN
    guarded = [one for one in operations(document) if one[1] not in OPEN]
    assert all({"401", "403"} <= set(operation["responses"]) for _, _, operation in guarded)


def test_every_route_there_is_is_described(document: dict[str, Any]) -> None:
    described = {path for _, path, _ in operations(document)}
    assert {"/api/me", "/api/routing/preview", "/v1/models", "/model/parse", "/webhooks/rest/webhook"} <= described
    assert not {path for path in described if path.startswith("/ws")}


@pytest.mark.parametrize(
    ("host", "token", "status"),
    [("127.0.0.1:8080", None, 200), ("chat.example", None, 401), ("chat.example", "right", 200)],
)
async def test_the_description_is_for_those_who_may_call(
    app: FastAPI, connect: Any, host: str, token: str | None, status: int
) -> None:
    async with connect(app, token and app.state.house.token.value, host=host) as client:
        response: httpx.Response = await client.get("/openapi.json")
    assert response.status_code == status
    if status == 200:
        assert response.json()["openapi"] == "3.1.0"
