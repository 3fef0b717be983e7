"""What a night starts from, frozen: labelled turns, the bot's own rows and its gold file, with a hash.

Everything in it is masked. Equal inputs have equal hashes, whenever they are taken and wherever the bot folder lies.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backends.bundle import replace_text
from bot.redact import redact
from training.dataset import DataError, Example, read_bot, read_csv
from training.harvest.labels import LabelledTurn, Provenance

SNAPSHOT = "snapshot.jsonl"
GOLD_FILE = "gold.csv"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The inputs of one night."""

    at: datetime
    """UTC."""
    labelled: tuple[LabelledTurn, ...]
    own: tuple[Example, ...]
    """Rows of the bot's NLU files."""
    gold_file: tuple[Example, ...]
    """Rows of `gold.csv` in the bot folder."""
    digest: str

    @property
    def id(self) -> str:
        """Name of the night: UTC time and part of the hash."""
        return f"{self.at:%Y%m%dT%H%M%SZ}-{self.digest[:8]}"

    def intents(self) -> frozenset[str]:
        """Every intent that anything in it names."""
        named = {row.intent for row in self.labelled}
        return frozenset(named | {row.intent for row in (*self.own, *self.gold_file)})


def read_own(bot: Path) -> tuple[Example, ...]:
    """Read the bot's NLU rows, masked, with sources relative to the folder; none without NLU files.

    Raises:
        DataError: a file is malformed.
    """
    if not any((bot / "nlu").glob("*.y*ml")):
        return ()
    found = read_bot(bot)
    return _masked((*found.examples, *found.oos), bot)


def read_gold_file(bot: Path) -> tuple[Example, ...]:
    """Read `gold.csv` of a bot folder, masked; none when there is no such file.

    Raises:
        DataError: it is malformed.
    """
    path = bot / GOLD_FILE
    return _masked(read_csv(path), bot) if path.is_file() else ()


def take(
    at: datetime, labelled: Iterable[LabelledTurn], own: Iterable[Example], gold_file: Iterable[Example]
) -> Snapshot:
    """Freeze the inputs.

    Args:
        at: aware time.
        labelled: what the logs teach.
        own: the bot's rows, masked.
        gold_file: rows that only judge, masked.
    """
    turns = tuple(sorted(labelled, key=lambda row: (row.at, row.turn_id)))
    rows, judges = tuple(own), tuple(gold_file)
    lines = [*_turn_lines(turns), *sorted(_row_lines("own", rows)), *sorted(_row_lines("gold", judges))]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return Snapshot(at.astimezone(UTC), turns, rows, judges, digest)


def write_snapshot(folder: Path, snapshot: Snapshot) -> Path:
    """Write `snapshot.jsonl`: one row a line."""
    lines = [
        *_turn_lines(snapshot.labelled),
        *_row_lines("own", snapshot.own),
        *_row_lines("gold", snapshot.gold_file),
    ]
    replace_text(folder / SNAPSHOT, "".join(line + "\n" for line in lines))
    return folder / SNAPSHOT


def read_labelled(folder: Path) -> tuple[LabelledTurn, ...]:
    """Read the labelled turns of a night's snapshot; none when it is gone.

    Raises:
        DataError: the file is not a snapshot.
    """
    path = folder / SNAPSHOT
    if not path.is_file():
        return ()
    try:
        rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        turns = [
            {name: value for name, value in row.items() if name != "kind"} for row in rows if row["kind"] == "turn"
        ]
        return tuple(LabelledTurn(**{**row, "provenance": Provenance(row["provenance"])}) for row in turns)
    except (ValueError, KeyError, TypeError) as exc:
        raise DataError(f"{path}: not a snapshot this version reads ({exc}); remove the folder {folder}") from exc


def _masked(rows: Sequence[Example], bot: Path) -> tuple[Example, ...]:
    prefix = f"{bot}/"
    return tuple(Example(redact(row.text), row.intent, row.source.removeprefix(prefix), row.weight) for row in rows)


def _turn_lines(turns: Sequence[LabelledTurn]) -> list[str]:
    return [json.dumps({"kind": "turn", **asdict(row)}, ensure_ascii=False, sort_keys=True) for row in turns]


def _row_lines(kind: str, rows: Sequence[Example]) -> list[str]:
    return [
        json.dumps({"kind": kind, "text": row.text, "intent": row.intent, "source": row.source}, ensure_ascii=False)
        for row in rows
    ]
