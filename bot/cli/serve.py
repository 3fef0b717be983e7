"""`switchboard serve`: binds the port, opens the store, and runs one or many server processes."""

import functools
import gc
import json
import multiprocessing
import os
import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from uvicorn.supervisors import Multiprocess

from backends import registry
from backends.memory import give_back, keep_large_apart
from bot import log
from bot.auth import load_token
from bot.cli.output import Bot, Json, fail, note, print_json
from bot.errors import SettingsError, StoreError
from bot.house import STORE, load_content
from bot.routing import Routing
from bot.routing import check as check_routing
from bot.server import create_app
from bot.settings import NightlySection, Settings, bot_dir, home_dir, load
from bot.store.opening import release_leases
from bot.store.writer import connect, migrate

MAX_FRAME_BYTES = 4 * 1024 * 1024
"""A longer frame closes the socket; well above what we answer with an error."""

WORKER_SILENCE_S = 30
"""A worker that says nothing for so long is replaced: on a busy machine its start alone may take longer than
uvicorn's 5 s, and then none would ever come up."""

serve = typer.Typer(add_completion=False)


@serve.command()
def run(
    bot: Bot = None,
    host: Annotated[str | None, typer.Option(help="Address to bind; else HOST, else the settings.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port, 0 for any; else PORT, else the settings.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Server processes.")] = None,
    nightly: Annotated[
        str | None, typer.Option(help="Local time of the nightly run, HH:MM, or `off`; else the settings.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the server until it is told to stop (Ctrl-C or SIGTERM: turns in flight finish)."""
    log.configure()
    os.umask(0o077)  # what customers wrote is for this user alone
    try:
        folder, home = bot_dir(bot), home_dir()
        settings = _scheduled(_overridden(load(folder), host, port, workers), nightly)
        _preflight(settings, folder)
        _prepare(home)
        bound = _bind(settings)
        address = _announce(settings, home, bound, as_json=as_json)
    except (SettingsError, StoreError) as exc:
        fail(str(exc))
    try:
        _run(settings, folder, home, bound)
    finally:
        _withdraw(home, address)


def _preflight(settings: Settings, folder: Path) -> None:
    """Say what is wrong with arms, replies or flows here, not in a process that cannot start."""
    load_content(folder)
    try:
        check_routing(Routing(0, settings.routing.arms, error_budget=settings.routing.error_budget), registry.known())
    except ValueError as exc:
        raise SettingsError(f"{folder / 'bot.toml'}: [routing]: {exc}") from exc


def _overridden(settings: Settings, host: str | None, port: int | None, workers: int | None) -> Settings:
    chosen = {
        "host": host or os.environ.get("HOST"),
        "port": port if port is not None else _port(os.environ.get("PORT")),
        "workers": workers,
    }
    section = settings.server.model_copy(update={key: value for key, value in chosen.items() if value is not None})
    return settings.model_copy(update={"server": section})


def _scheduled(settings: Settings, nightly: str | None) -> Settings:
    if nightly is None:
        return settings
    at = None if nightly == "off" else nightly
    try:
        section = NightlySection.model_validate({**settings.nightly.model_dump(), "at": at})
    except ValidationError as exc:
        raise SettingsError(f"--nightly must be a time of day, 00:00 to 23:59, or `off`, got {nightly!r}") from exc
    return settings.model_copy(update={"nightly": section})


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdigit() or int(text) > 65535:
        raise SettingsError(f"PORT must be a number from 0 to 65535, got {text!r}")
    return int(text)


def _prepare(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise SettingsError(f"cannot make {home}: {exc}") from exc
    path = home / STORE
    migrate(path)
    db = connect(path)
    with db.atomic():
        release_leases(db)
    db.conn.close()


def _bind(settings: Settings) -> socket.socket:
    host, port = settings.server.host, settings.server.port
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OSError as exc:
        raise SettingsError(
            f"cannot bind {host}:{port}: {exc.strerror}. Is another server running? Choose a port with --port or PORT."
        ) from exc


def _announce(settings: Settings, home: Path, bound: socket.socket, *, as_json: bool) -> dict[str, object]:
    host, port = bound.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else shown}:{port}"
    token = load_token(home)
    address: dict[str, object] = {"url": url, "pid": os.getpid(), "workers": settings.server.workers}
    (home / "server.json").write_text(json.dumps(address), encoding="utf-8")
    if as_json:
        print_json(address)
    note(f"Chat: {url}   Operator console: {url}/console")
    if token.is_new:
        note(f"Operator token (shown once, kept in {home / 'operator.token'}): {token.value}")
    return address


def _run(settings: Settings, folder: Path, home: Path, bound: socket.socket) -> None:
    section = settings.server
    config = uvicorn.Config(
        functools.partial(_app, settings, folder, home),
        factory=True,
        workers=section.workers,
        timeout_worker_healthcheck=WORKER_SILENCE_S,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=max(1, round(section.shutdown_grace_s)),
    )
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn stops gracefully and then raises the signal once more
        signal.signal(number, _leave)
    if section.workers > 1:
        Multiprocess(config, sockets=[bound]).run()
        return
    server = uvicorn.Server(config)
    with suppress(SystemExit):  # uvicorn's own code for a failed start is one of ours for something else
        server.run(sockets=[bound])
    if not server.started:
        fail("the server could not start; the log above says why")


def _app(settings: Settings, folder: Path, home: Path) -> FastAPI:
    log.configure()  # each worker is a process of its own
    _end_with_parent()
    gc.disable()
    keep_large_apart()
    return create_app(settings, folder, home, opened=_settle)


def _settle() -> None:
    """Leave what was loaded out of every later collection: a look at its 90,000 objects stops all turns for 40 ms."""
    gc.collect()
    gc.freeze()
    gc.enable()
    give_back()


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _end_with_parent() -> None:
    """Stop this worker when its supervisor was killed: it would keep the port from the next server."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor-watch", daemon=True).start()


def _withdraw(home: Path, address: dict[str, object]) -> None:
    path = home / "server.json"
    if path.is_file() and json.loads(path.read_text(encoding="utf-8")) == address:
        path.unlink()
