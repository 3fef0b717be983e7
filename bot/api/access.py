"""Who is asking, and may they: the dependencies every router uses."""

from ipaddress import ip_address
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

from fastapi import Depends, Header
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from bot.accounts import Person
from bot.api.faults import Forbidden, Unauthorized
from bot.errors import TooMany
from bot.house import House

SCHEME = HTTPBearer(auto_error=False, description="Token of an operator's account, or that of the home folder.")
FORWARDED = ("x-forwarded-for", "x-forwarded-host", "forwarded")


def house_of(connection: HTTPConnection) -> House:
    """The house this application serves."""
    house: House = connection.app.state.house
    return house


TheHouse = Annotated[House, Depends(house_of)]


def address_of(connection: HTTPConnection, house: TheHouse) -> str:
    """The address that limits are counted by."""
    peer = connection.client.host if connection.client else None
    return house.limits.address_of(peer, ",".join(connection.headers.getlist("x-forwarded-for")))


Address = Annotated[str, Depends(address_of)]


def operator(
    house: TheHouse,
    address: Address,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(SCHEME)],
    x_operator: Annotated[str | None, Header(description="Name of who uses the home folder's token")] = None,
) -> Person:
    """Let nobody in without an operator's token; tells whose it is.

    Raises:
        Unauthorized: no token, or a wrong one, or that of an account that is disabled.
        TooMany: too many wrong ones from this address.
    """
    given = credentials.credentials if credentials else None
    return house.accounts.person(given, called=x_operator) or refuse(house, address)


Operator = Annotated[Person, Depends(operator)]
"""Whoever has signed in."""


def admin(who: Operator) -> Person:
    """Let in only who may change how the bot works, and for whom.

    Raises:
        Forbidden: the role does not allow it.
    """
    if who.role != "admin":
        raise Forbidden(f"this needs the role admin, {who.name} has the role {who.role}; ask an admin")
    return who


Admin = Annotated[Person, Depends(admin)]
"""Whoever has signed in as an admin."""


def caller(
    connection: HTTPConnection,
    house: TheHouse,
    address: Address,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(SCHEME)],
) -> None:
    """Let in who has the token, and everybody of this machine when the server is bound to loopback.

    There a wrong token is as good as none: OpenAI's clients cannot do without sending one.

    Raises:
        Unauthorized: the token is needed.
        Forbidden: a page of another origin is asking on behalf of its visitor.
        TooMany: too many requests from this address.
    """
    headers = connection.headers
    if house.accounts.person(credentials.credentials if credentials else None) is not None:
        return
    if not is_local(connection, house.settings.server.host):
        refuse(house, address)
    if not house.origin_allowed(headers.get("origin"), headers.get("host")):
        raise Forbidden(f"pages of {headers.get('origin')} may not call this; see server.allowed_origins")


def is_local(connection: HTTPConnection, bound_to: str) -> bool:
    """Whether the server is bound to loopback and the request names it so, without a proxy in between.

    The name in `Host` counts too: a page that points its own name at 127.0.0.1 is not of this machine.
    """
    if any(name in connection.headers for name in FORWARDED):
        return False
    host = urlsplit(f"//{connection.headers.get('host', '')}").hostname
    return _is_loopback(bound_to) and host is not None and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def refuse(house: House, address: str) -> NoReturn:
    """Turn away who has no token.

    Raises:
        Unauthorized: no token, or a wrong one.
        TooMany: too many wrong ones from this address.
    """
    if not house.limits.allow_http(address):
        raise TooMany(f"too many wrong tokens from {address}")
    raise Unauthorized("no token or a wrong one")
