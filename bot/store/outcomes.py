"""How conversations ended, and what people found who looked at some of them, as rows.

Reads, writes and draws them; what an outcome is, `bot/outcomes` knows. The rate that outcomes give is corrected by the
audits, so the probability of each conversation to be among them has to be known.
"""

import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlite_utils import Database

from bot.errors import NotFound
from bot.ids import new_id, now
from bot.sampling import Spread, probabilities, systematic
from bot.store.tables import one, rows

Kind = Literal["confirmed", "assumed", "handed_off", "abandoned", "reopened", "no_question"]


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """How one conversation ended."""

    conversation_id: str
    definition: str
    """Version of the definition and a hash of its settings: rows of different ones are not comparable."""
    kind: Kind
    resolved: bool
    """By the bot alone: confirmed or assumed, and not taken back."""
    assisted: bool
    """A person took part, and the problem was resolved and not taken back."""
    reopened: bool
    """The customer came back with the same problem within the window."""
    handed_off: bool
    """It was in the queue or with a person at some time."""
    unit: str
    """The customer: what arms are assigned by."""
    source: str
    language: str | None
    arm: str | None
    propensity: float | None
    routing_version: int | None
    backend: str | None
    """The one whose answer was the last to a question; None when no backend answered."""
    intent: str | None
    """Of the first question that has one: what operators said, else what answered."""
    first_text: str | None
    """The first question, masked; None when there was none."""
    turns: int
    started_at: str
    ended_at: str
    """The last thing anybody said or pressed; the closing does not count."""
    window_ends_at: str
    """From then on nothing can change the outcome; before, the conversation is open and counts nowhere."""
    judged_at: str
    """When it was judged, by the clock on the wall. Before `window_ends_at` that was a look ahead."""
    resolution_s: float | None
    """Seconds from the first message to the answer that resolved it; None when it was not."""
    latency_ms: float | None
    """Mean of its turns, milliseconds."""
    prompt_tokens: int
    """Of its turns and of answers that were suggested to operators, as the next three are."""
    completion_tokens: int
    cost_usd: float
    backend_s: float
    """Seconds of backends' work, tries in vain included."""
    operator_s: float
    """Seconds a person owned it, long pauses cut short."""
    evidence: tuple[str, ...]
    """What the verdict rests on, in order: `answer:intent`, `rephrased`, `thumb_down`, …"""


_BOOLS = ("resolved", "assisted", "reopened", "handed_off")
_FIELDS = OutcomeRow.__slots__
_COLUMNS = tuple("evidence_json" if name == "evidence" else name for name in _FIELDS)
_INSERT = (
    f"INSERT OR REPLACE INTO outcomes ({', '.join(_COLUMNS)}) SELECT {', '.join('?' * len(_COLUMNS))}"
    " WHERE EXISTS (SELECT 1 FROM conversations WHERE id = ?)"
)
_CURRENT = "o.definition = coalesce((SELECT definition FROM judging), o.definition)"


def write_outcomes(db: Database, outcomes: Iterable[OutcomeRow]) -> None:
    """Write rows, each in place of an older one; a conversation that was erased meanwhile stays without."""
    db.conn.executemany(
        _INSERT, [[*(_stored(getattr(row, name)) for name in _FIELDS), row.conversation_id] for row in outcomes]
    )


def delete_outcomes(db: Database, conversation_ids: Iterable[str]) -> None:
    """Forget the outcomes of conversations that are open again."""
    for conversation_id in conversation_ids:
        db.execute("DELETE FROM outcomes WHERE conversation_id = ?", [conversation_id])


def write_definition(db: Database, definition: str) -> None:
    """Say by which definition is judged from now on: rows of others are not read any more, until they are replaced."""
    if db.execute("SELECT definition FROM judging").fetchall() != [(definition,)]:
        db.execute("DELETE FROM judging")
        db.execute("INSERT INTO judging (definition) VALUES (?)", [definition])


def read_outcomes(db: Database, *, since: str | None = None, as_of: str, source: str | None = None) -> list[OutcomeRow]:
    """Read what is known for good, oldest conversation first.

    Args:
        since: UTC ISO-8601; conversations that began before are left out.
        as_of: UTC ISO-8601; a conversation whose window ends later is censored: see `count_open`.
        source: `live`, `simulated`, `test` or `cli`; None takes all.
    """
    found = rows(
        db,
        "SELECT * FROM outcomes o WHERE window_ends_at <= ? AND started_at >= ? AND (? IS NULL OR source = ?)"
        f" AND {_CURRENT} ORDER BY started_at, conversation_id",
        as_of,
        since or "",
        source,
        source,
    )
    return [_outcome(row) for row in found]


def count_open(db: Database, since: str | None, as_of: str, source: str | None) -> int:
    """Count the conversations that had begun and whose outcome is not known yet; arguments as for `read_outcomes`."""
    sql = (
        "SELECT count(*) FROM conversations c WHERE c.created_at >= ? AND c.created_at <= ?"
        " AND c.purged_at IS NULL AND (? IS NULL OR c.source = ?) AND NOT EXISTS (SELECT 1 FROM outcomes o"
        f" WHERE o.conversation_id = c.id AND o.window_ends_at <= ? AND {_CURRENT})"
    )
    return int(db.execute(sql, [since or "", as_of, source, source, as_of]).fetchone()[0])


def _stored(value: Any) -> Any:
    match value:
        case bool():
            return int(value)
        case tuple():
            return json.dumps(value)
        case _:
            return value


def _outcome(row: Mapping[str, Any]) -> OutcomeRow:
    plain = {name: value for name, value in row.items() if name != "evidence_json"}
    flags = {name: bool(row[name]) for name in _BOOLS}
    return OutcomeRow(**{**plain, **flags}, evidence=tuple(json.loads(row["evidence_json"])))


# --- audits ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One conversation that a person is to judge."""

    id: str
    conversation_id: str
    drawn_at: str
    probability: float
    """Of the conversation to be among the audits by now, all draws it was eligible for taken together; 0..1."""
    frame: int
    """How many conversations of its arm it was drawn from."""
    definition: str
    """Of its outcome when it was drawn."""
    resolved: bool | None
    """Whether the bot alone solved the customer's problem; None until somebody has judged."""
    by: str | None
    note: str | None
    judged_at: str | None
    stratum: str = ""
    """What it was drawn as: kind of outcome and backend, at the time."""


class AuditState(NamedTuple):
    """How far the audits are."""

    open: int
    judged: int
    next: AuditRow | None
    """The first that nobody has judged."""


_FRAME = (
    "SELECT o.conversation_id, o.arm, o.definition, o.kind || '/' || coalesce(o.backend, '') AS stratum,"
    " coalesce(c.last_confidence, -1) AS confidence"
    " FROM outcomes o JOIN conversations c ON c.id = o.conversation_id WHERE o.kind != 'no_question'"
    f" AND {_CURRENT} AND o.window_ends_at <= ? AND o.started_at >= ? AND (? IS NULL OR o.source = ?)"
    " AND NOT EXISTS (SELECT 1 FROM audits a WHERE a.conversation_id = o.conversation_id)"
    " ORDER BY o.conversation_id"
)


def draw_audits(
    db: Database, n: int, *, seed: int, since: str | None = None, as_of: str, source: str | None = "live"
) -> list[AuditRow]:
    """Draw conversations with a known outcome that were not drawn before: as many of each arm, by chance within it.

    Outcomes of a kind and a backend that audits found deceptive are drawn more often (`bot/sampling.py`), and what is
    drawn is spread over confidences. Those without a question are left aside, as they are in no rate. What was drawn
    earlier stays; its probability rises if it was eligible again.

    Args:
        n: how many at most; at least 1.
        seed: of the drawing; the same one draws the same from the same conversations.
        since: UTC ISO-8601; conversations that began before are not eligible.
        as_of: UTC ISO-8601; conversations whose window ends later are not eligible.
        source: `live`, `simulated`, `test` or `cli`; None takes all.

    Raises:
        ValueError: `n` is below 1.
    """
    if n < 1:
        raise ValueError(f"expected to draw at least 1 conversation, got {n}")
    frames: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(db, _FRAME, as_of, since or "", source, source):
        frames[row["arm"]].append(row)
    drawn_at, chance, spread = now(), random.Random(seed), Spread(_judged(db))
    drawn: list[tuple[dict[str, Any], int]] = []
    for arm, share in _shares({arm: len(frame) for arm, frame in frames.items()}, n).items():
        sizes = Counter(row["stratum"] for row in frames[arm])
        likely = probabilities(sizes, {stratum: spread.of(stratum) for stratum in sizes}, share)
        for stratum, probability in likely.items():
            db.execute(
                "INSERT INTO audit_draws (drawn_at, since, as_of, source, arm, stratum, probability)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [drawn_at, since, as_of, source, arm, stratum, probability],
            )
        chance.shuffle(frames[arm])
        frames[arm].sort(key=lambda row: (row["stratum"], row["confidence"]))
        places = systematic([likely[row["stratum"]] for row in frames[arm]], chance)
        drawn += [(frames[arm][place], len(frames[arm])) for place in places]
    chance.shuffle(drawn)  # whoever judges meets the arms mixed
    ids = [_insert_audit(db, row, frame, drawn_at) for row, frame in drawn]
    _update_probabilities(db)
    found = {audit.id: audit for audit in read_audits(db)}
    return [found[audit_id] for audit_id in ids]


def write_audit(db: Database, audit_id: str, resolved: bool, by: str, note: str | None = None) -> AuditRow:
    """Store what a person found; a later judgement replaces an earlier one.

    Raises:
        NotFound: no such audit.
    """
    db.execute(
        "UPDATE audits SET resolved = ?, by = ?, note = ?, judged_at = ? WHERE id = ?",
        [int(resolved), by, note, now(), audit_id],
    )
    row = one(db, "SELECT * FROM audits WHERE id = ?", audit_id)
    if row is None:
        raise NotFound(f"no audit {audit_id!r}")
    return _audit(row)


def read_audits(
    db: Database, *, since: str | None = None, as_of: str | None = None, source: str | None = None
) -> list[AuditRow]:
    """Read audits, judged or not, in the order in which they are to be judged.

    Args:
        since: as for `read_outcomes`.
        as_of: as for `read_outcomes`; None takes all.
        source: as for `read_outcomes`.
    """
    if since is None and as_of is None and source is None:
        return [_audit(row) for row in rows(db, "SELECT * FROM audits ORDER BY rowid")]
    sql = (
        "SELECT a.* FROM audits a JOIN outcomes o ON o.conversation_id = a.conversation_id WHERE o.started_at >= ?"
        " AND o.window_ends_at <= ? AND (? IS NULL OR o.source = ?) ORDER BY a.rowid"
    )
    return [_audit(row) for row in rows(db, sql, since or "", as_of or "~", source, source)]


def audit_state(db: Database) -> AuditState:
    """Tell how many audits are open and judged, and which is next."""
    judged, left = db.execute("SELECT count(judged_at), count(*) - count(judged_at) FROM audits").fetchone()
    first = one(db, "SELECT * FROM audits WHERE judged_at IS NULL ORDER BY rowid LIMIT 1")
    return AuditState(left, judged, None if first is None else _audit(first))


def _shares(sizes: Mapping[str | None, int], n: int) -> dict[str | None, int]:
    """As many from each arm as from any other, as far as it has so many; arms that give nothing are left out."""
    shares: dict[str | None, int] = {}
    left = n
    for place, arm in enumerate(sorted(sizes, key=lambda arm: (sizes[arm], arm or ""))):
        share = min(sizes[arm], left // (len(sizes) - place))
        if share:
            shares[arm] = share
        left -= share
    return shares


def _judged(db: Database) -> dict[str, tuple[int, int]]:
    """How many audits of each stratum found the problem solved, and how many there were."""
    sql = "SELECT stratum, sum(resolved), count(*) FROM audits WHERE resolved IS NOT NULL GROUP BY stratum"
    return {stratum: (solved, judged) for stratum, solved, judged in db.execute(sql).fetchall()}


def _insert_audit(db: Database, row: Mapping[str, Any], frame: int, drawn_at: str) -> str:
    audit_id = new_id("a")
    db.execute(
        "INSERT INTO audits (id, conversation_id, drawn_at, probability, frame, definition, stratum)"
        " VALUES (?, ?, ?, 1, ?, ?, ?)",
        [audit_id, row["conversation_id"], drawn_at, frame, row["definition"], row["stratum"]],
    )
    return audit_id


def _update_probabilities(db: Database) -> None:
    """Give every audit the probability of having been drawn by now: one draw after another may miss it."""
    draws = rows(db, "SELECT drawn_at, since, as_of, source, arm, stratum, probability FROM audit_draws")
    audited = rows(
        db,
        "SELECT a.id, a.drawn_at, o.arm, a.stratum, o.source, o.started_at, o.window_ends_at FROM audits a"
        " JOIN outcomes o ON o.conversation_id = a.conversation_id",
    )
    for row in audited:
        missed = math.prod(1 - draw["probability"] for draw in draws if _is_eligible(row, draw))
        db.execute("UPDATE audits SET probability = ? WHERE id = ?", [1 - missed, row["id"]])


def _is_eligible(row: Mapping[str, Any], draw: Mapping[str, Any]) -> bool:
    """Whether a draw could give an audit; the one that did always could, though the window may end later since."""
    could_be_drawn = (
        draw["source"] in {None, row["source"]}
        and row["started_at"] >= (draw["since"] or "")
        and row["window_ends_at"] <= draw["as_of"]
    )
    is_of_the_group = row["arm"] == draw["arm"] and row["stratum"] == draw["stratum"]
    return bool(is_of_the_group and (could_be_drawn or row["drawn_at"] == draw["drawn_at"]))


def _audit(row: Mapping[str, Any]) -> AuditRow:
    return AuditRow(**{**row, "resolved": None if row["resolved"] is None else bool(row["resolved"])})
