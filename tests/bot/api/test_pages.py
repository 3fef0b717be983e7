"""The front-end's files, and the headers of every response."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from bot.api.faults import add_handlers
from bot.api.pages import SecurityHeaders, add_pages


@pytest.fixture
def static(tmp_path: Path) -> Path:
    return tmp_path / "static"


@pytest.fixture
async def client(static: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(openapi_url=None)
    add_handlers(app)
    app.add_middleware(SecurityHeaders)
    add_pages(app, static)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as found:
        yield found


def build(static: Path) -> None:
    static.mkdir()
    (static / "index.html").write_text("<h1>Shop</h1>")
    (static / "console.html").write_text("<h1>Console</h1>")
    (static / "widget.js").write_text("void 0;")
    (static / "console.css").write_text("body{}")
    (static.parent / "secret.txt").write_text("secret")


@pytest.mark.parametrize("path", ["/", "/console", "/widget.js"])
async def test_without_a_build_a_page_says_what_to_do(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 503
    assert "make web" in response.text


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("/", "Shop", "text/html"),
        ("/console", "Console", "text/html"),
        ("/widget.js", "void 0", "javascript"),
        ("/console.css", "body", "text/css"),
    ],
)
async def test_the_built_files_are_served(
    client: httpx.AsyncClient, static: Path, path: str, text: str, kind: str
) -> None:
    build(static)
    response = await client.get(path)
    assert response.status_code == 200
    assert text in response.text
    assert kind in response.headers["content-type"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/console", "/widget.js", "/console.css"])
async def test_a_monitor_may_ask_for_the_head_alone(client: httpx.AsyncClient, static: Path, path: str) -> None:
    build(static)
    response = await client.head(path)
    assert (response.status_code, response.text) == (200, "")


async def test_a_file_that_did_not_change_is_not_sent_again(client: httpx.AsyncClient, static: Path) -> None:
    build(static)
    etag = (await client.get("/console.css")).headers["etag"]
    assert (await client.get("/console.css", headers={"If-None-Match": etag})).status_code == 304


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/nothing.js", "/api/x"])
async def test_nothing_else_is_served(client: httpx.AsyncClient, static: Path, path: str) -> None:
    build(static)
    response = await client.get(path)
    assert response.status_code == 404
    assert response.json() == {"code": "not_found", "message": "Not found."}


async def test_a_wrong_method_is_told_as_json(client: httpx.AsyncClient, static: Path) -> None:
    build(static)
    response = await client.post("/nothing")
    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"


async def test_pages_may_run_their_own_scripts_only(client: httpx.AsyncClient, static: Path) -> None:
    build(static)
    policy = (await client.get("/")).headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy


async def test_nobody_may_frame_the_console(client: httpx.AsyncClient, static: Path) -> None:
    build(static)
    response = await client.get("/console")
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-frame-options"] == "DENY"


async def test_the_widget_may_be_loaded_by_other_pages(client: httpx.AsyncClient, static: Path) -> None:
    build(static)
    assert (await client.get("/widget.js")).headers["cross-origin-resource-policy"] == "cross-origin"
