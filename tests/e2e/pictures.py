"""Takes the pictures of the console's pages for the docs: `python -m tests.e2e.pictures FOLDER [ROUTE …]`.

A server of its own serves a seeded month of conversations; each page is taken at two widths, in light and in dark.
"""

import asyncio
import io
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from PIL import Image
from playwright.async_api import Page, async_playwright

from tests.e2e.conftest import CHROMIUM
from tests.e2e.console import Console
from tests.e2e.seeded import SeededShop, seeded_server
from training.nightly.report import Decision, Report, write_page

ONE = "ID"
"""Stands for the newest model in an address."""
ROUTES = (
    "labelling",
    "models",
    f"models/{ONE}",
    "articles",
    "articles/replies",
    "numbers",
    "audit",
    "journal",
    "accounts",
)
WIDTHS, HEIGHT, TALL = (1280, 390), {1280: 860, 390: 844}, {"numbers": 1720}
COLOURS = 128
"""Of a palette: pages of flat colours need no more, and the files are a third of the size."""


async def prepare(shop: SeededShop) -> None:
    """Let people have worked on it: verdicts, a change of the routing, accounts, a model tried and taken back."""
    source = random.Random(3)
    async with shop.server.operator() as client:
        client.headers["x-operator"] = "Ada"
        await client.post("/api/audits/draw", json={"n": 150})
        for _ in range(120):
            audit = (await client.get("/api/audits")).json()["next"]
            await client.post(f"/api/audits/{audit['audit_id']}", json={"resolved": source.random() < 0.68})
        routing = (await client.get("/api/routing")).json()
        version = str(routing.pop("version"))
        change = {**routing, "error_budget": 0.05, "why": "fewer questions passed on"}
        await client.put("/api/routing", json=change, headers={"if-match": version})
        for name, role in (("Ben", "operator"), ("Cleo", "operator"), ("Dora", "admin")):
            await client.post("/api/operators", json={"name": name, "role": role})
        await client.post(f"/api/models/{shop.other}/promote")
        await client.post("/api/models/rollback")
        await report(client)


async def report(client: httpx.AsyncClient) -> None:
    """Wait for the report of resolution that the page will ask for first."""
    since = f"{datetime.now(UTC) - timedelta(days=27):%Y-%m-%d}T00:00:00Z"
    asked = {"since": since, "source": "live"}
    while (await client.get("/api/reports/resolution", params=asked)).status_code == 202:  # noqa: ASYNC110 - a server
        await asyncio.sleep(2)


def write_night(nights: Path, now: datetime) -> None:
    """Give the seeded night a page with a gate, and a last run."""
    (folder,) = (path for path in nights.iterdir() if path.is_dir())
    told = json.loads((folder / "report.json").read_text())
    checks = [
        (
            "Not worse than the champion",
            True,
            "88.1 % against 85.4 % of 261 gold rows: +2.7 points [+0.2, +5.2], p < 0.001",
        ),
        ("No intent harmed", True, "44 intents with 3 gold rows or more; none lost more than chance allows"),
        ("Canaries answered", True, "12 of 12 texts that must never go wrong"),
        ("Confidences true", True, "calibration error 0.031, at most 0.060"),
    ]
    sections = {
        "checks": [
            {"name": name, "passed": passed, "is_skipped": False, "told": seen} for name, passed, seen in checks
        ],
        "snapshot": {"labelled": 214, "new": 38, "own": 2924, "digest": "5eed5eed5eed5eed", "by_provenance": {}},
    }
    begun = now - timedelta(hours=6)
    write_page(
        folder,
        Report(
            night=folder.name,
            at=told["at"],
            decision=Decision.KEPT,
            reasons=tuple(told["reasons"]),
            champion=told["champion"],
            challenger=told["challenger"],
            seconds=724,
            sections=sections,
        ),
        (),
    )
    last = {"by": "schedule", "started_at": begun.isoformat(), "seconds": 724.0, "result": "kept"}
    ended = (begun + timedelta(seconds=724)).isoformat()
    (nights / "last.json").write_text(json.dumps({**last, "ended_at": ended, "reasons": told["reasons"]}))


async def take(page: Page, route: str, width: int, to: Path) -> None:
    """Take one page, in light and in dark.

    Args:
        page: signed in.
        route: of the page.
        width: in CSS pixels.
        to: beginning of the files' names.
    """
    await page.set_viewport_size(
        {"width": width, "height": TALL.get(route, HEIGHT[width]) if width > 400 else HEIGHT[width]}
    )
    await page.evaluate("route => { location.hash = '#/' + route }", route)
    await page.wait_for_timeout(1500)
    await page.get_by_text("Loading").first.wait_for(state="detached")
    if route == "labelling":
        for key in ("1", "1", "o", "1"):
            await page.wait_for_timeout(2600)  # a person's pace
            await page.keyboard.press(key)
    await page.mouse.move(0, 0)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        await page.wait_for_timeout(700)
        picture = Image.open(io.BytesIO(await page.screenshot()))
        small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(to.with_name(f"{to.name}-{width}-{scheme}.png"), optimize=True)


async def main(folder: Path, routes: Sequence[str]) -> None:
    """Seed, serve, look, end."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as home:
        shop = seeded_server(Path(home) / "var", now=now, conversations=900)
        write_night(shop.server.home / "nights", now)
        try:
            shop.server.start()
            await prepare(shop)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                for width in WIDTHS:
                    console = await Console.open(browser, shop.server, width=width)
                    for route in routes:
                        name = route.replace(ONE, "one").replace("/", "-")
                        await take(console.page, route.replace(ONE, shop.other), width, folder / name)
        finally:
            shop.server.end()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(Path(sys.argv[1]), sys.argv[2:] or ROUTES))
