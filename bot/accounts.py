"""Who an operator's token belongs to, and what that person may do. It knows neither requests nor sockets."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlite_utils import Database

from bot.auth import Token
from bot.errors import Invalid
from bot.store.accounts import add_account, disable_account, find_account
from bot.store.journal import Change, write_change
from bot.store.reader import Reader

Role = Literal["operator", "admin"]
OPERATOR_RIGHTS = ("read", "converse", "label", "correct", "audit")
ADMIN_RIGHTS = ("routing", "models", "accounts", "proposals", "erase", "draw")
RIGHTS: Mapping[Role, tuple[str, ...]] = {"operator": OPERATOR_RIGHTS, "admin": (*OPERATOR_RIGHTS, *ADMIN_RIGHTS)}
"""What each role may do."""
ANONYMOUS = "operator"
"""What the bearer of the home folder's token is called who gives no name; no account may take it."""
NAME = r"^[^\W_][\w .@'-]{0,62}$"
"""What an account may be called: a letter or digit first; it goes into addresses, logs and the journal."""
MOST_CHARS = 80


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed in."""

    name: str
    role: Role
    is_account: bool = False
    """The name belongs to the token; else its bearer chose it."""

    def __str__(self) -> str:
        """The name, for texts."""
        return self.name

    def change(self, action: str, target: str | None = None, **details: Any) -> Change:
        """What this person did, for the journal."""
        return Change(self.name, self.role, action, target, details)


class Accounts:
    """Finds the person behind a token. Nothing is kept in memory: an account that is disabled is so at once."""

    def __init__(self, token: Token, reader: Reader) -> None:
        """The home folder's token is an admin's; all others are in the store."""
        self._token = token
        self._reader = reader

    def person(self, given: str | None, *, called: str | None = None) -> Person | None:
        """Tell whose token it is, or None.

        Args:
            given: the token.
            called: how the bearer of the home folder's token wants to be called.

        Raises:
            StoreError: the store cannot be read.
        """
        if not given:
            return None
        if self._token.matches(given):
            return Person((called or "").strip()[:MOST_CHARS] or ANONYMOUS, "admin")
        row = self._reader.read_now(lambda db: find_account(db, hash_of_token(given)))
        return None if row is None else Person(row.name, "admin" if row.role == "admin" else "operator", True)


def hash_of_token(token: str) -> str:
    """What is stored of a token; its 256 random bits need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def open_account(db: Database, name: str, role: Role, by: Person) -> str:
    """Let somebody sign in; gives the token, which is stored nowhere.

    Raises:
        Invalid: the name is no name, or is kept for the home folder's token.
        Clash: somebody has it.
    """
    if name.lower() == ANONYMOUS:
        raise Invalid(f"the name {name!r} is kept for the token of the home folder; choose another")
    if re.fullmatch(NAME, name) is None:
        raise Invalid(f"expected a name of letters, digits, spaces and .@'-, 63 characters at most, got {name!r:.80}")
    token = secrets.token_urlsafe(32)
    add_account(db, name, role, hash_of_token(token))
    write_change(db, by.change("operator.add", name, role=role))
    return token


def close_account(db: Database, name: str, by: Person) -> None:
    """Let somebody sign in no more.

    Raises:
        NotFound: nobody of that name may sign in.
    """
    disable_account(db, name)
    write_change(db, by.change("operator.remove", name))
