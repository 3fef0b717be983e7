"""The demo shop's order system: two dozen fictional orders, and what customers may change about them.

Orders come from `orders.json`, with dates counted from today. Changes go into a small SQLite file in the `var/`
folder, so that several server processes see the same; without such a folder they last as long as the process.
A change is made once per idempotency key. Everybody who tries the demo has the orders to themselves: what one customer
cancels, the next can cancel again.
"""

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from backends.content.actions import ActionError, this_call
from backends.contract import Customer

RETURN_DAYS = 60
SITE = "https://tarnfell.example"
_ORDERS = Path(__file__).with_name("orders.json")
_IN_MEMORY: list[tuple[str, str, str, str]] = []


@dataclass(frozen=True)
class _Order:
    """One order as it is now."""

    number: str
    email: str
    state: str
    items: str
    days: int = 0
    """Days from today: to the arrival when shipped, since it when delivered, received back or kept for pickup."""
    carrier: str = ""
    is_returnable: bool = True
    address: str = ""
    keys: frozenset[str] = frozenset()
    """Idempotency keys of the changes made so far."""


async def order_status(slots: Mapping[str, str], customer: Customer) -> dict[str, str] | ActionError:
    """Tell where an order is."""
    order = await asyncio.to_thread(_find, slots, customer)
    if order is None:
        return ActionError("not_found")
    status, eta = _described(order, datetime.now(UTC).date())
    return {"status": status, "eta": eta}


async def check_changeable(slots: Mapping[str, str], customer: Customer) -> dict[str, str] | ActionError:
    """Tell whether an order can still be cancelled or sent elsewhere; changes nothing."""
    order = await asyncio.to_thread(_find, slots, customer)
    if order is None:
        return ActionError("not_found")
    return {} if order.state == "processing" else ActionError("too_late")


async def check_returnable(slots: Mapping[str, str], customer: Customer) -> dict[str, str] | ActionError:
    """Tell whether an order can be sent back; changes nothing."""
    order = await asyncio.to_thread(_find, slots, customer)
    if order is None:
        return ActionError("not_found")
    return {} if _can_return(order) else ActionError("not_possible")


async def cancel_order(slots: Mapping[str, str], customer: Customer) -> dict[str, str] | ActionError:
    """Cancel an order that is not packed yet."""
    return await asyncio.to_thread(_change_unpacked, slots, customer, {"state": "cancelled"})


async def change_address(slots: Mapping[str, str], customer: Customer) -> dict[str, str] | ActionError:
    """Send an order that is not packed yet to another address."""
    return await asyncio.to_thread(_change_unpacked, slots, customer, {"address": slots["new_address"]})


async def start_return(slots: Mapping[str, str], customer: Customer) -> dict[str, str] | ActionError:
    """Open a return and give its label."""
    return await asyncio.to_thread(_open_return, slots, customer)


def _change_unpacked(
    slots: Mapping[str, str], customer: Customer, change: Mapping[str, str]
) -> dict[str, str] | ActionError:
    order = _find(slots, customer)
    if order is None:
        return ActionError("not_found")
    if not _is_repeated(order):
        if order.state != "processing":
            return ActionError("too_late")
        _record(order.number, customer, change)
    return {}


def _open_return(slots: Mapping[str, str], customer: Customer) -> dict[str, str] | ActionError:
    order = _find(slots, customer)
    if order is None:
        return ActionError("not_found")
    if not _is_repeated(order):
        if not _can_return(order):
            return ActionError("not_possible")
        _record(order.number, customer, {"state": "return_open"})
    return {"label_url": _label_url(order)}


def _can_return(order: _Order) -> bool:
    return order.is_returnable and (
        (order.state == "delivered" and order.days <= RETURN_DAYS) or order.state == "return_open"
    )


def _is_repeated(order: _Order) -> bool:
    return this_call().key in order.keys


def _find(slots: Mapping[str, str], customer: Customer) -> _Order | None:
    """The order with this number and this e-mail address; both must match."""
    orders: list[dict[str, Any]] = json.loads(_ORDERS.read_text(encoding="utf-8"))
    for row in orders:
        if row["number"] == slots["order_number"] and row["email"] == slots["email"]:
            return _with_changes(_Order(**row), _who(customer))
    return None


def _with_changes(order: _Order, who: str) -> _Order:
    for key, _, number, change in _changes(who):
        if number == order.number:
            order = replace(order, keys=order.keys | {key}, **json.loads(change))
    return order


def _who(customer: Customer) -> str:
    return customer.id or customer.visitor_id or ""


def _changes(who: str) -> list[tuple[str, str, str, str]]:
    home = this_call().home
    if home is None:
        return [row for row in _IN_MEMORY if row[1] == who]
    with closing(_open(home)) as db:
        return db.execute("select key, who, number, change from made where who = ? order by rowid", [who]).fetchall()


def _record(number: str, customer: Customer, change: Mapping[str, str]) -> None:
    call, who = this_call(), _who(customer)
    row = (call.key or f"{who} {number} {json.dumps(change)}", who, number, json.dumps(change))
    if call.home is None:
        _IN_MEMORY.append(row)
        return
    with closing(_open(call.home)) as db, db:
        db.execute("insert or ignore into made values (?, ?, ?, ?)", row)


def _open(home: Path) -> sqlite3.Connection:
    home.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(home / "demo-orders.sqlite3", timeout=2)
    db.execute("create table if not exists made (key text primary key, who text, number text, change text) strict")
    db.execute("create index if not exists made_who on made (who)")
    return db


def _label_url(order: _Order) -> str:
    return f"{SITE}/returns/{order.number}.pdf"


def _described(order: _Order, today: date) -> tuple[str, str]:
    """What to say after "Order TF-123456 is", and a sentence on what comes next."""
    ahead = _day(_weekday(today + timedelta(days=order.days)))
    ago = _day(today - timedelta(days=order.days))
    match order.state:
        case "processing":
            return "being prepared in our warehouse", f"It will be packed soon and should arrive by {ahead}."
        case "packed":
            return "packed and waiting for the carrier", f"It should arrive by {ahead}."
        case "shipped":
            track = f"{SITE}/track/{order.number}"
            return f"on its way with {order.carrier}", f"It should arrive on {ahead}; you can follow it at {track}."
        case "pickup":
            return f"ready for pickup at {order.carrier}", f"It is kept for you until {ahead}."
        case "delivered":
            return "delivered", f"The carrier handed it over on {ago}."
        case "cancelled":
            return "cancelled", "Whatever was paid goes back to the original means of payment."
        case "return_open":
            return "waiting for your return parcel", f"The label is here: {_label_url(order)}."
        case _:
            return "returned", f"It arrived back in Graz on {ago}; the refund takes up to 5 working days from then."


def _weekday(day: date) -> date:
    """The day itself, or the Monday after a weekend: carriers do not deliver on it."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


def _day(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B}"
