"""The accounts of operators: names, roles and what is kept of their tokens."""

from dataclasses import dataclass

from sqlite_utils import Database

from bot.errors import Clash, NotFound
from bot.ids import now
from bot.store.tables import one, rows


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account, without its token."""

    name: str
    role: str
    """`operator` or `admin`."""
    created_at: str
    disabled_at: str | None
    on_duty: bool


_READ = (
    "SELECT o.name, o.role, o.created_at, o.disabled_at, coalesce(d.on_duty, 0) AS on_duty"
    " FROM operators o LEFT JOIN duty d ON d.name = o.name"
)


def add_account(db: Database, name: str, role: str, token_hash: str) -> None:
    """Store an account; one that was disabled begins anew with this token and role.

    Raises:
        Clash: an account of this name is in use; names differ by more than capitals.
    """
    known = one(db, "SELECT name, disabled_at FROM operators WHERE lower(name) = lower(?)", name)
    if known is not None and known["disabled_at"] is None:
        raise Clash(f"there is an account {known['name']!r} already; choose another name")
    db.execute("DELETE FROM operators WHERE lower(name) = lower(?)", [name])
    db.execute(
        "INSERT INTO operators (name, role, token_hash, created_at) VALUES (?, ?, ?, ?)",
        [name, role, token_hash, now()],
    )


def disable_account(db: Database, name: str) -> None:
    """Let an account in no more; it is off duty too, and its name stays in the journal.

    Raises:
        NotFound: no account of this name is in use.
    """
    sql = "UPDATE operators SET disabled_at = ? WHERE name = ? AND disabled_at IS NULL"
    if db.execute(sql, [now(), name]).rowcount == 0:
        raise NotFound(f"no account {name!r} in use")
    db.execute("UPDATE duty SET on_duty = 0, at = ? WHERE name = ?", [now(), name])


def find_account(db: Database, token_hash: str) -> AccountRow | None:
    """Read the account in use that a token belongs to, or None."""
    found = rows(db, f"{_READ} WHERE o.token_hash = ? AND o.disabled_at IS NULL", token_hash)
    return _account(found[0]) if found else None


def list_accounts(db: Database) -> list[AccountRow]:
    """Read all accounts, by name."""
    return [_account(row) for row in rows(db, f"{_READ} ORDER BY o.name")]


def is_on_duty(db: Database, name: str) -> bool:
    """Whether a person said so."""
    row = one(db, "SELECT on_duty FROM duty WHERE name = ?", name)
    return row is not None and bool(row["on_duty"])


def _account(row: dict[str, object]) -> AccountRow:
    return AccountRow(
        str(row["name"]),
        str(row["role"]),
        str(row["created_at"]),
        None if row["disabled_at"] is None else str(row["disabled_at"]),
        bool(row["on_duty"]),
    )
