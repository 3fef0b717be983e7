"""The gold set: labelled texts that no model is trained on, in versions that are never changed, only added to."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from backends.bundle import replace_text
from training.dataset import OOS, DataError
from training.split import normalise, text_hash

GOLD = "gold"
NAME = re.compile(r"v\d{4,}\.jsonl")


@dataclass(frozen=True, slots=True)
class GoldRow:
    """One text with the intent it really has."""

    text: str
    """Masked."""
    intent: str
    """May be `oos`."""
    origin: str
    """`turn` (the logs), `nlu` (the bot's own rows that no bundle learns from) or `file` (`gold.csv`)."""
    source: str = ""
    """The turn's id, or the file it came from."""
    at: str = ""
    """When it was asked, UTC ISO-8601; empty when it was not."""

    @property
    def key(self) -> str:
        """Name of its text; a gold set has each once."""
        return text_hash(self.text)


@dataclass(frozen=True, slots=True)
class Gold:
    """One version of the gold set."""

    version: int
    """0 is the empty set before the first version."""
    rows: tuple[GoldRow, ...]
    """In the order in which they were added."""
    digest: str = ""

    def keys(self) -> frozenset[str]:
        """Names of all its texts."""
        return frozenset(row.key for row in self.rows)


class DamagedGold(DataError):
    """A version of the gold set that is not what was written; the message says which and what to do."""


class Extended(NamedTuple):
    """A gold set and what tonight added to it."""

    gold: Gold
    added: tuple[GoldRow, ...]


def load_gold(home: Path) -> Gold:
    """Read the newest version of a home folder.

    Raises:
        DamagedGold: it is not what was written.
    """
    folder = home / GOLD
    found = sorted((path for path in folder.glob("v*.jsonl") if NAME.fullmatch(path.name)), key=_number)
    return _read(found[-1]) if found else Gold(0, ())


def extend(gold: Gold, candidates: Iterable[GoldRow]) -> Extended:
    """Add the texts that a gold set does not have yet; the first row of a text wins.

    Nothing is ever changed or taken away, so figures on one version can be compared for good.
    """
    known = set(gold.keys())
    added = []
    for row in candidates:
        if row.key not in known:
            known.add(row.key)
            added.append(row)
    if not added:
        return Extended(gold, ())
    rows = (*gold.rows, *added)
    return Extended(Gold(gold.version + 1, rows, _digest(_lines(rows))), tuple(added))


def write_gold(home: Path, gold: Gold) -> Path:
    """Write a new version, its digest last: a version without one was never finished and is written again.

    Raises:
        DamagedGold: that version is there with other rows.
    """
    path = _path(home, gold.version)
    if _digest_path(path).is_file():
        if _read(path).digest != gold.digest:
            raise DamagedGold(f"{path}: version {gold.version} is there with other rows; versions are never changed")
        return path
    replace_text(path, _lines(gold.rows))
    replace_text(_digest_path(path), gold.digest + "\n")
    path.chmod(0o444)
    return path


def disputed(gold: Gold, corrections: Iterable[tuple[str, str, str]]) -> frozenset[str]:
    """Names of the gold texts that an operator has labelled otherwise since: they judge nobody.

    Args:
        gold: the set.
        corrections: (text, intent, time asked) of operators' labels.
    """
    by_key = {row.key: row for row in gold.rows}
    found = set()
    for text, intent, at in corrections:
        row = by_key.get(text_hash(text))
        if row is not None and row.intent != intent and at > row.at:
            found.add(row.key)
    return frozenset(found)


def seeds(rows: Sequence[tuple[str, str, str]], unseen: frozenset[str]) -> list[GoldRow]:
    """Make gold rows of the bot's own texts that no bundle learns from.

    Args:
        rows: (masked text, intent, source).
        unseen: names of the texts that the champion never learned from, as its card has them.
    """
    return [
        GoldRow(text, intent, "nlu", source)
        for text, intent, source in sorted(rows, key=lambda row: normalise(row[0]))
        if text_hash(text) in unseen
    ]


def in_scope(rows: Sequence[GoldRow]) -> int:
    """How many rows have an intent."""
    return sum(row.intent != OOS for row in rows)


def _read(path: Path) -> Gold:
    try:
        text = path.read_text(encoding="utf-8")
        expected = _digest_path(path).read_text(encoding="utf-8").strip()
        rows = tuple(GoldRow(**json.loads(line)) for line in text.splitlines())
    except FileNotFoundError:
        return _before(path)
    except (OSError, ValueError, TypeError) as exc:
        raise DamagedGold(f"{path}: cannot be read ({exc}); restore it from a backup, or remove {path.parent}") from exc
    if _digest(text) != expected:
        raise DamagedGold(
            f"{path}: has changed since it was written; restore it from a backup, or remove the folder {path.parent} "
            "to begin a new gold set"
        )
    return Gold(int(_number(path)), rows, expected)


def _before(path: Path) -> Gold:
    """The version before one that was never finished."""
    number = _number(path) - 1
    return _read(path.with_name(f"v{number:04}.jsonl")) if number > 0 else Gold(0, ())


def _path(home: Path, version: int) -> Path:
    return home / GOLD / f"v{version:04}.jsonl"


def _digest_path(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _number(path: Path) -> int:
    return int(path.stem[1:])


def _lines(rows: Sequence[GoldRow]) -> str:
    return "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def erase_rows(home: Path, turn_ids: Collection[str]) -> int:
    """Take the rows of some turns out of every version, the one change it ever sees; tells how many turns it was.

    A kill in between leaves a digest of what is still to be written beside the version; the next call goes on there.

    Raises:
        OSError: a version could not be written.
    """
    erased: set[str] = set()
    for path in sorted((home / GOLD).glob("v*.jsonl")):
        following = path.with_suffix(".next")
        text = path.read_text(encoding="utf-8")
        is_whole = _digest_path(path).is_file() and _digest_path(path).read_text(encoding="utf-8").strip() == _digest(
            text
        )
        lines = text.splitlines()
        kept = [line for line in lines if _turn_of(line) not in turn_ids]
        if len(kept) < len(lines):
            erased |= {_turn_of(line) for line in lines} - {_turn_of(line) for line in kept}
            after = "".join(line + "\n" for line in kept)
            if is_whole:
                replace_text(following, _digest(after) + "\n")
            replace_text(path, after)
            text = after
        if following.is_file() and following.read_text(encoding="utf-8").strip() == _digest(text):
            following.replace(_digest_path(path))
            path.chmod(0o444)
        following.unlink(missing_ok=True)
    return len(erased)


def _turn_of(line: str) -> str:
    """The turn of a row; empty where there is none."""
    try:
        row = json.loads(line)
        return str(row["source"]) if row["origin"] == "turn" else ""
    except (ValueError, KeyError, TypeError):
        return ""
