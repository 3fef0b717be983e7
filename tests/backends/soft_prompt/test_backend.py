"""The soft-prompt backend conforms, follows its prompt, and tells operators what is missing."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backends.bundle import CURRENT, PROMPTS, bundles_dir, current_id, promote, replace_text, rollback
from backends.contract import Abstain, BackendError, HasBudget, HasParse, HasStatus, Place, Reply, Turn
from backends.intent.backend import load as load_intent
from backends.registry import load as load_by_name
from backends.soft_prompt.backend import SoftPrompt, load
from backends.testing import check
from bot.engine import Engine
from tests.backends.soft_prompt.conftest import DIM, INTENTS, MakePrompt

DEMO = Path("demo")
TURNS = [
    Turn("t1", "where is my parcel"),
    Turn("t2", "shipping cost"),
    Turn("t3", "zebra"),
    Turn("t4", "hello", language="de"),
    Turn("t5", "order TF-104233", slots={"order_number": "TF-104233"}, found=frozenset({"order_number"})),
    Turn("t6", "Shipping costs", payload="/shipping_cost"),
]
RENAMED = tuple(reversed(INTENTS))


async def quiet(_: str) -> None:
    raise AssertionError("a template is shown whole, not streamed")


async def begin(_: str) -> None:
    """The engine tells which backend begins to show."""


def opened(home: Path, **settings: object) -> SoftPrompt:
    return load(settings, Place(DEMO, home, serves=False))


async def intent_of(backend: SoftPrompt, text: str = "where is my parcel") -> str | None:
    """What a text means now; the pointer is looked at afresh."""
    backend._live._checked_at = float("-inf")
    return (await backend.parse(text)).intent


async def test_it_conforms(home: Path, make_prompt: MakePrompt) -> None:
    make_prompt("p1")
    promote(home, "p1", shelf=PROMPTS)
    await check(load({}, Place(DEMO, home)), TURNS)


async def test_it_decides_as_the_intent_backend_does(
    home: Path, make_prompt: MakePrompt, make_tiny_bundle: Callable[..., Path]
) -> None:
    make_prompt("p1")
    promote(home, "p1", shelf=PROMPTS)
    make_tiny_bundle(home / "bundles" / "b1")
    promote(home, "b1")
    intent, prompt = load_intent({}, Place(DEMO, home, serves=False)), opened(home)
    for turn in [*TURNS, Turn("t7", "where cancel"), Turn("t8", "cancel refund", error_budget=0.01)]:
        ours, theirs = [await backend.reply(turn, quiet) for backend in (prompt, intent)]
        assert (ours.intent, type(ours)) == (theirs.intent, type(theirs))
        if isinstance(ours, Reply) and isinstance(theirs, Reply):
            assert (ours.text, ours.kind) == (theirs.text, theirs.kind)
        if isinstance(ours, Abstain) and isinstance(theirs, Abstain):
            assert (ours.reason, ours.detail) == (theirs.reason, theirs.detail)


async def test_a_reply_names_its_prompt(home: Path, make_prompt: MakePrompt) -> None:
    make_prompt("p1")
    promote(home, "p1", shelf=PROMPTS)
    backend = load_by_name("soft_prompt", {}, Place(DEMO, home))
    assert isinstance(backend, HasStatus)
    assert isinstance(backend, HasParse)
    assert isinstance(backend, HasBudget)
    outcome = await backend.reply(Turn("t1", "shipping cost"), quiet)
    assert isinstance(outcome, Reply)
    assert (outcome.intent, outcome.provenance.bundle_id) == ("shipping_cost", "p1")
    assert outcome.stages_ms["encode"] > 0
    assert backend.status().detail.startswith("serving p1")
    await backend.aclose()


async def test_without_a_prompt_it_says_so_and_the_chain_goes_on(home: Path) -> None:
    backend = opened(home)
    status = backend.status()
    assert (status.state, "train --technique soft_prompt" in status.detail) == ("down", True)
    with pytest.raises(BackendError, match="no prompt; run"):
        await backend.reply(TURNS[0], quiet)
    scripted = load_by_name("scripted", {"replies": {"ping": "pong"}}, Place(DEMO, home))
    engine = Engine({"soft_prompt": backend, "scripted": scripted}, lambda _: 5.0)
    answer = await engine.run(Turn("t1", "ping"), ("soft_prompt", "scripted"), (), begin, begin)
    assert answer.reply is not None
    assert answer.reply.text == "pong"


async def test_it_follows_what_is_promoted_and_rolled_back(home: Path, make_prompt: MakePrompt) -> None:
    make_prompt("p1")
    make_prompt("p2", intents=RENAMED)
    promote(home, "p1", shelf=PROMPTS)
    backend = opened(home)
    assert await intent_of(backend) == "order_status"
    promote(home, "p2", shelf=PROMPTS)
    assert await intent_of(backend) == RENAMED[INTENTS.index("order_status")]
    rollback(home, shelf=PROMPTS)
    assert await intent_of(backend) == "order_status"
    assert (current_id(home, PROMPTS), current_id(home)) == ("p1", None)


async def test_a_prompt_is_swapped_while_turns_wait_and_each_is_answered_by_its_own(
    home: Path, make_prompt: MakePrompt
) -> None:
    make_prompt("p1")
    make_prompt("p2", intents=RENAMED)
    promote(home, "p1", shelf=PROMPTS)
    backend = opened(home)
    old = await backend._live.get()
    waiting = [asyncio.ensure_future(old.batcher.submit("cancel")) for _ in range(5)]
    promote(home, "p2", shelf=PROMPTS)
    assert await intent_of(backend, "cancel") == RENAMED[INTENTS.index("cancel_order")]
    assert {(await each).intent for each in waiting} == {"cancel_order"}


async def test_a_damaged_prompt_is_refused_and_the_old_one_serves_on(home: Path, make_prompt: MakePrompt) -> None:
    make_prompt("p1")
    (make_prompt("p2") / "labels.json").write_text("{}")
    promote(home, "p1", shelf=PROMPTS)
    backend = opened(home)
    replace_text(bundles_dir(home, PROMPTS) / CURRENT, "p2\n")
    assert await intent_of(backend) == "order_status"
    status = backend.status()
    assert status.state == "degraded"
    assert "p2 refused" in status.detail
    assert "serving p1" in status.detail


async def test_an_id_pins_a_prompt(home: Path, make_prompt: MakePrompt) -> None:
    make_prompt("p1")
    make_prompt("p2", intents=RENAMED)
    promote(home, "p2", shelf=PROMPTS)
    assert await intent_of(opened(home, prompt="p1")) == "order_status"


async def test_a_name_stands_for_the_newest_prompt_of_that_name(home: Path, make_prompt: MakePrompt) -> None:
    make_prompt("p1", name="winter")
    make_prompt("p2", name="summer", intents=RENAMED)
    backend = opened(home, prompt="winter")
    assert await intent_of(backend) == "order_status"
    make_prompt("p3", name="winter", soft=np.zeros((1, DIM), np.float16), intents=RENAMED)
    assert await intent_of(backend) == RENAMED[INTENTS.index("order_status")]
    assert backend.status().detail.startswith("serving p3")


async def test_an_unfinished_prompt_of_that_name_does_not_count(home: Path, make_prompt: MakePrompt) -> None:
    make_prompt("p1", name="winter")
    begun = bundles_dir(home, PROMPTS) / "p2"
    begun.mkdir()
    (begun / "card.json").write_text(json.dumps({"id": "p2", "name": "winter"}))
    assert await intent_of(opened(home, prompt="winter")) == "order_status"


def test_a_name_that_nobody_has_is_told(home: Path) -> None:
    assert "no prompt 'spring'" in opened(home, prompt="spring").status().detail


def test_a_misspelt_setting_is_an_error(home: Path) -> None:
    with pytest.raises(ValueError, match="promt"):
        opened(home, promt="x")
