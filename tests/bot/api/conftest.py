"""A whole server in this process: a real store, the scripted backend, and clients on loopback."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from backends.content.content import COMMON
from bot.auth import load_token
from bot.house import House
from bot.server import create_app
from bot.settings import Settings

REPLIES = {"hello": "Hello there.", "where is my parcel": "On its way.", "two words": "Well said."}
ARMS = [{"arm": "main", "weight": 1.0, "chain": ["scripted"]}]
Make = Callable[..., FastAPI]


@pytest.fixture
def bot_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bot"
    folder.mkdir()
    lines = "\n".join(f"  {name}:\n    - text: {name}" for name in COMMON)
    (folder / "responses.yml").write_text(f"responses:\n{lines}\n", encoding="utf-8")
    return folder


@pytest.fixture
def make_app(bot_folder: Path, tmp_path: Path) -> Make:
    """Builds an application; keywords are sections of the settings."""

    def make(**sections: Any) -> FastAPI:
        table: dict[str, Any] = {
            "routing": {"arms": ARMS},
            "backends": {"scripted": {"replies": REPLIES}},
            **sections,
        }
        return create_app(Settings(**table), bot_folder, tmp_path / "var")

    return make


@pytest.fixture
async def app(make_app: Make) -> AsyncIterator[FastAPI]:
    application = make_app()
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def house(app: FastAPI) -> House:
    found: House = app.state.house
    return found


def client_of(app: FastAPI, token: str | None = None, *, host: str = "127.0.0.1:8080") -> httpx.AsyncClient:
    """A client on this machine, or one that names another host."""
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 5000), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers)


@pytest.fixture
async def anyone(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without the token."""
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def operator(app: FastAPI, house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the token."""
    async with client_of(app, house.token.value) as client:
        yield client


@pytest.fixture
def connect() -> Callable[..., httpx.AsyncClient]:
    """`connect(app, token=None, host=…)`."""
    return client_of


@pytest.fixture
def sockets(make_app: Make, tmp_path: Path) -> Iterator[tuple[TestClient, str]]:
    """A client that can open WebSockets, and the token."""
    with TestClient(make_app(), base_url="http://127.0.0.1:8080", client=("127.0.0.1", 5000)) as client:
        yield client, load_token(tmp_path / "var").value


@pytest.fixture
def say(anyone: httpx.AsyncClient) -> Callable[..., Any]:
    """Says something as a sender of Rasa's channel and returns what the bot said."""

    async def speak(text: str, sender: str = "anna") -> list[dict[str, Any]]:
        response = await anyone.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
        assert response.status_code == 200, response.text
        messages: list[dict[str, Any]] = response.json()
        return messages

    return speak
