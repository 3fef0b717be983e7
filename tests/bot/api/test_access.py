"""Who may call what."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from bot.api.access import address_of
from bot.house import House
from bot.limits import Limits
from bot.settings import LimitSection

Connect = Callable[..., httpx.AsyncClient]
OPERATORS = [
    ("GET", "/api/routing"),
    ("PUT", "/api/routing"),
    ("GET", "/api/backends"),
    ("GET", "/api/conversations"),
    ("GET", "/api/conversations/c_1"),
    ("POST", "/api/conversations/c_1/take-over"),
    ("POST", "/api/conversations/c_1/hand-back"),
    ("POST", "/api/conversations/c_1/close"),
]
COMPAT: list[tuple[str, str, Any]] = [
    ("POST", "/webhooks/rest/webhook", {"sender": "a", "message": "hello"}),
    ("POST", "/model/parse", {"text": "hello"}),
    ("GET", "/v1/models", None),
    ("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "hello"}]}),
    ("GET", "/metrics", None),
]


@pytest.fixture
async def public(make_app: Callable[..., FastAPI]) -> AsyncIterator[FastAPI]:
    """A server that is bound to every address."""
    app = make_app(server={"host": "0.0.0.0"})
    async with app.router.lifespan_context(app):
        yield app


@pytest.mark.parametrize(("method", "path"), OPERATORS)
async def test_operators_need_the_token_even_on_loopback(anyone: httpx.AsyncClient, method: str, path: str) -> None:
    response = await anyone.request(method, path, json={})
    assert response.status_code == 401
    assert response.json() == {"code": "unauthorized", "message": "Expected the operator token."}
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")  # of the routes that answer HEAD too
async def test_every_route_under_api_asks_for_the_token(app: FastAPI, anyone: httpx.AsyncClient) -> None:
    asked = {
        (method.upper(), re.sub(r"{\w+}", "c_1", path))
        for path, methods in app.openapi()["paths"].items()
        if path.startswith("/api")
        for method in methods
    }
    assert set(OPERATORS) <= asked
    answers = {(m, path): (await anyone.request(m, path, json={})).status_code for m, path in asked}
    assert set(answers.values()) == {401}, answers


async def test_the_address_is_read_from_every_forwarded_line(app: FastAPI) -> None:
    lines = [(b"x-forwarded-for", b"127.0.0.1"), (b"x-forwarded-for", b"203.0.113.9")]
    scope = {"type": "http", "app": app, "client": ("10.0.0.1", 1), "headers": lines}
    limits = Limits(LimitSection(trusted_proxies=("10.0.0.1",)))
    assert address_of(HTTPConnection(scope), replace(app.state.house, limits=limits)) == "203.0.113.9"


@pytest.mark.parametrize("token", ["wrong", "x" * 5000, "é"])
async def test_a_wrong_token_is_no_token(app: FastAPI, token: str) -> None:
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        headers = {b"Authorization": f"Bearer {token}".encode()}
        assert (await client.get("/api/routing", headers=headers)).status_code == 401


@pytest.mark.parametrize(("method", "path", "body"), COMPAT)
async def test_on_loopback_the_other_interfaces_are_open(
    anyone: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    assert (await anyone.request(method, path, json=body)).status_code != 401


@pytest.mark.parametrize(("method", "path", "body"), COMPAT)
async def test_on_a_public_address_they_need_the_token(
    public: FastAPI, connect: Connect, method: str, path: str, body: Any
) -> None:
    house: House = public.state.house
    async with connect(public) as client:
        assert (await client.request(method, path, json=body)).status_code == 401
    async with connect(public, house.token.value) as client:
        assert (await client.request(method, path, json=body)).status_code != 401


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("localhost:8080", {}, 200),
        ("[::1]:8080", {}, 200),
        ("evil.example:8080", {}, 401),
        ("127.0.0.1:8080", {"X-Forwarded-For": "203.0.113.9"}, 401),
        ("127.0.0.1:8080", {"Origin": "http://127.0.0.1:8080"}, 200),
        ("127.0.0.1:8080", {"Origin": "https://evil.example"}, 403),
        ("127.0.0.1:8080", {"Authorization": "Bearer wrong"}, 200),
    ],
)
async def test_loopback_means_this_machine_and_not_a_page_or_a_proxy(
    app: FastAPI, connect: Connect, host: str, headers: dict[str, str], status: int
) -> None:
    async with connect(app, host=host) as client:
        assert (await client.get("/v1/models", headers=headers)).status_code == status


async def test_guessing_tokens_is_slowed_down(make_app: Callable[..., FastAPI]) -> None:
    app = make_app(server={"host": "0.0.0.0"}, limits={"address_messages_per_minute": 3})
    transport = httpx.ASGITransport(app, client=("203.0.113.9", 5000))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://chat.example") as client,
    ):
        statuses = [
            (await client.get("/api/routing", headers={"Authorization": f"Bearer {guess}"})).status_code
            for guess in range(5)
        ]
    assert statuses == [401, 401, 401, 429, 429]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/console"])
async def test_health_and_pages_are_for_everybody(public: FastAPI, connect: Connect, path: str) -> None:
    async with connect(public, host="chat.example") as client:
        assert (await client.get(path)).status_code != 401


async def test_the_token_is_never_taken_from_the_address(app: FastAPI, house: House, connect: Connect) -> None:
    async with connect(app) as client:
        assert (await client.get("/api/routing", params={"token": house.token.value})).status_code == 401
