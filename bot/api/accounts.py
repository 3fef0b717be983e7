"""`/api/me` and `/api/operators`: who is signed in, and who may sign in."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from backends.settings import Section
from bot.accounts import NAME, RIGHTS, Role, close_account, open_account
from bot.api.access import Admin, Operator, TheHouse
from bot.house import House
from bot.store.accounts import is_on_duty, list_accounts

router = APIRouter(prefix="/api", tags=["operators"])


class Me(Section):
    """Who is signed in."""

    name: str
    role: Role
    on_duty: bool
    rights: tuple[str, ...]
    """What the role may do."""


class AccountIn(Section):
    """Somebody who may sign in from now on."""

    name: Annotated[str, Field(pattern=NAME)]
    role: Role = "operator"


class AccountMade(Section):
    """A new account, with the token that is shown this once."""

    name: str
    role: Role
    token: str


class Account(Section):
    """One account."""

    name: str
    role: Role
    on_duty: bool
    created_at: str
    disabled_at: str | None


class AccountList(Section):
    """All accounts, those that are disabled too."""

    operators: tuple[Account, ...]


@router.get("/me")
async def me(house: TheHouse, who: Operator) -> Me:
    """Tell who is signed in, and what that person may do."""
    on_duty = await house.reader.read(lambda db: is_on_duty(db, who.name))
    return Me(name=who.name, role=who.role, on_duty=on_duty, rights=RIGHTS[who.role])


@router.get("/operators")
async def listing(house: TheHouse, _: Admin) -> AccountList:
    """List the accounts by name; the home folder's token is none."""
    return await _listing(house)


@router.post("/operators", status_code=201)
async def add(body: AccountIn, house: TheHouse, who: Admin) -> AccountMade:
    """Let somebody sign in; the token in the answer is kept nowhere and cannot be read again."""
    token = await house.writer.write(lambda db: open_account(db, body.name, body.role, who))
    return AccountMade(name=body.name, role=body.role, token=token)


@router.delete("/operators/{name}")
async def remove(name: Annotated[str, Path(max_length=80)], house: TheHouse, who: Admin) -> AccountList:
    """Let somebody sign in no more; an open console of theirs is cut off."""
    await house.writer.write(lambda db: close_account(db, name, who))
    return await _listing(house)


async def _listing(house: House) -> AccountList:
    found = await house.reader.read(list_accounts)
    return AccountList(operators=tuple(Account.model_validate(row, from_attributes=True) for row in found))
