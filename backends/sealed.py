"""Folders that are whole or refused: a manifest with the sha256 of each file, written last. Standard library only.

Beside them the two ways in which small files change under a reader's eyes: replaced by rename, or one line appended.
"""

import hashlib
import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from backends.contract import BackendError

MANIFEST = "manifest.json"


class DamagedBundle(BackendError):
    """A folder that is not a whole bundle; the message says what is wrong with it."""


class Stamp(NamedTuple):
    """What changes about a file when its content does, unless somebody takes pains."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


def seal(folder: Path) -> None:
    """Write the manifest over every file in the folder: from here on it counts as whole."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    manifest = {"sha256": {path.name: _digest(path) for path in files}}
    replace_text(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")


def verify(folder: Path, *, again: bool = True) -> None:
    """Check every file against the manifest.

    Args:
        folder: the bundle's folder.
        again: read every byte; else a file that this process has read before, and whose size, times and inode
            are what they were, counts as unchanged.

    Raises:
        DamagedBundle: a file is missing, differs or cannot be read, or there is no readable manifest.
    """
    try:
        for name, expected in _manifest(folder).items():
            path = folder / name
            if not path.is_file():
                raise DamagedBundle(f"{folder}: {name} is missing; train or copy the bundle again")
            if (_digest(path) if again else _digest_of(path, stamp(path))) != expected:
                raise DamagedBundle(
                    f"{folder}: {name} has changed since it was written; train or copy the bundle again"
                )
    except OSError as exc:
        raise DamagedBundle(f"{folder}: cannot be read ({exc}); look at the disk and its permissions") from exc


def stamp(path: Path) -> Stamp:
    """What tells versions of a file apart.

    Raises:
        OSError: there is no such file.
    """
    found = path.stat()
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def read_pointer(path: Path) -> str | None:
    """Read a one-line pointer file; None when it is missing or empty."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or None
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


def append_line(path: Path, line: str) -> None:
    """Add a line to a file and to the disk; one that a full disk once cut off stays a line of its own."""
    with path.open("a+b") as file:
        if file.tell() and _last_byte(path) != b"\n":
            file.write(b"\n")
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


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


@lru_cache(maxsize=4096)
def _digest_of(path: Path, _stamp: Stamp) -> str:
    return _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
