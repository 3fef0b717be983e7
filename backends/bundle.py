"""Model bundles on disk: which there are, which are whole, which one is current, and how to switch.

A bundle is a folder whose `manifest.json` (sha256 of each other file) is written last: its presence means the
folder is whole. Which bundle is current is one small file replaced by rename. Standard library only; it does
not know what the files of a bundle mean.
"""

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backends.contract import BackendError

MANIFEST = "manifest.json"
CURRENT = "current"
HISTORY = "history.jsonl"


class DamagedBundle(BackendError):
    """A folder that is not a whole bundle; the message says what is wrong with it."""


class UnknownBundle(BackendError):
    """No bundle of that id; the message lists the known ones."""


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


def bundles_dir(home: Path) -> Path:
    """Tell where the bundles of a home folder are."""
    return home / "bundles"


def seal(folder: Path) -> None:
    """Write the manifest over every file in the folder: from here on it counts as whole."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    manifest = {"sha256": {path.name: _digest(path) for path in files}}
    replace_text(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")


def verify(folder: Path) -> None:
    """Check every file against the manifest.

    Raises:
        DamagedBundle: a file is missing or differs, or there is no readable manifest.
    """
    for name, expected in _manifest(folder).items():
        path = folder / name
        if not path.is_file():
            raise DamagedBundle(f"{folder}: {name} is missing; train or copy the bundle again")
        if _digest(path) != expected:
            raise DamagedBundle(f"{folder}: {name} has changed since it was written; train or copy the bundle again")


def list_bundles(home: Path) -> tuple[Entry, ...]:
    """List the bundles, newest first; damaged ones are listed with their problem."""
    root = bundles_dir(home)
    if not root.is_dir():
        return ()
    pointed = read_pointer(root / CURRENT)
    folders = sorted((path for path in root.iterdir() if path.is_dir() and path.name[0] != "."), reverse=True)
    return tuple(_entry(folder, folder.name == pointed) for folder in folders)


def summary(entry: Entry) -> dict[str, Any]:
    """Tell what people choose a bundle by; figures its card does not have are None."""
    by_intent = entry.card.get("data", {}).get("by_intent")
    return {
        "id": entry.id,
        "is_current": entry.is_current,
        "problem": entry.problem,
        "created_at": entry.card.get("created_at"),
        "encoder": entry.card.get("encoder", {}).get("name"),
        "intents": len(by_intent) if by_intent else None,
        "accuracy": entry.card.get("metrics", {}).get("accuracy"),
    }


def current_id(home: Path) -> str | None:
    """Tell which bundle is current by reading the pointer only; None when none was promoted."""
    return read_pointer(bundles_dir(home) / CURRENT)


def current(home: Path) -> Path | None:
    """Give the verified folder of the current bundle, or None when none was promoted.

    Raises:
        DamagedBundle: the pointer names a bundle that is gone or not whole.
    """
    bundle_id = current_id(home)
    if bundle_id is None:
        return None
    folder = bundles_dir(home) / bundle_id
    verify(folder)
    return folder


def promote(home: Path, bundle_id: str, *, why: str = "promote") -> Path:
    """Make a bundle the current one; a running server follows within seconds.

    Raises:
        UnknownBundle: there is none of that id.
        DamagedBundle: it is not whole; the current one stays.
    """
    with _locked(home):
        folder = _known(home, bundle_id)
        verify(folder)
        before = current_id(home)
        if before != bundle_id:
            _remember(home, {"id": bundle_id, "previous": before, "why": why})
            replace_text(bundles_dir(home) / CURRENT, bundle_id + "\n")
    return folder


def rollback(home: Path) -> Path:
    """Go back to the bundle that was current before; further back when that one is damaged or gone.

    Raises:
        UnknownBundle: there is no earlier bundle to go back to.
    """
    with _locked(home):
        for bundle_id in reversed(_earlier(home)):
            folder = bundles_dir(home) / bundle_id
            try:
                verify(folder)
            except DamagedBundle:
                continue
            _remember(home, {"id": bundle_id, "previous": current_id(home), "why": "rollback"})
            replace_text(bundles_dir(home) / CURRENT, bundle_id + "\n")
            return folder
    raise UnknownBundle(f"{bundles_dir(home)}: no earlier whole bundle was ever current; promote one by its id")


def read_pointer(path: Path) -> str | None:
    """Read a one-line pointer file; None when it is missing or empty."""
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def replace_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _manifest(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    if not folder.is_dir():
        raise DamagedBundle(f"{folder}: no such bundle folder; train one with `switchboard train`")
    if not path.is_file():
        raise DamagedBundle(f"{folder}: has no {MANIFEST}, so it was never finished; train it again")
    try:
        digests = json.loads(path.read_text(encoding="utf-8"))["sha256"]
    except (ValueError, KeyError, TypeError) as exc:
        raise DamagedBundle(f"{path}: expected a JSON object with `sha256`; train the bundle again") from exc
    if not isinstance(digests, dict) or not digests or any("/" in str(name) for name in digests):
        raise DamagedBundle(f"{path}: `sha256` must map plain file names to digests; train the bundle again")
    return digests


def _entry(folder: Path, is_current: bool) -> Entry:
    try:
        verify(folder)
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    except (BackendError, OSError, ValueError) as exc:
        return Entry(folder.name, folder, is_current, str(exc), {})
    return Entry(folder.name, folder, is_current, None, card)


def _known(home: Path, bundle_id: str) -> Path:
    root = bundles_dir(home)
    known = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    if bundle_id not in known:
        raise UnknownBundle(f"no bundle {bundle_id!r} in {root}; known: {', '.join(known) or 'none'}")
    return root / bundle_id


def _earlier(home: Path) -> list[str]:
    """Replay the history: what was current before the present one, oldest first."""
    path = bundles_dir(home) / HISTORY
    stack: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        step = json.loads(line)
        if step["why"] != "rollback" and step["previous"]:
            stack.append(step["previous"])
        elif step["why"] == "rollback" and step["id"] in stack:
            del stack[len(stack) - 1 - stack[::-1].index(step["id"]) :]
    return stack


def _remember(home: Path, step: Mapping[str, str | None]) -> None:
    line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **step})
    with (bundles_dir(home) / HISTORY).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Let one process at a time switch bundles."""
    root = bundles_dir(home)
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
