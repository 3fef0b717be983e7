"""Which prompt or adapter the settings mean: the promoted one, one by its id, or the newest of a name."""

import json
from functools import lru_cache
from pathlib import Path

from backends.bundle import MANIFEST, bundles_dir, current_id

PROMOTED = "current"


def chosen(home: Path, wanted: str, shelf: str) -> str | None:
    """Give the id of what is to be served now, or None when there is none.

    Args:
        home: the `var/` folder.
        wanted: `current`, an id, or a name that it was trained under (`train --name`).
        shelf: of `backends.bundle`.

    Raises:
        OSError: the folder cannot be read just now.
    """
    if wanted == PROMOTED:
        return current_id(home, shelf)
    root = bundles_dir(home, shelf)
    if not root.is_dir():
        return None
    ids = sorted((folder.name for folder in root.iterdir() if folder.name[0] != "."), reverse=True)
    if wanted in ids:
        return wanted
    return next((id_ for id_ in ids if (root / id_ / MANIFEST).is_file() and _name(root / id_) == wanted), None)


def _name(folder: Path) -> str | None:
    """The name on a finished folder's card; None where there is none, or not yet, as while it is being copied here."""
    try:
        return _read_name(folder)
    except (OSError, ValueError, TypeError, LookupError):
        return None


@lru_cache(maxsize=512)
def _read_name(folder: Path) -> str:
    """Cards do not change, so that what was read once is kept; what raises is not."""
    return str(json.loads((folder / "card.json").read_text(encoding="utf-8"))["name"])
