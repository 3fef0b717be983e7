"""What people teach the bot by correcting it: labels, better replies, notes on articles.

A right intent is a label at once, and tonight's training learns from it. A better reply is a proposal; once it is
accepted it lies in the home folder, where the bot's content takes it up within a second. A note on an article lies
beside it for the engineer, whose files nobody else edits.
"""

import fcntl
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from backends.content.accepted import ACCEPTED, AcceptedReply, write_accepted
from backends.sealed import replace_text
from bot.accounts import Person
from bot.errors import Invalid, NotFound
from bot.redact import redact
from bot.store.journal import write_change
from bot.store.proposals import ProposalRow, list_proposals, write_proposal
from bot.store.reader import Reader
from bot.store.signals import write_label
from bot.store.tables import one

NOTES = Path("content") / "article_notes.json"
"""Where the accepted notes on articles are in the home folder."""
OUT_OF_SCOPE = "oos"


@dataclass(frozen=True, slots=True)
class Correction:
    """What was wrong with a turn; texts without personal data."""

    intent: str | None = None
    reply: str | None = None
    article_id: str | None = None
    article_note: str | None = None
    note: str | None = None
    """Kept with the label, for people."""


class Corrected(NamedTuple):
    """What became of a correction."""

    label_id: str | None
    proposal_ids: tuple[str, ...]


Unfilled = Callable[[str, str], str | None]
"""Tells what is wrong with the places of a reply, given its intent and its text; None when nothing is."""


def correct(db: Database, turn_id: str, correction: Correction, by: Person, unfilled: Unfilled) -> Corrected:
    """Store a correction and note it in the journal, all of it or nothing.

    Raises:
        NotFound: no such turn.
        Invalid: a reply without an intent it could be for, or with a place that nothing fills in.
    """
    turn = one(db, "SELECT intent FROM turns WHERE id = ?", turn_id)
    if turn is None:
        raise NotFound(f"no turn {turn_id!r}")
    label_id, proposals = None, []
    if correction.intent is not None:
        intent, note = correction.intent, correction.note
        label_id = write_label(db, turn_id, intent, provenance="operator", by=by.name, note=note)
    if correction.reply is not None:
        intent = correction.intent or _labelled(db, turn_id) or turn["intent"]
        if intent is None or intent == OUT_OF_SCOPE:
            raise Invalid("a better reply needs an intent it answers: send `intent` with it")
        if (problem := unfilled(intent, correction.reply)) is not None:
            raise Invalid(problem)
        proposals.append(write_proposal(db, turn_id, correction.reply, by=by.name, intent=intent))
    if correction.article_note is not None:
        note = correction.article_note
        proposals.append(write_proposal(db, turn_id, note, by=by.name, article_id=correction.article_id))
    write_change(db, by.change("turn.correct", turn_id, intent=correction.intent, proposals=proposals))
    for proposal_id in proposals:
        write_change(db, by.change("proposal.add", proposal_id, turn_id=turn_id))
    return Corrected(label_id, tuple(proposals))


def _labelled(db: Database, turn_id: str) -> str | None:
    row = one(
        db,
        "SELECT intent FROM labels WHERE turn_id = ? AND provenance = 'operator' ORDER BY id DESC LIMIT 1",
        turn_id,
    )
    return None if row is None else str(row["intent"])


def refuse_personal(text: str, own: Iterable[str]) -> None:
    """Refuse a text for everybody that holds somebody's data.

    Args:
        text: what an operator wrote.
        own: texts of the bot; what they say too, such as the shop's own address, is nobody's secret.

    Raises:
        Invalid: it holds a card number, an IBAN, an e-mail address or a telephone number.
    """
    if redact(text) == text:
        return
    known = {word for said in own for word in said.split() if redact(word) != word}
    rest = " ".join(word for word in text.split() if word not in known)
    if redact(rest) != rest:
        raise Invalid("this is for everybody, and holds what looks like personal data: write it without")


def publish(home: Path, reader: Reader) -> None:
    """Write what was accepted where the bot and the engineer find it. Safe to repeat, and in several processes at once.

    Raises:
        OSError: the home folder cannot be written.
        StoreError: the store cannot be read.
    """
    with _locked(home):
        found = reader.read_now(lambda db: list_proposals(db, state="accepted"))[::-1]
        replies = [AcceptedReply(row.intent, row.text, row.id) for row in found if row.intent is not None]
        write_accepted(home / ACCEPTED, replies)
        notes = json.dumps(notes_of(found), ensure_ascii=False, indent=1) + "\n"
        path = home / NOTES
        if (path.read_text(encoding="utf-8") if path.is_file() else "{}\n") != notes:
            replace_text(path, notes)


def notes_of(proposals: Iterable[ProposalRow]) -> Mapping[str, list[Mapping[str, str]]]:
    """Accepted notes by the article they are on; those that ask for a new article are under `new`."""
    notes: dict[str, list[Mapping[str, str]]] = {}
    for row in proposals:
        if row.kind == "article":
            told = {"text": row.text, "by": row.by, "at": row.at, "proposal": row.id}
            notes.setdefault(row.article_id or "new", []).append(told)
    return notes


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    folder = (home / ACCEPTED).parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
