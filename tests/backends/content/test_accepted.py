"""Replies that were accepted while the bot was running."""

import logging
from pathlib import Path

import pytest

from backends.content.accepted import AcceptedReply, merged, misfit, write_accepted
from backends.content.content import Content
from backends.content.responses import Button, Responses, Variant

OWN = Responses(
    {
        "utter_hours": (Variant(text="From nine to five.", buttons=(Button(title="Where?", payload="/where"),)),),
        "utter_order": (Variant(text="Order {order}."),),
    },
    deferred=frozenset({"warranty"}),
)


def texts(responses: Responses, name: str) -> list[str]:
    return [variant.text for variant in responses.variants.get(name, ())]


def test_an_accepted_reply_is_one_more_variant_with_the_same_buttons(tmp_path: Path) -> None:
    path = tmp_path / "content" / "accepted.yml"
    assert write_accepted(path, [AcceptedReply("hours", "We open at nine.", "p_1"), AcceptedReply("new", "Oh.", "p_2")])
    found = merged(OWN, (), path)
    assert texts(found, "utter_hours") == ["From nine to five.", "We open at nine."]
    assert found.variants["utter_hours"][1].buttons == OWN.variants["utter_hours"][0].buttons
    assert texts(found, "utter_new") == ["Oh."]
    assert found.deferred == OWN.deferred


def test_the_file_is_written_only_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "accepted.yml"
    assert not write_accepted(path, [])
    assert not path.exists()
    reply = AcceptedReply("hours", "a: 'b' # c\n{d}", "p_1")
    assert write_accepted(path, [reply])
    assert not write_accepted(path, [reply])
    assert write_accepted(path, [])
    assert merged(OWN, (), path) == OWN


@pytest.mark.parametrize(
    ("intent", "text", "message"),
    [
        ("hours", "Open.", None),
        ("unheard_of", "Yes.", None),
        ("order", "It is {order}.", None),
        ("order", "It is {parcel}.", "known here: {order}"),
        ("hours", "Open, {name}, {day}.", "{day}, {name} in a reply to hours; known here: none"),
        ("book", "Booked.", "flow"),
        ("warranty", "Two years.", "deferred"),
    ],
)
def test_what_does_not_fit_the_bot_folder_is_named(intent: str, text: str, message: str | None) -> None:
    found = misfit(OWN, ("book",), intent, text)
    assert (found is None) == (message is None)
    assert message is None or message in str(found)


def test_a_reply_that_fits_no_more_is_left_out_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "accepted.yml"
    write_accepted(path, [AcceptedReply("warranty", "Two years.", "p_1"), AcceptedReply("hours", "Nine.", "p_2")])
    with caplog.at_level(logging.WARNING):
        found = merged(OWN, (), path)
    assert "utter_warranty" not in found
    assert len(texts(found, "utter_hours")) == 2
    assert [record.getMessage() for record in caplog.records] == ["accepted_reply_left_out"]


@pytest.mark.parametrize("text", ["responses: [", "responses:\n  hours: []\n", "other: 1\n", "\x00"])
def test_a_broken_file_adds_nothing_and_stops_nothing(bot_dir: Path, tmp_path: Path, text: str) -> None:
    path = tmp_path / "accepted.yml"
    path.write_text(text, encoding="utf-8")
    assert Content.load(bot_dir, accepted=path).responses.variants == Content.load(bot_dir).responses.variants
