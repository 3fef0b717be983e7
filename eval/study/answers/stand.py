"""A server of its own for the comparison: a home folder with the models, a process on loopback, its arms.

The home folder that the models come from is only read.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from backends.bundle import CURRENT, MANIFEST, bundles_dir, current_id
from bot.auth import TOKEN_FILE
from eval.bench.children import ChildError, serving
from eval.simulate.client import Server
from eval.study.answers.arms import Chain

READY_S = 120.0
"""Seconds until the server must be ready: it may build the article index first."""
LIMITS = {
    "SWITCHBOARD__LIMITS__SESSION_MESSAGES_PER_MINUTE": "100000",
    "SWITCHBOARD__LIMITS__SESSION_FRAMES_PER_SECOND": "100000",
}
"""Simulated customers type faster than people."""


@contextmanager
def standing(bot: Path, source: Path, home: Path, chains: Sequence[Chain], *, generates: bool) -> Iterator[Server]:
    """Run a server whose arms are some chains, all with the same weight.

    Args:
        bot: the bot folder.
        source: the home folder whose current models are served.
        home: the server's own; an earlier run's conversations stay in it.
        chains: at least one.
        generates: whether a language model words the answers from articles; else they are quoted.

    Raises:
        ChildError: the server did not come up, or does not take the arms.
        OSError: the models cannot be copied.
    """
    furnish(source, home, sorted({shelf for chain in chains for shelf in chain.needs}))
    environment = {**LIMITS, "SWITCHBOARD__BACKENDS__RAG__GENERATE": str(generates).lower()}
    if any("soft_prompt" in chain.chain for chain in chains):
        environment["SWITCHBOARD__BACKENDS__SOFT_PROMPT__PROMPT"] = CURRENT
    with serving(bot, home, environment) as child:
        url = f"http://127.0.0.1:{child.port}"
        with httpx.Client(base_url=url, timeout=READY_S, trust_env=False) as client:
            until = time.monotonic() + READY_S
            while not _answers(client):
                child.check()
                if time.monotonic() > until:
                    raise ChildError(f"the server was not ready within {READY_S:.0f} seconds; see {child.log}")
                time.sleep(0.1)
            token = (home / TOKEN_FILE).read_text(encoding="utf-8").strip()
            _set_arms(client, token, chains)
        yield Server(url, token)


def furnish(source: Path, home: Path, shelves: Sequence[str]) -> None:
    """Copy the current model of each shelf, the encoders and the article index, where they are not there yet."""
    home.mkdir(parents=True, exist_ok=True)
    for name in ("encoders", "index"):
        with suppress(FileNotFoundError):
            shutil.copytree(source / name, home / name, dirs_exist_ok=True)
    for shelf in shelves:
        wanted = current_id(source, shelf)
        if wanted is None:
            continue
        folder = bundles_dir(home, shelf)
        if not (folder / wanted / MANIFEST).is_file():
            shutil.copytree(bundles_dir(source, shelf) / wanted, folder / wanted, dirs_exist_ok=True)
        shutil.copy(bundles_dir(source, shelf) / CURRENT, folder / CURRENT)


def _answers(client: httpx.Client) -> bool:
    """Whether the server speaks: which backends are ready is for the arms to show."""
    try:
        return client.get("/healthz").is_success
    except httpx.TransportError:
        return False


def _set_arms(client: httpx.Client, token: str, chains: Sequence[Chain]) -> None:
    wanted = [{"arm": chain.arm, "weight": 1.0, "chain": list(chain.chain)} for chain in chains]
    operator = {"Authorization": f"Bearer {token}"}
    try:
        found: dict[str, Any] = client.get("/api/routing", headers=operator).raise_for_status().json()
        if found["arms"] == wanted:
            return
        body = {"why": "whole answers of a study", "arms": wanted}
        put = client.put("/api/routing", headers={**operator, "If-Match": str(found["version"])}, json=body)
    except httpx.HTTPError as exc:
        raise ChildError(f"the server does not say what its arms are: {exc}") from exc
    if put.is_error:
        raise ChildError(f"the server does not take the arms: HTTP {put.status_code}, {put.text[:500]}")
