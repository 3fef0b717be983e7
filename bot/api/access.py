"""Who is asking, and may they: the dependencies every router uses."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection

from bot.api.faults import Forbidden, Unauthorized
from bot.errors import TooMany
from bot.house import House

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


def operator(connection: HTTPConnection, house: TheHouse, address: Address) -> str:
    """Let nobody in without the operators' token; tells the operator's name (header `X-Operator`).

    Raises:
        Unauthorized: no token, or a wrong one.
        TooMany: too many wrong ones from this address.
    """
    if not house.token.opens(connection.headers.get("authorization")):
        _refuse(house, address)
    return (connection.headers.get("x-operator") or "operator").strip()[:80] or "operator"


Operator = Annotated[str, Depends(operator)]


def caller(connection: HTTPConnection, house: TheHouse, address: Address) -> None:
    """Let in who has the token, and everybody of this machine when the server is bound to loopback.

    There a wrong token is as good as none: OpenAI's clients cannot do without sending one.

    Raises:
        Unauthorized: the token is needed.
        Forbidden: a page of another origin is asking on behalf of its visitor.
        TooMany: too many requests from this address.
    """
    headers = connection.headers
    if house.token.opens(headers.get("authorization")):
        return
    if not is_local(connection, house.settings.server.host):
        _refuse(house, address)
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


def _refuse(house: House, address: str) -> None:
    if not house.limits.allow_http(address):
        raise TooMany(f"too many wrong tokens from {address}")
    raise Unauthorized("no token or a wrong one")
