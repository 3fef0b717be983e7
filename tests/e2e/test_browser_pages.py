"""The console's pages over a month of conversations: labels, models, articles, numbers, audits, journal, accounts."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.axe import serious
from tests.e2e.console import AT_ONCE_MS, Console
from tests.e2e.seeded import SeededShop, seeded_server
from tests.e2e.stub_llm import StubLlm

pytestmark = pytest.mark.browser

ROUTES = ("labelling", "models", "articles", "numbers", "audit", "journal", "accounts")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, llm: StubLlm) -> Iterator[SeededShop]:
    """The demo bot with two models and a month of conversations."""
    home = tmp_path_factory.mktemp("pages") / "var"
    env = {"SWITCHBOARD__BACKENDS__RAG__BASE_URL": llm.url}
    shop = seeded_server(home, now=datetime.now(UTC), conversations=120, **env)
    try:
        shop.server.start()
        yield shop
    finally:
        shop.server.end()


@pytest.fixture
async def console(shop: SeededShop, browser: Browser) -> AsyncIterator[Page]:
    """An admin's console; an error of its scripts fails the test."""
    console = await Console.open(browser, shop.server)
    yield console.page
    await console.page.context.close()
    assert console.complaints == []


async def show(page: Page, route: str) -> None:
    """Go to a page and wait until it shows what the server has."""
    await page.evaluate("route => { location.hash = '#/' + route }", route)
    await expect(page.locator(f"{route.split('/')[0]}-page")).to_be_visible()
    await expect(page.get_by_text("Loading", exact=False)).to_have_count(0)


async def test_ten_messages_are_labelled_by_keys(shop: SeededShop, console: Page) -> None:
    await show(console, "labelling")
    card, keys = console.get_by_test_id("label-card"), console.keyboard
    before = {row["turn_id"] for row in shop.server.rows("SELECT turn_id FROM labels")}
    expected: dict[str, str] = {}
    for place in (1, 2, 1, 1, 3, 1):
        turn = str(await card.get_attribute("data-turn"))
        expected[turn] = await console.get_by_test_id(f"guess-{place}").locator("code").inner_text()
        await keys.press(str(place))
        await expect(card).not_to_have_attribute("data-turn", turn)
    skipped = str(await card.get_attribute("data-turn"))
    await keys.press("s")
    for typed in ("o", "o", "g"):
        turn = str(await card.get_attribute("data-turn"))
        await keys.press(typed)
        expected[turn] = "oos"
        if typed == "g":
            await expect(console.get_by_test_id("intent-search")).to_be_focused()
            await keys.type("ift card bu")
            await keys.press("Enter")
            expected[turn] = "gift_card_buy"
        await expect(card).not_to_have_attribute("data-turn", turn)
    wrong = str(await card.get_attribute("data-turn"))
    await keys.press("o")
    await keys.press("u")
    await expect(card).to_have_attribute("data-turn", wrong)
    expected[wrong] = await console.get_by_test_id("guess-1").locator("code").inner_text()
    await keys.press("1")
    await expect(console.get_by_test_id("label-progress")).to_contain_text("10 of 50")
    await show(console, "journal")  # leaving sends what was held back
    await expect(console.get_by_test_id("journal").get_by_text("Labelled a message")).not_to_have_count(12)
    await expect(console.get_by_test_id("journal").get_by_text(wrong)).to_be_visible()
    stored = shop.server.rows("SELECT turn_id, intent FROM labels WHERE by = 'Ada' ORDER BY id")
    assert {row["turn_id"]: row["intent"] for row in stored} == expected
    assert len(stored) == 10
    assert not before & expected.keys()
    assert skipped not in expected


async def test_a_model_is_promoted_and_rolled_back_before_the_eyes_of_another(
    shop: SeededShop, console: Page, browser: Browser
) -> None:
    other = (await Console.open(browser, shop.server, "Ben")).page
    for page in (console, other):
        await show(page, "models")
        await expect(page.get_by_test_id("current-bundle")).to_have_text(shop.current)
    await console.locator(f"[data-id='{shop.other}']").get_by_test_id("promote").click()
    await console.get_by_test_id("confirm-no").click()
    await expect(console.get_by_test_id("current-bundle")).to_have_text(shop.current)
    await console.locator(f"[data-id='{shop.other}']").get_by_test_id("promote").click()
    await console.get_by_test_id("confirm-yes").click()
    await expect(console.get_by_test_id("current-bundle")).to_have_text(shop.other)
    await expect(other.get_by_test_id("current-bundle")).to_have_text(shop.other, timeout=AT_ONCE_MS)
    await console.locator(f"[data-id='{shop.other}'] a").click()
    await expect(console.get_by_test_id("bundle-figures")).to_contain_text("88.1 %")
    await expect(console.frame_locator("[data-testid=night-report]").locator("h1")).to_contain_text("Night")
    await console.get_by_test_id("all-models").click()
    await console.get_by_test_id("rollback").click()
    await console.get_by_test_id("confirm-yes").click()
    await expect(console.get_by_test_id("current-bundle")).to_have_text(shop.current)
    await expect(other.get_by_test_id("current-bundle")).to_have_text(shop.current, timeout=AT_ONCE_MS)
    await other.context.close()


async def test_a_proposal_is_accepted_and_the_bot_says_it(shop: SeededShop, console: Page) -> None:
    await show(console, "articles")
    reply = console.get_by_test_id("proposal").filter(has_text="Reply to Shipping time")
    await reply.get_by_test_id("proposal-accept").click()
    await expect(reply.get_by_test_id("proposal-accept")).to_be_hidden()
    decided = shop.server.rows("SELECT state, decided_by FROM proposals WHERE intent = 'shipping_time'")
    assert decided == [{"state": "accepted", "decided_by": "Ada"}]
    await show(console, "articles/replies")
    await expect(console.get_by_test_id("replies")).to_contain_text("1 from operators")


async def test_an_account_gets_its_token_once_and_loses_it(shop: SeededShop, console: Page, browser: Browser) -> None:
    await show(console, "accounts")
    await console.get_by_test_id("account-name").fill("Grace")
    await console.get_by_test_id("account-add").click()
    token = await console.get_by_test_id("account-token").inner_text()
    row = console.get_by_test_id("account").filter(has_text="Grace")
    async with shop.server.operator() as client:
        client.headers["authorization"] = f"Bearer {token}"
        assert (await client.get("/api/me")).json()["name"] == "Grace"
        assert (await client.post(f"/api/models/{shop.other}/promote")).status_code == 403
        await row.get_by_test_id("account-remove").click()
        await console.get_by_test_id("confirm-yes").click()
        await expect(row).to_contain_text("removed")
        assert (await client.get("/api/me")).status_code == 401
    await show(console, "journal")
    await console.get_by_test_id("journal-topic").select_option("operator")
    await expect(console.get_by_test_id("journal").locator("tbody tr")).to_have_count(2)


async def test_a_sample_is_drawn_and_judged_by_keys(shop: SeededShop, console: Page) -> None:
    await show(console, "audit")
    await console.get_by_test_id("audit-n").fill("3")
    await console.get_by_test_id("audit-draw").click()
    progress, keys = console.get_by_test_id("audit-progress"), console.keyboard
    await expect(progress).to_contain_text("0 of 3 judged")
    await expect(console.get_by_test_id("audit-transcript")).to_contain_text("Customer")
    await console.locator("h1").click()  # a field would take the keys
    await keys.press("y")
    await expect(progress).to_contain_text("1 of 3 judged")
    await expect(console.get_by_test_id("audit-transcript")).to_be_visible()
    await keys.press("m")
    await expect(console.get_by_test_id("audit-note")).to_be_focused()
    await keys.type("yes, no: a note takes the keys")
    await keys.press("Escape")
    await keys.press("n")
    await expect(progress).to_contain_text("2 of 3 judged")
    judged = shop.server.rows("SELECT resolved, by, note FROM audits WHERE resolved IS NOT NULL ORDER BY judged_at")
    assert judged == [
        {"resolved": 1, "by": "Ada", "note": None},
        {"resolved": 0, "by": "Ada", "note": "yes, no: a note takes the keys"},
    ]
    await expect(console.get_by_test_id("audit-transcript")).to_be_visible()
    await keys.press("u")
    await expect(console.get_by_test_id("audit-transcript")).to_be_visible()
    await keys.press("y")
    await expect(progress).to_contain_text("2 of 3 judged")


async def test_numbers_are_charts_with_tables(console: Page) -> None:
    await show(console, "numbers")
    table = console.get_by_test_id("resolution")
    await expect(table.locator("tbody tr")).to_have_count(2, timeout=120_000)  # made by a process of low priority
    await expect(console.get_by_test_id("verdict")).not_to_be_empty()
    await expect(console.get_by_role("img", name="Resolved by arm: ")).to_be_visible()
    volume = console.get_by_test_id("chart-volume")
    await volume.locator("summary").click()
    await expect(volume.locator("tbody tr")).to_have_count(28)
    await console.get_by_test_id("span").select_option("7")
    await expect(volume.locator("tbody tr")).to_have_count(7)
    await console.locator("resolution-panel").get_by_test_id("by-backend").click()
    await expect(console.get_by_role("img", name="Resolved by backend: ")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
async def test_nothing_keeps_people_out(shop: SeededShop, browser: Browser, width: int) -> None:
    page = (await Console.open(browser, shop.server, width=width)).page
    found: dict[str, list[str]] = {}
    for route in (*ROUTES, f"models/{shop.other}", "articles/articles", "articles/missing"):
        await show(page, route)
        found[f"{route} light"] = await serious(page)
        await page.emulate_media(color_scheme="dark")
        found[f"{route} dark"] = await serious(page, colours_only=True)
        await page.emulate_media(color_scheme="light")
    await page.context.close()
    assert {where: lines for where, lines in found.items() if lines} == {}
