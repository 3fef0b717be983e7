"""The bot folder that `switchboard init` copies is whole: it loads, fits together and is small enough to read."""

from pathlib import Path

import pytest
import yaml

import bot
from backends.content.actions import Call
from backends.content.content import Content
from backends.content.dialogue import respond
from backends.content.heard import Heard
from backends.contract import Customer, FlowState, Reply, Turn
from backends.rag.articles import read_articles
from bot.settings import load

STARTER = Path(bot.__file__).with_name("starter")
EXAMPLES = {
    entry["intent"]: [line.removeprefix("- ") for line in entry["examples"].splitlines()]
    for entry in yaml.safe_load((STARTER / "nlu" / "intents.yml").read_text(encoding="utf-8"))["nlu"]
}


def test_its_settings_load() -> None:
    assert load(STARTER).backend_names() == ("intent", "rag")


def test_its_content_fits_its_intents_without_a_complaint() -> None:
    intents = EXAMPLES.keys() - {"oos"}
    assert len(intents) == 8
    assert Content.load(STARTER).check(intents) == []


def test_each_intent_has_a_dozen_different_examples() -> None:
    texts = [text.casefold() for examples in EXAMPLES.values() for text in examples]
    assert {len(examples) for examples in EXAMPLES.values()} == {12}
    assert len(set(texts)) == len(texts)


def test_its_articles_are_readable() -> None:
    reading = read_articles(STARTER / "articles")
    assert len(reading.articles) == 4
    assert not reading.problems


@pytest.mark.parametrize(("ticket", "text"), [("R-2041", "R-2041: ready."), ("2043", "R-2043: on the stand.")])
async def test_its_flow_tells_how_far_a_repair_is(ticket: str, text: str) -> None:
    content = Content.load(STARTER)
    asking = await respond(content, Turn("t1", "is it done"), Heard("repair_status", 0.9, guess="repair_status"))
    assert isinstance(asking, Reply)
    assert isinstance(asking.flow, FlowState)
    found = content.reader.read(ticket, asking.flow).found
    turn = Turn("t2", ticket, slots=found, found=frozenset(found), flow=asking.flow)
    reply = await respond(content, turn, Heard())
    assert isinstance(reply, Reply)
    assert reply.text.startswith(text)


async def test_an_unknown_ticket_is_told() -> None:
    result = await Content.load(STARTER).actions.run("look_up_repair", {"ticket": "R-9999"}, Customer(), Call())
    assert (result.ok, dict(result.values)) == (False, {"code": "not_found"})
