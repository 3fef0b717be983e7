"""Fixtures for tests of whole processes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from backends.content.content import COMMON
from tests.e2e.chatting import Chat
from tests.e2e.demo_shop import demo_server
from tests.e2e.running import Running
from tests.e2e.stub_llm import StubLlm, stub_llm
from tests.e2e.widget import Widget

PARROT_BOT = """
[bot]
name = "Parrot"
[engine]
deadline_s = 60
[routing]
arms = [{arm = "main", weight = 1.0, chain = ["parrot"]}]
[limits]
session_messages_per_minute = 100000
session_frames_per_second = 100000
"""

RESPONSES = 'version: "3.1"\nresponses:\n' + "".join(f"  {name}: [{{text: own {name}}}]\n" for name in COMMON)

Serve = Callable[..., Running]
Measured = Callable[[str], None]
CHROMIUM = "/usr/bin/chromium"
MEASURED = "measured"
AsOperator = Callable[[Running], httpx.AsyncClient]
OpenChat = Callable[..., Awaitable[Chat]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured, whether or not the tests passed."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    figures = [
        f"{report.nodeid.rpartition('::')[2]}: {figure}"
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "teardown"
        for name, figure in report.user_properties
        if name == MEASURED
    ]
    if figures:
        terminalreporter.section("measured")
        for figure in figures:
            terminalreporter.line(figure)


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """Notes a figure that is printed at the end of the run."""

    def note(figure: str) -> None:
        record_property(MEASURED, figure)

    return note


def make_bot(folder: Path, toml: str = PARROT_BOT) -> Path:
    """Write a bot folder that holds settings and little else."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bot.toml").write_text(toml)
    (folder / "responses.yml").write_text(RESPONSES)
    return folder


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that several tests of a module share; its limits are out of the way."""
    folder = tmp_path_factory.mktemp("parrot")
    server = Running(make_bot(folder / "bot"), folder / "var")
    try:
        yield server.start()
    finally:
        server.end()


@pytest.fixture(scope="session")
def llm() -> Iterator[StubLlm]:
    """A language model that copies sentences of the passages and can be held in the middle of it."""
    with stub_llm() as stub:
        yield stub


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, llm: StubLlm) -> Iterator[Running]:
    """The demo bot with its trained classifier, its articles, and the `llm` of the tests."""
    home = tmp_path_factory.mktemp("demo") / "var"
    server = demo_server(home, SWITCHBOARD__BACKENDS__RAG__BASE_URL=llm.url)
    try:
        yield server.start()
    finally:
        server.end()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers of a test's own: `serve(toml=…, workers=…, env=…)`; they end with the test."""
    servers: list[Running] = []

    def start(toml: str = PARROT_BOT, *, bot: Path | None = None, **more: Any) -> Running:
        home = tmp_path / f"var{len(servers)}"
        server = Running(bot or make_bot(tmp_path / f"bot{len(servers)}", toml), home, **more)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.end()


@pytest.fixture
async def operator() -> AsyncIterator[AsOperator]:
    """Makes clients of operators that are closed at the end: `operator(server).get("/api/routing")`."""
    clients: list[httpx.AsyncClient] = []

    def make(server: Running) -> httpx.AsyncClient:
        clients.append(server.operator())
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def chat() -> AsyncIterator[OpenChat]:
    """Opens chats that are closed at the end: `await chat(server, resume_from=…)`."""
    chats: list[Chat] = []

    async def open_chat(server: Running, **request: Any) -> Chat:
        chats.append(await Chat.open(server.socket_url, **request))
        return chats[-1]

    yield open_chat
    for opened in chats:
        await opened.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A real Chromium, without a screen."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        await chromium.close()


@pytest.fixture
async def widget(browser: Browser) -> AsyncIterator[Widget]:
    """The chat in a page of its own; a script error on the page fails the test."""
    context = await browser.new_context(locale="en-GB")
    context.set_default_timeout(20_000)
    widget = Widget(await context.new_page())
    yield widget
    await context.close()
    assert widget.complaints == []
