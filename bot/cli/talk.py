"""`switchboard ask` and `switchboard chat`: turns through the same engine, without a server and without a store."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from backends.contract import Place, QuickReply
from bot import log
from bot.asking import Asked, Asker, Memory, keep_quiet
from bot.cli.output import FAILED, WRONG_USAGE, Bot, Json, fail, note, print_json, stdout
from bot.errors import SettingsError
from bot.house import load_content, load_engine, phrases_of
from bot.routing import Arm, Routing
from bot.settings import Settings, bot_dir, home_dir, load
from bot.store.operations import Phrase
from bot.wire import MAX_CHARS

ask = typer.Typer(add_completion=False)
chat = typer.Typer(add_completion=False)

Backend = Annotated[str | None, typer.Option("--backend", help="Ask this backend alone; else the chain.")]
QUIT = frozenset({"/quit", "/exit"})


@ask.command()
def once(
    text: Annotated[str, typer.Argument(help="What a customer would write.")],
    bot: Bot = None,
    backend: Backend = None,
    as_json: Json = False,
) -> None:
    """Answer one text through the engine, without storing it; exit status 1 when nobody could and a backend failed."""
    log.configure("ERROR")
    if not text.strip() or len(text) > MAX_CHARS:
        fail(f"expected a text of 1 to {MAX_CHARS} characters, got {len(text)}", WRONG_USAGE)
    settings, folder = _settings(bot, backend)
    document = asyncio.run(_one(settings, folder, text))
    if as_json:
        print_json(document)
    else:
        _show(document)
    failed = _failed(document)
    for why in failed:
        note(why)
    if failed and document["backend"] is None:
        raise typer.Exit(FAILED)


@chat.command()
def many(bot: Bot = None, backend: Backend = None, as_json: Json = False) -> None:
    """Talk to the bot in the terminal; an empty line or Ctrl-D ends it. A number presses a button."""
    log.configure("ERROR")
    settings, folder = _settings(bot, backend)
    documents: list[dict[str, Any]] = []
    try:
        asyncio.run(_talk(settings, folder, documents, is_quiet=as_json))
    except KeyboardInterrupt:
        stdout.print()
    if as_json:
        print_json({"turns": documents})


def _settings(bot: Path | None, backend: str | None) -> tuple[Settings, Path]:
    try:
        folder = bot_dir(bot)
        settings = load(folder)
        return (settings if backend is None else _only(settings, backend)), folder
    except SettingsError as exc:
        fail(str(exc))


def _only(settings: Settings, backend: str) -> Settings:
    """The same settings with one backend and nothing else to load."""
    routing = settings.routing.model_copy(update={"arms": (Arm("main", 1.0, (backend,)),)})
    tables = {name: table for name, table in settings.backends.items() if name == backend}
    return settings.model_copy(update={"routing": routing, "backends": tables})


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a terminal talks to."""

    asker: Asker
    fallback: Phrase
    language: str


@asynccontextmanager
async def _opened(settings: Settings, folder: Path) -> AsyncIterator[_Desk]:
    try:
        content = load_content(folder)
        engine = load_engine(settings, Place(folder, home_dir(), serves=False))
    except SettingsError as exc:
        fail(str(exc))
    try:
        routing = Routing(0, settings.routing.arms, error_budget=settings.routing.error_budget)
        language = settings.bot.languages[0]
        fallback = phrases_of(settings, content)("fallback", language)
        yield _Desk(Asker(engine, lambda: content.content, lambda: routing), fallback, language)
    finally:
        await engine.aclose()


async def _one(settings: Settings, folder: Path, text: str) -> dict[str, Any]:
    async with _opened(settings, folder) as desk:
        memory = Memory(language=desk.language)
        return _document(await desk.asker.ask(text, memory, emit=keep_quiet, started=keep_quiet), desk.fallback)


async def _talk(settings: Settings, folder: Path, documents: list[dict[str, Any]], *, is_quiet: bool) -> None:
    async with _opened(settings, folder) as desk:
        memory = Memory(language=desk.language)
        buttons: tuple[QuickReply, ...] = ()
        while (line := await asyncio.to_thread(_read, is_quiet)) and line not in QUIT:
            pressed = _pressed(line, buttons)
            asked = await desk.asker.ask(
                pressed.title if pressed else line[:MAX_CHARS],
                memory,
                payload=pressed.payload if pressed else None,
                emit=keep_quiet,
                started=keep_quiet,
            )
            memory, buttons = asked.memory, (asked.reply or desk.fallback).quick_replies
            documents.append(_document(asked, desk.fallback))
            if not is_quiet:
                _show(documents[-1])


def _read(is_quiet: bool) -> str:
    """Read one line; empty at the end."""
    if sys.stdin.isatty() and not is_quiet:
        stdout.print("[bold]you[/bold] ", end="")
    return sys.stdin.readline().strip()


def _pressed(line: str, buttons: tuple[QuickReply, ...]) -> QuickReply | None:
    return buttons[int(line) - 1] if line.isdecimal() and 1 <= int(line) <= len(buttons) else None


def _document(asked: Asked, fallback: Phrase) -> dict[str, Any]:
    reply, answer = asked.reply, asked.answer
    return {
        "text": reply.text if reply else fallback.text,
        "backend": answer.backend if reply else None,
        "intent": reply.intent if reply else None,
        "confidence": reply.confidence if reply else None,
        "citations": [asdict(citation) for citation in reply.citations] if reply else [],
        "quick_replies": [asdict(button) for button in (reply or fallback).quick_replies],
        "attempts": [asdict(attempt) for attempt in answer.attempts],
        "kind": reply.kind if reply else None,
        "mode": reply.provenance.mode if reply else None,
        "handoff": reply.handoff if reply else answer.handoff,
        "usage": asdict(reply.usage) if reply else None,
        "ms": round(sum(attempt.ms for attempt in answer.attempts), 3),
    }


def _failed(document: dict[str, Any]) -> list[str]:
    """Why backends could not be asked, and what to do about it."""
    attempts = document["attempts"]
    return [f"{one['backend']}: {one['detail']}" for one in attempts if one["outcome"] == "error" and one["detail"]]


def _show(document: dict[str, Any]) -> None:
    _line(document["text"])
    for number, button in enumerate(document["quick_replies"], start=1):
        _line(f"  {number}  {button['title']}")
    for citation in document["citations"]:
        _line(f"  → {citation['title']} ({citation['url']})", "cyan")
    tries = ", ".join(f"{attempt['backend']} {attempt['outcome']}" for attempt in document["attempts"])
    confidence = "" if document["confidence"] is None else f" {document['confidence']:.2f}"
    intent = f" · {document['intent']}{confidence}" if document["intent"] else ""
    _line(f"  [{tries}{intent} · {document['ms']:.0f} ms]", "dim")


def _line(text: str, style: str | None = None) -> None:
    stdout.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
