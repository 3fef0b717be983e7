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


async def serious(page: Page, *, colours_only: bool = False) -> list[str]:
    """Lines on what keeps people out, with the element; frames without scripts are not looked into.

    Args:
        page: what is on the screen.
        colours_only: look at contrast and nothing else, as after a change between light and dark.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(f"{_source()}; undefined")  # evaluated, not added: the page's policy allows no other script
    only = {"runOnly": ["color-contrast"]} if colours_only else {}
    options = {"resultTypes": ["violations"], "iframes": False, **only}
    found: dict[str, Any] = await page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in BAD
        for node in violation["nodes"]
    ]
