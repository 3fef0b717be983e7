"""The demo shop's flows from the customer's side: orders are found, changed after a yes, and kept from others."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backends.content.actions import ActionError, Call, calling
from backends.content.content import Content
from backends.content.dialogue import respond
from backends.content.heard import Heard
from backends.contract import KEEP, Abstain, Customer, FlowState, Message, Reply, Turn

DEMO = Path("demo")
CONTENT = Content.load(DEMO)
ORDERS = json.loads((DEMO / "orders.json").read_text(encoding="utf-8"))
NOTHING = Heard(None, 0.2, "low_confidence")


@dataclass
class Chat:
    """A conversation with the demo bot whose classifier is told what to hear."""

    home: Path
    slots: dict[str, str] = field(default_factory=dict)
    flow: FlowState | None = None
    history: list[Message] = field(default_factory=list)
    turns: int = 0

    async def say(self, raw: str, intent: str | None = None) -> Reply | Abstain:
        self.turns += 1
        reading = CONTENT.reader.read(raw, self.flow)
        self.slots |= reading.found
        turn = Turn(
            f"turn-{self.turns}",
            re.sub(r"\S+@\S+", "[email]", reading.text),
            history=tuple(self.history),
            slots=dict(self.slots),
            found=frozenset(reading.found),
            flow=self.flow,
        )
        heard = Heard(intent, 0.9, guess=intent) if intent else NOTHING
        outcome = await respond(CONTENT, turn, heard, home=self.home)
        self.history.append(Message("customer", turn.text))
        if isinstance(outcome, Reply):
            self.history.append(Message("bot", outcome.text))
            self.flow = self.flow if outcome.flow is KEEP else outcome.flow
            for slot in outcome.forget:
                self.slots.pop(slot, None)
        return outcome

    async def ask(self, raw: str, intent: str | None = None) -> Reply:
        outcome = await self.say(raw, intent)
        assert isinstance(outcome, Reply), outcome
        return outcome


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    return Chat(tmp_path / "var")


def names(outcome: Reply) -> list[tuple[str, bool]]:
    return [(action.name, action.ok) for action in outcome.actions]


async def test_the_order_of_the_readme_is_on_its_way(chat: Chat) -> None:
    assert (await chat.ask("where is my parcel?", "order_status")).kind == "question"
    assert "e-mail" in (await chat.ask("it's TF-104233")).text
    reply = await chat.ask("anna@web.example")
    assert "TF-104233 is on its way with GLS" in reply.text
    assert chat.slots == {"order_number": "TF-104233", "email": "anna@web.example"}


async def test_everything_in_one_message_is_enough(chat: Chat) -> None:
    reply = await chat.ask("where is tf 104233? I am Anna@Web.example", "order_status")
    assert "TF-104233 is on its way" in reply.text


async def test_an_order_number_alone_asks_for_its_status(chat: Chat) -> None:
    assert "e-mail" in (await chat.ask("TF-104233")).text
    assert chat.flow is not None
    assert chat.flow.flow == "order_status"


async def test_an_order_of_somebody_else_is_as_good_as_none(chat: Chat) -> None:
    first = await chat.ask("status of TF-104233, ben@web.example", "order_status")
    other = await chat.ask("status of TF-999999, ben@web.example", "order_status")
    assert names(first) == names(other) == [("order_status", False)]
    for reply in (first, other):
        assert set(reply.forget) == {"order_number", "email"}
        assert "on its way" not in reply.text
        assert "anna" not in reply.text


async def test_an_order_is_cancelled_after_a_yes_and_once(chat: Chat) -> None:
    await chat.ask("cancel my order TF-104187, ben@web.example", "cancel_order")
    assert chat.flow is not None
    assert chat.flow.awaiting == "confirm"
    reply = await chat.ask("yes, please")
    assert names(reply) == [("check_changeable", True), ("cancel_order", True)]
    assert "is cancelled" in (await chat.ask("and now?", "order_status")).text
    assert names(await chat.ask("cancel it", "cancel_order")) == [("check_changeable", False)]


async def test_without_a_yes_nothing_changes(chat: Chat) -> None:
    await chat.ask("cancel my order TF-104187, ben@web.example", "cancel_order")
    await chat.ask("no")
    assert chat.flow is None
    assert "being prepared" in (await chat.ask("and now?", "order_status")).text


async def test_a_packed_order_is_told_to_be_too_late_before_an_address_is_asked_for(chat: Chat) -> None:
    reply = await chat.ask("other address for TF-104201 please, clara@web.example", "change_address")
    assert names(reply) == [("check_changeable", False)]
    assert "packed" in reply.text
    assert chat.flow is None


async def test_the_address_changes_and_is_not_kept_in_the_conversation(chat: Chat) -> None:
    await chat.ask("other address for TF-104187 please, ben@web.example", "change_address")
    assert "postal code" in (await chat.ask("Hauptplatz 1, Graz")).text
    question = await chat.ask("Please send it to Hauptplatz 1, 8010 Graz")
    assert "Hauptplatz 1, 8010 Graz" in question.text
    assert names(await chat.ask("that's right")) == [("check_changeable", True), ("change_address", True)]
    assert set(chat.slots) == {"order_number", "email"}
    assert not [message for message in chat.history if message.role == "customer" and "Hauptplatz" in message.text]


async def test_a_return_gets_its_label(chat: Chat) -> None:
    await chat.ask("I want to send TF-104098 back, david@web.example", "start_return")
    await chat.ask("the soles came off")
    reply = await chat.ask("Yes")
    assert "https://tarnfell.example/returns/TF-104098.pdf" in reply.text
    assert "waiting for your return parcel" in (await chat.ask("status?", "order_status")).text


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ("TF-103555, emma@web.example", "delivered more than 60 days ago"),
        ("TF-104112, ida@web.example", "climbing gear"),
        ("TF-104233, anna@web.example", "not delivered yet"),
        ("TF-103990, felix@web.example", "cancelled"),
    ],
)
async def test_what_cannot_be_returned_is_refused(chat: Chat, order: str, why: str) -> None:
    reply = await chat.ask(f"I want to send {order} back", "start_return")
    assert names(reply) == [("check_returnable", False)], why
    assert chat.flow is None


@pytest.mark.parametrize("reason", ["Does not fit", "changed my mind", "no longer needed", "right sleeve torn"])
async def test_any_reason_is_one(chat: Chat, reason: str) -> None:
    await chat.ask("I want to send TF-104098 back, david@web.example", "start_return")
    reply = await chat.ask(reason)
    assert reason in reply.text
    assert chat.flow is not None
    assert chat.flow.awaiting == "confirm"


async def test_a_question_instead_of_a_reason_is_answered(chat: Chat) -> None:
    await chat.ask("I want to send TF-104098 back, david@web.example", "start_return")
    reply = await chat.ask("how long do refunds take?", "refund_status")
    assert (reply.intent, reply.flow) == ("refund_status", KEEP)


async def test_a_change_is_made_once_for_one_key(tmp_path: Path) -> None:
    cancel = CONTENT.actions.functions["cancel_order"]
    slots = {"order_number": "TF-104246", "email": "noah@web.example"}
    with calling(Call("turn-1", tmp_path)):
        assert await cancel(slots, Customer()) == {}
        assert await cancel(slots, Customer()) == {}
    with calling(Call("turn-2", tmp_path)):
        assert await cancel(slots, Customer()) == ActionError("too_late")


async def test_what_one_visitor_changes_another_finds_as_it_was(tmp_path: Path) -> None:
    cancel = CONTENT.actions.functions["cancel_order"]
    slots = {"order_number": "TF-104187", "email": "ben@web.example"}
    for turn, customer, expected in [
        ("turn-1", Customer(visitor_id="v1"), {}),
        ("turn-2", Customer(visitor_id="v1"), ActionError("too_late")),
        ("turn-3", Customer(visitor_id="v2"), {}),
        ("turn-4", Customer(id="anna"), {}),
    ]:
        with calling(Call(turn, tmp_path)):
            assert await cancel(slots, customer) == expected


async def test_without_a_home_folder_changes_last_as_long_as_the_process() -> None:
    fresh = Content.load(DEMO).actions
    slots = {"order_number": "TF-104250", "email": "olga@web.example"}
    with calling(Call("turn-1")):
        assert await fresh.functions["cancel_order"](slots, Customer()) == {}
    status = await fresh.functions["order_status"](slots, Customer())
    assert isinstance(status, Mapping)
    assert status["status"] == "cancelled"


@pytest.mark.parametrize("order", ORDERS, ids=[order["number"] for order in ORDERS])
async def test_every_order_has_a_status_to_tell(order: dict[str, str], tmp_path: Path) -> None:
    slots = {"order_number": order["number"], "email": order["email"]}
    result = await CONTENT.actions.run("order_status", slots, Customer(), Call(None, tmp_path))
    assert result.ok
    assert result.values["status"]
    assert result.values["eta"].endswith(".")


def test_orders_are_two_dozen_with_numbers_and_addresses_of_their_own() -> None:
    assert len(ORDERS) >= 20
    assert len({order["number"] for order in ORDERS}) == len(ORDERS)
    assert all(re.fullmatch(r"TF-\d{6}", order["number"]) for order in ORDERS)
    assert all(order["email"].endswith("@web.example") for order in ORDERS)
    assert {"processing", "packed", "shipped", "delivered", "cancelled", "returned"} <= {o["state"] for o in ORDERS}


async def test_a_parcel_on_its_way_arrives_in_the_future_and_not_on_a_weekend(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    days = {
        f"{day:%A}, {day.day} {day:%B}" for day in (today + timedelta(days=n) for n in range(9)) if day.weekday() < 5
    }
    for order in ORDERS:
        if order["state"] == "shipped":
            slots = {"order_number": order["number"], "email": order["email"]}
            result = await CONTENT.actions.run("order_status", slots, Customer(), Call(None, tmp_path))
            assert any(day in result.values["eta"] for day in days), result.values["eta"]


ADDRESSES = [
    "Hauptstraße 5, 8010 Graz",
    "Anna Huber\nAm Steinfeld 12b\n4020 Linz",
    "Murgasse 12 Top 3, 8010 Graz",
    "Schloßstr. 12, D-80331 München",
    "Straße des 17. Juni 135, 10623 Berlin",
    "12 rue des Alpes, 74000 Annecy",
    "ul. Długa 5/7, 00-238 Warszawa",
    "Damrak 1, 1012 LG Amsterdam",
    "Via Roma 12, I-39100 Bozen",
    "Storgata 5, 0155 Oslo",
    "Kungsgatan 12, 111 43 Stockholm",
    "Flat 3, 12 High Street, London SW1A 2AA",
    "my new address is: Musterweg 3, 8010 Graz, Austria",
]


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_recognised_and_leaves_the_text(text: str) -> None:
    reading = CONTENT.reader.read(text, FlowState("change_address", "new_address", "?"))
    street = re.findall(r"\w+", text)[-1]
    assert "new_address" in reading.found
    assert "[new_address]" in reading.text
    assert street not in reading.text


@pytest.mark.parametrize("text", ["Graz", "8010 Graz", "Hauptstraße 5", "what about 8010 Graz?", "TF-104233"])
def test_a_part_of_an_address_is_none(text: str) -> None:
    reading = CONTENT.reader.read(text, FlowState("change_address", "new_address", "?"))
    assert "new_address" not in reading.found


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("TF-104233", "TF-104233"),
        ("tf104233", "TF-104233"),
        ("Order TF 104233.", "TF-104233"),
        ("TF–104233", "TF-104233"),
        ("TF-1042334", None),
        ("XTF-104233", None),
        ("104233", None),
        ("call me at 104233 5", None),
    ],
)
def test_order_numbers_are_recognised_anywhere_but_bare_digits_only_when_asked(text: str, number: str | None) -> None:
    assert CONTENT.reader.read(text, None).found.get("order_number") == number


def test_bare_digits_are_an_order_number_when_asked_for() -> None:
    state = FlowState("order_status", "order_number", "?")
    assert CONTENT.reader.read("its 104233", state).found == {"order_number": "TF-104233"}
    assert CONTENT.reader.read("+43 104233", state).found == {"order_number": "TF-104233"}
    assert CONTENT.reader.read("1042334", state).found == {}


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Anna@Web.example", "anna@web.example"),
        ("it is <a.b+c@x-y.co.example>, thanks", "a.b+c@x-y.co.example"),
        ("anna@web", None),
        ("@anna", None),
    ],
)
def test_e_mail_addresses_are_recognised_and_lower_cased(text: str, email: str | None) -> None:
    assert CONTENT.reader.read(text, None).found.get("email") == email
