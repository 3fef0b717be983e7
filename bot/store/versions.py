"""The versions of the routing, each with who made it and why. Read-only: `opening` writes them."""

import json
from typing import NamedTuple

from sqlite_utils import Database

from bot import routing as routes
from bot.routing import Routing
from bot.store.tables import rows


class Version(NamedTuple):
    """One version."""

    routing: Routing
    at: str
    who: str
    why: str
    restores: int | None
    """The earlier version it is equal to, if it came from an undo."""


def list_versions(db: Database, *, before: int | None = None, limit: int = 100) -> list[Version]:
    """Read versions, newest first; those below `before`, where it is given."""
    found = rows(
        db,
        "SELECT version, at, who, why, document_json FROM routing WHERE version < ? ORDER BY version DESC LIMIT ?",
        2**62 if before is None else before,
        limit,
    )
    return [
        Version(
            routes.from_json(row["version"], row["document_json"]),
            row["at"],
            row["who"],
            row["why"],
            json.loads(row["document_json"]).get("restores"),
        )
        for row in found
    ]


def read_version(db: Database, version: int) -> Version | None:
    """Read one version, or None."""
    found = next(iter(list_versions(db, before=version + 1, limit=1)), None)
    return found if found is not None and found.routing.version == version else None


def undone(db: Database, version: int) -> Version | None:
    """Read what an undo of a version goes back to, or None when it is the first.

    An undo of an undo goes one further back: what was undone before is passed over.
    """
    found = read_version(db, version)
    while found is not None and found.restores is not None:
        found = read_version(db, found.restores)
    return None if found is None else next(iter(list_versions(db, before=found.routing.version, limit=1)), None)
