"""Everything one server process works with, built once and passed down: the composition of the core.

It opens the store, loads the backends and the content, and starts the watch; it knows no web framework.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from backends import bundle, registry
from backends.content.accepted import ACCEPTED
from backends.content.problem import ContentError
from backends.content.reload import Reloading
from backends.contract import Backend, BackendError, HasStatus, Place, Status, UnknownBackend
from bot import phrases
from bot.accounts import Accounts
from bot.auth import Token, load_token, origin_allowed, verify_customer
from bot.board import Board
from bot.boundary import keep
from bot.broken import Broken
from bot.desk import Desk
from bot.duty import Duty
from bot.engine import Engine
from bot.erasing import Eraser, Site
from bot.errors import SettingsError
from bot.hub import Hub
from bot.ids import new_id
from bot.keeping import Keeper
from bot.limits import Limits
from bot.metrics import Metrics
from bot.nightly import Nightly
from bot.outcomes.job import Judge
from bot.queueing import since_now
from bot.reception import Reception
from bot.redact import redact
from bot.reports import Reports
from bot.settings import Settings
from bot.store.duty import on_duty
from bot.store.opening import waiting
from bot.store.operations import Phrase, Phrases
from bot.store.reader import Reader
from bot.store.writer import Writer, migrate
from bot.sweeper import Sweeper
from bot.teaching import publish
from bot.tools import Tools
from bot.usher import Shared, Usher
from bot.watch import Watch
from bot.wire import CustomerIdentity, RoutingChanged

logger = logging.getLogger(__name__)

STORE = "switchboard.sqlite3"


@dataclass(frozen=True, slots=True)
class House:
    """One server process."""

    settings: Settings
    bot: Path
    home: Path
    writer: Writer
    reader: Reader
    hub: Hub
    engine: Engine
    desk: Desk
    reception: Reception
    board: Board
    limits: Limits
    metrics: Metrics
    token: Token
    accounts: Accounts
    content: Reloading
    tools: Tools
    duty: Duty
    usher: Usher
    eraser: Eraser
    nightly: Nightly
    reports: Reports
    chores: tuple["asyncio.Task[None]", ...]

    @property
    def phrases(self) -> Phrases:
        """The host's own texts."""
        return self.tools.phrases

    def vouched(self, identity: CustomerIdentity) -> bool:
        """Whether the shop's signature under a customer id is right."""
        return verify_customer(identity, self.settings.server.identity_secret)

    def origin_allowed(self, origin: str | None, host: str | None) -> bool:
        """Whether a page of this origin may open the chat."""
        return origin_allowed(origin, host, self.settings.server.allowed_origins)

    def statuses(self) -> dict[str, Status]:
        """How each loaded backend is doing."""
        return {name: status_of(backend) for name, backend in self.engine.backends.items()}

    async def aclose(self) -> None:
        """Finish what is in flight, then close everything."""
        for chore in self.chores:
            chore.cancel()
        await asyncio.gather(*self.chores, return_exceptions=True)
        await self.desk.aclose(self.settings.server.shutdown_grace_s)
        await self.engine.aclose()
        await asyncio.to_thread(self.writer.close)
        self.reader.close()


def status_of(backend: Backend) -> Status:
    """How one backend is doing; one that does not say is fine."""
    return backend.status() if isinstance(backend, HasStatus) else Status("ok")


def load_engine(settings: Settings, place: Place) -> Engine:
    """Load the backends that the settings name; one whose dependency is missing is kept as broken.

    Raises:
        SettingsError: a backend is unknown or its table is wrong.
    """
    loaded: dict[str, Backend] = {}
    for name in settings.backend_names():
        try:
            loaded[name] = registry.load(name, settings.backends.get(name, {}), place)
        except BackendError as exc:
            logger.error("backend_not_loaded", extra={"backend": name, "detail": str(exc)})
            loaded[name] = Broken(name, str(exc))
        except UnknownBackend as exc:
            raise SettingsError(str(exc)) from exc
        except ValueError as exc:
            raise SettingsError(f"[backends.{name}]: {exc}") from exc
    return Engine(loaded, settings.engine.deadline_of)


def load_content(bot: Path, home: Path | None = None) -> Reloading:
    """Load replies, flows and actions.

    Args:
        bot: the bot folder.
        home: the folder with the replies that were accepted since; None leaves them out.

    Raises:
        SettingsError: they are broken; lists every problem.
    """
    try:
        return Reloading(bot, accepted=None if home is None else home / ACCEPTED)
    except ContentError as exc:
        raise SettingsError(f"{bot}: {exc}") from exc


async def open_house(settings: Settings, bot: Path, home: Path, *, metrics: Metrics | None = None) -> House:
    """Open the store, load everything, and begin to answer what an earlier process left unanswered.

    Raises:
        SettingsError: settings, content or a backend's table are wrong.
        StoreError: the store cannot be opened.
    """
    token, content, engine = load_token(home), load_content(bot, home), load_engine(settings, Place(bot, home))
    writer, reader = await _open_store(settings, home / STORE)
    hub, counted = Hub(), metrics or Metrics()
    board = await _open_board(settings, writer, reader, hub)
    tools = _tools(settings, _Core(writer, hub, engine, counted, content, board))
    desk, nightly = Desk(tools), Nightly(settings.nightly.at, bot, home, counted)
    duty, usher = Duty(writer), Usher(Shared(reader, writer, hub, desk, tools.staffed), settings.people)
    keeper = Keeper(writer, settings.retention, counted)
    sweeper = Sweeper(reader, desk, settings.store.idle_close_minutes, settings.people.message_days, keeper.keep)
    eraser = Eraser(Site(writer, reader, home, home / STORE), desk.step)
    judge, reports = Judge(writer, reader, settings.outcomes, home), Reports(bot, home)
    watch = Watch(reader, hub, desk, board, content, _model_files(home))
    chores = (watch, sweeper, nightly, duty, usher, eraser, judge, reports)
    for conversation_id in await reader.read(waiting):
        desk.kick(conversation_id)
    return House(
        settings=settings,
        bot=bot,
        home=home,
        writer=writer,
        reader=reader,
        hub=hub,
        engine=engine,
        desk=desk,
        reception=Reception(settings, writer, reader, desk, lambda: board.current),
        board=board,
        limits=Limits(settings.limits),
        metrics=counted,
        token=token,
        accounts=Accounts(token, reader),
        content=content,
        tools=tools,
        duty=duty,
        usher=usher,
        eraser=eraser,
        nightly=nightly,
        reports=reports,
        chores=tuple(asyncio.create_task(keep(type(chore).__name__.lower(), chore.run)) for chore in chores),
    )


class _Core(NamedTuple):
    """What the desk's tools are made of."""

    writer: Writer
    hub: Hub
    engine: Engine
    metrics: Metrics
    content: Reloading
    board: Board


def _tools(settings: Settings, core: _Core) -> Tools:
    return Tools(
        settings=settings,
        writer=core.writer,
        hub=core.hub,
        engine=core.engine,
        metrics=core.metrics,
        phrases=phrases_of(settings, core.content),
        read_slots=lambda raw, flow: core.content.content.reader.read(raw, flow),
        redact=redact,
        private=lambda: core.content.content.reader.private,
        routing=lambda: core.board.current,
        worker=new_id(f"w{os.getpid()}"),
        settings_hash=settings.hash(),
        staffed=staffing_of(settings),
    )


def _model_files(home: Path) -> tuple[Path, ...]:
    """What changes when another model comes into service, or a nightly run begins or ends."""
    nights = home / "nights"
    return (bundle.bundles_dir(home) / bundle.CURRENT, nights / "running.json", nights / "last.json")


async def _open_store(settings: Settings, path: Path) -> tuple[Writer, Reader]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    await asyncio.to_thread(migrate, path)
    writer, reader = Writer(path, synchronous=settings.store.synchronous), Reader(path)
    try:
        publish(path.parent, reader)
    except OSError as exc:
        logger.error("accepted_not_written", extra={"detail": str(exc)})
    return writer, reader


async def _open_board(settings: Settings, writer: Writer, reader: Reader, hub: Hub) -> Board:
    board = Board(writer, reader, known=registry.known())
    try:
        await board.open(settings.routing)
    except ValueError as exc:
        raise SettingsError(f"[routing]: {exc}") from exc
    board.on_change(lambda routing: hub.announce(RoutingChanged(version=routing.version)))
    return board


def phrases_of(settings: Settings, content: Reloading) -> Phrases:
    """The host's own texts; the bot folder's responses win."""

    def own(name: str) -> Phrase | None:
        current = content.content
        if name not in current.responses:
            return None
        said = current.say(name, seed=new_id("p"))
        return Phrase(said.text, tuple(said.quick_replies))

    default = settings.bot.languages[0].partition("-")[0].lower()
    return phrases.build(own, default=default)


def staffing_of(settings: Settings) -> Callable[[Database], bool]:
    """Tells whether somebody is on duty."""
    away_s = settings.people.away_minutes * 60

    def staffed(db: Database) -> bool:
        return settings.handoff.on_duty and bool(on_duty(db, since_now(away_s)))

    return staffed
