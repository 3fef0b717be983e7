"""What axe-core, the accessibility checker, finds on a page."""

from functools import cache
from typing import Any

from playwright.async_api import Page

from tests.e2e.running import ROOT

SOURCE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
BAD = ("serious", "critical")


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


async def serious(page: Page) -> list[str]:
    """Lines on what keeps people out, with the element; frames without scripts are not looked into."""
    await page.evaluate(f"{_source()}; undefined")  # evaluated, not added: the page's policy allows no other script
    found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in BAD
        for node in violation["nodes"]
    ]
