"""Citations lead to a page, and nothing an article holds becomes HTML of its own."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

ARTICLE = """---
title: Seams & <b>seals</b>
url: /help/seams
updated: 2026-03-01
---
## First
Brush it on. <script>alert(1)</script>

| size | width |
| --- | --- |
| S | 20 cm |
"""


@pytest.fixture
async def client(bot_folder: Path, app: FastAPI) -> httpx.AsyncClient:
    (bot_folder / "articles").mkdir()
    (bot_folder / "articles" / "seams.md").write_text(ARTICLE, encoding="utf-8")
    (bot_folder / "secret.md").write_text(ARTICLE, encoding="utf-8")
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080")


async def test_an_article_is_shown_as_a_page_with_the_chat(client: httpx.AsyncClient) -> None:
    page = await client.get("/help/seams")
    assert page.status_code == 200
    assert "<h2>First</h2>" in page.text
    assert "<td>20 cm</td>" in page.text
    assert "<chat-widget>" in page.text


async def test_html_in_an_article_is_shown_as_text(client: httpx.AsyncClient) -> None:
    text = (await client.get("/help/seams")).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "Seams &amp; &lt;b&gt;seals" in text


async def test_the_index_lists_every_article(client: httpx.AsyncClient) -> None:
    assert 'href="/help/seams"' in (await client.get("/help")).text


@pytest.mark.parametrize("name", ["nothing", "..%2Fsecret", "%2e%2e/secret", "seams.md"])
async def test_only_articles_are_served(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/help/{name}")).status_code == 404
