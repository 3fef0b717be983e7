"""Bundles on disk: which there are, which are whole, which one is current, and how to switch and to retire.

A bundle is a folder whose `manifest.json` (sha256 of each other file) is written last: its presence means the
folder is whole. Which bundle is current is one small file replaced by rename. Models, prompts and adapters each have a
shelf of their own. Standard library only; it does not know what the files of a bundle mean.
"""

import fcntl
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backends.contract import BackendError
from backends.history import Action, Step, earlier, last_in_service, read_steps, remember
from backends.sealed import MANIFEST, DamagedBundle, read_pointer, replace_text, seal, verify

__all__ = [
    "ADAPTERS",
    "BUNDLES",
    "CURRENT",
    "HISTORY",
    "MANIFEST",
    "PROMPTS",
    "DamagedBundle",
    "Entry",
    "SwitchFailed",
    "UnknownBundle",
    "bundles_dir",
    "current",
    "current_id",
    "list_bundles",
    "promote",
    "read_pointer",
    "replace_text",
    "retire",
    "rollback",
    "rollback_target",
    "seal",
    "summary",
    "verify",
]

BUNDLES, PROMPTS, ADAPTERS = "bundles", "prompts", "adapters"
"""The shelves of a home folder: trained models, prompts for a frozen one, adapters of the embedded language model."""
CURRENT = "current"
HISTORY = "history.jsonl"
DRAFT, RETIRED = ".draft-", ".retired-"
"""How folders are called that are not bundles yet, or any more."""
DRAFT_DAYS = 1
"""Age at which an unfinished folder is taken for the leftover of a killed training."""


class UnknownBundle(BackendError):
    """No bundle of that id; the message lists the known ones."""


class SwitchFailed(BackendError):
    """The change could not be written down (full disk, permissions); the current bundle stays."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One bundle of the home folder."""

    id: str
    path: Path
    is_current: bool
    problem: str | None
    """Why it cannot be served, or None when it is whole."""
    card: Mapping[str, Any]
    """Its `card.json`, empty when damaged."""
    size_bytes: int = 0
    """Of its files together."""
    came: Step | None = None
    """How it last came into service; None when it never did."""


def bundles_dir(home: Path, shelf: str = BUNDLES) -> Path:
    """Tell where the bundles of a home folder are."""
    return home / shelf


def list_bundles(home: Path, shelf: str = BUNDLES) -> tuple[Entry, ...]:
    """List the bundles, newest first; damaged ones are listed with their problem.

    A file is read once in the life of a process, and again when its size, times or inode change.
    """
    root = bundles_dir(home, shelf)
    came = {step.id: step for step in _steps(root)}
    pointed = read_pointer(root / CURRENT)
    return tuple(_entry(folder, folder.name == pointed, came.get(folder.name)) for folder in _folders(root))


def summary(entry: Entry) -> dict[str, Any]:
    """Tell what people choose a bundle by; what its card or the history does not say is None."""
    by_intent = _table(entry.card, "data").get("by_intent")
    return {
        "id": entry.id,
        "is_current": entry.is_current,
        "problem": entry.problem,
        "created_at": entry.card.get("created_at"),
        "encoder": _table(entry.card, "encoder").get("name"),
        "intents": len(by_intent) if by_intent else None,
        "examples": _table(entry.card, "data").get("examples"),
        "accuracy": _table(entry.card, "metrics").get("accuracy"),
        "ece": _table(entry.card, "metrics").get("ece"),
        "metrics": _table(entry.card, "metrics") or None,
        "size_bytes": entry.size_bytes,
        "in_service_at": None if entry.came is None else entry.came.at.isoformat(timespec="seconds"),
        "why": None if entry.came is None else entry.came.why,
        "gate": entry.card.get("gate"),
        "certificates": entry.card.get("certificates"),
    }


def current_id(home: Path, shelf: str = BUNDLES) -> str | None:
    """Tell which bundle is current by reading the pointer only; None when none was promoted."""
    return read_pointer(bundles_dir(home, shelf) / CURRENT)


def current(home: Path, shelf: str = BUNDLES) -> Path | None:
    """Give the verified folder of the current bundle, or None when none was promoted.

    Raises:
        DamagedBundle: the pointer names a bundle that is gone or not whole.
    """
    bundle_id = current_id(home, shelf)
    if bundle_id is None:
        return None
    folder = bundles_dir(home, shelf) / bundle_id
    verify(folder)
    return folder


def promote(home: Path, bundle_id: str, *, why: str = "promote", shelf: str = BUNDLES) -> Path:
    """Make a bundle the current one; a running server follows at once.

    Raises:
        UnknownBundle: there is none of that id.
        DamagedBundle: it is not whole; the current one stays.
        SwitchFailed: the change could not be written; the current one stays.
    """
    root = bundles_dir(home, shelf)
    with _locked(root):
        folder = _known(root, bundle_id)
        verify(folder)
        if read_pointer(root / CURRENT) != bundle_id:
            _switch(root, bundle_id, "promote", why)
    return folder


def rollback(home: Path, *, why: str = "rollback", shelf: str = BUNDLES) -> Path:
    """Go back to the bundle that was current before; further back when that one is damaged or gone.

    Raises:
        UnknownBundle: there is no earlier bundle to go back to.
        SwitchFailed: the change could not be written; the current one stays.
    """
    root = bundles_dir(home, shelf)
    with _locked(root):
        bundle_id = _target(root, again=True)
        if bundle_id is None:
            raise UnknownBundle(f"{root}: no earlier whole bundle was ever current; promote one by its id")
        _switch(root, bundle_id, "rollback", why)
    return root / bundle_id


def rollback_target(home: Path, shelf: str = BUNDLES) -> str | None:
    """Tell which bundle a rollback would go back to; None when there is none."""
    return _target(bundles_dir(home, shelf), again=False)


def retire(
    home: Path,
    *,
    keep_days: int,
    keep_newest: int = 5,
    now: datetime | None = None,
    shelf: str = BUNDLES,
    pinned: str | None = None,
) -> tuple[str, ...]:
    """Remove bundles that nobody needs any more, and what killed trainings left behind.

    Kept are the current one, the one that a rollback goes back to, those that served within `keep_days`, and the
    newest. Safe beside a running server: a folder is renamed out of sight first, and who has its files open keeps
    them.

    Args:
        home: the `var/` folder.
        keep_days: days since it last served after which a bundle may go.
        keep_newest: bundles kept whatever became of them, the newest by name.
        now: the time, aware; by default the present.
        shelf: models or prompts.
        pinned: a bundle that settings name, which is kept too.

    Returns:
        Ids of the bundles removed, newest first.

    Raises:
        SwitchFailed: a folder could not be moved or removed; those before it are gone.
    """
    now = now or datetime.now(UTC)
    root = bundles_dir(home, shelf)
    if not root.is_dir():
        return ()
    with _locked(root):
        useless = [f for f in _useless(root, keep_days, keep_newest, now) if f.name != pinned]
        for folder in useless:
            folder.rename(root / f"{RETIRED}{folder.name}-{time.time_ns()}")
        leftovers = [path for path in root.iterdir() if is_leftover(path, now)]
    for path in leftovers:
        shutil.rmtree(path, ignore_errors=True)  # two that retire at once may meet here
    return tuple(folder.name for folder in useless)


def _useless(root: Path, keep_days: int, keep_newest: int, now: datetime) -> Sequence[Path]:
    kept = {read_pointer(root / CURRENT), _target(root, again=False)}
    since = now - timedelta(days=keep_days)
    kept |= {bundle_id for bundle_id, at in last_in_service(_steps(root)).items() if at >= since}
    older = [folder for folder in _folders(root)[keep_newest:] if folder.name not in kept]
    return [folder for folder in older if (folder / MANIFEST).is_file() or _is_forsaken(folder, now)]


def is_leftover(path: Path, now: datetime) -> bool:
    """Whether it was retired, or is a draft that nobody has written to for a day before `now`, which is aware."""
    if path.name.startswith(RETIRED):
        return True
    return path.name.startswith(DRAFT) and _is_forsaken(path, now)


def _is_forsaken(folder: Path, now: datetime) -> bool:
    try:
        written = max(each.lstat().st_mtime for each in (folder, *folder.rglob("*")))
    except OSError:  # somebody is at work in it
        return False
    return written < (now - timedelta(days=DRAFT_DAYS)).timestamp()


def _switch(root: Path, bundle_id: str, action: Action, why: str) -> None:
    """Note the step first: a crash in between leaves a step too many, which a rollback sees through."""
    step = Step(datetime.now(UTC), bundle_id, read_pointer(root / CURRENT), action, why)
    remember(root / HISTORY, step)
    replace_text(root / CURRENT, bundle_id + "\n")


def _target(root: Path, *, again: bool) -> str | None:
    pointed = read_pointer(root / CURRENT)
    for bundle_id in reversed(earlier(_steps(root))):
        try:
            verify(root / bundle_id, again=again)
        except DamagedBundle:
            continue
        if bundle_id != pointed:
            return bundle_id
    return None


def _entry(folder: Path, is_current: bool, came: Step | None) -> Entry:
    size = 0
    try:
        size = sum(path.lstat().st_size for path in folder.iterdir())
        verify(folder, again=False)
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        if not isinstance(card, dict):
            raise DamagedBundle(f"{folder / 'card.json'}: expected a JSON object; train the bundle again")
    except (BackendError, OSError, ValueError) as exc:
        return Entry(folder.name, folder, is_current, str(exc), {}, size, came)
    return Entry(folder.name, folder, is_current, None, card, size, came)


def _table(card: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = card.get(name)
    return found if isinstance(found, Mapping) else {}


def _folders(root: Path) -> list[Path]:
    """The bundles' folders, newest first."""
    if not root.is_dir():
        return []
    return sorted((path for path in root.iterdir() if path.is_dir() and path.name[0] != "."), reverse=True)


def _known(root: Path, bundle_id: str) -> Path:
    known = sorted(folder.name for folder in _folders(root))
    if bundle_id not in known:
        raise UnknownBundle(f"no bundle {bundle_id!r} in {root}; known: {', '.join(known) or 'none'}")
    return root / bundle_id


def _steps(root: Path) -> tuple[Step, ...]:
    return read_steps(root / HISTORY)


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Let one process at a time switch or retire bundles."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with (root / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as exc:
        raise SwitchFailed(f"{root}: could not be changed ({exc}); the current bundle stays") from exc
