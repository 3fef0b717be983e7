"""The OpenAPI description is complete, and only for those who may call the API."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.api.description import describe

Operation = tuple[str, str, dict[str, Any]]
OPEN = {"/healthz", "/readyz", "/help", "/help/{article_id}"}


def operations(app: FastAPI) -> Iterator[Operation]:
    for path, methods in describe(app)["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def named(operation: Operation) -> str:
    return f"{operation[0]} {operation[1]}"


async def test_every_answer_has_a_shape(app: FastAPI) -> None:
    vague = [
        named(operation)
        for operation in operations(app)
        for status, response in operation[2]["responses"].items()
        if status.startswith("2") and not all(body.get("schema") for body in response["content"].values())
    ]
    assert vague == []


async def test_no_answer_is_just_any_object(app: FastAPI) -> None:
    loose = [
        named(operation)
        for operation in operations(app)
        for status, response in operation[2]["responses"].items()
        if status.startswith("2")
        and response["content"].get("application/json", {}).get("schema", {}).get("additionalProperties") is True
    ]
    assert loose == []


async def test_every_route_says_what_it_does_and_how_it_fails(app: FastAPI) -> None:
    silent = [named(one) for one in operations(app) if not one[2].get("description") or not one[2].get("tags")]
    assert silent == []
    unsaid = [named(one) for one in operations(app) if one[1] not in OPEN and "default" not in one[2]["responses"]]
    assert unsaid == []
    pages = [
        named(one)
        for one in operations(app)
        for status, response in one[2]["responses"].items()
        if not status.startswith("2") and "application/json" not in response.get("content", {})
    ]
    assert pages == []


async def test_whatever_needs_the_token_says_so(app: FastAPI) -> None:
    document = describe(app)
    assert document["components"]["securitySchemes"] == {
        "HTTPBearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "Token of an operator's account, or that of the home folder.",
        }
    }
    bare = {path for _, path, operation in operations(app) if "security" not in operation}
    assert bare == OPEN
    guarded = [one for one in operations(app) if one[1] not in OPEN]
    assert all({"401", "403"} <= set(operation["responses"]) for _, _, operation in guarded)


async def test_every_route_there_is_is_described(app: FastAPI) -> None:
    described = {path for _, path, _ in operations(app)}
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
