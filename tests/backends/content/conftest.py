"""A small bot folder to test the content runtime with: one flow, one check, one action."""

from pathlib import Path

import pytest

RESPONSES = """
version: "3.1"
responses:
  utter_hello:
  - text: Hello!
  - text: Hi there!
    buttons: [{title: Book a table, payload: /book}]
  utter_person:
  - text: One moment, a colleague comes.
  utter_hours:
  - text: From nine to five.
  utter_yes:
  - text: Good.
  utter_ask_code:
  - text: Which code?
  utter_invalid_code:
  - text: That is no code.
  utter_ask_note:
  - text: What shall we note?
  utter_ask_place:
  - text: Where to?
  utter_confirm_book:
  - text: "Book {code} ({note}) at {place}, {price} EUR?"
  utter_booked:
  - text: "{code} is booked, ticket {ticket}."
  utter_no_such:
  - text: No such code.
  utter_full:
  - text: "{code} is full."
  utter_flow_cancelled:
  - text: Dropped.
  utter_action_failed:
  - text: Our system is down.
  utter_did_you_mean:
  - text: Which of these?
  utter_fallback:
  - text: I did not get that.
  utter_fallback_again:
  - text: I can not help. A colleague can.
  utter_handoff_queued:
  - text: You are in the queue.
  utter_handoff_nobody:
  - text: Nobody is here.
  utter_unsupported_language:
  - text: English only.
titles:
  hello: Say hello
  book: Book a table
  hours: Opening hours
  person: Talk to a person
"""

FLOWS = r"""
handoff: person
slots:
  code:
    patterns: ['\bQ-(\d{4})\b']
    asked: ['\b(\d{4})\b']
    form: 'Q-\1'
    keep: true
  note:
    any_text: true
    refuse: '\?'
  place:
    asked: ['(?:to )?(?P<value>[a-z]+ \d+, \d{4} [a-z]+)']
    private: true
actions:
  book: {returns: [ticket], timeout_s: 0.2}
  look: {returns: [price]}
flows:
  book:
    slots: [code, note, place]
    starts_on: code
    check: {action: look, needs: [code]}
    confirm: utter_confirm_book
    action: book
    replies:
      ok: utter_booked
      not_found: {say: utter_no_such, ask_again: [code]}
      full: utter_full
  hours_of:
    slots: [code]
    action: look
    replies: {ok: utter_hours, not_found: utter_no_such}
"""

ACTIONS = """
import asyncio
from backends.content.actions import ActionError, this_call

BOOKED = []

async def look(slots, customer):
    match slots["code"]:
        case "Q-0000":
            return ActionError("not_found")
        case "Q-0001":
            return ActionError("full")
        case _:
            return {"price": 12}

async def book(slots, customer):
    match slots["code"]:
        case "Q-6666":
            raise RuntimeError("disk on fire: 10.0.0.7")
        case "Q-7777":
            await asyncio.Event().wait()
        case "Q-8888":
            return {"price": 1}
        case "Q-9999":
            return ActionError("haunted")
    BOOKED.append((this_call().key, dict(slots), customer.id))
    return {"ticket": len(BOOKED)}
"""


@pytest.fixture
def bot_dir(tmp_path: Path) -> Path:
    """A bot folder whose every file may be rewritten."""
    folder = tmp_path / "bot"
    folder.mkdir()
    (folder / "responses.yml").write_text(RESPONSES, encoding="utf-8")
    (folder / "flows.yml").write_text(FLOWS, encoding="utf-8")
    (folder / "actions.py").write_text(ACTIONS, encoding="utf-8")
    return folder
