"""A running server answers by a prompt, swaps it, and lives without one."""

import asyncio
import json
from pathlib import Path

import httpx
import numpy as np
import pytest

from backends.bundle import PROMPTS, promote
from tests.backends.soft_prompt.conftest import DIM, ENCODER, INTENTS, write_encoder, write_prompt
from tests.e2e.conftest import PARROT_BOT, RESPONSES, AsOperator, OpenChat, Serve, make_bot
from tests.e2e.widget import Widget

pytestmark = pytest.mark.browser

PROMPT_BOT = PARROT_BOT.replace('chain = ["parrot"]', 'chain = ["soft_prompt"]')
OTHERS = tuple(f"other_{name}" for name in INTENTS)


async def test_a_prompt_is_missing_comes_and_is_swapped(
    serve: Serve, chat: OpenChat, operator: AsOperator, widget: Widget, tmp_path: Path, tiny_bundle: Path
) -> None:
    bot = make_bot(tmp_path / "bot", PROMPT_BOT)
    own = "".join(
        f"  utter_{name}: [{{text: it is {name}}}]\n" for name in (*INTENTS, *OTHERS) if name not in RESPONSES
    )
    (bot / "responses.yml").write_text(RESPONSES + own)
    server = serve(bot=bot)
    client, customer = operator(server), await chat(server)

    assert "no prompt; run `switchboard train --technique soft_prompt`" in await told_of_prompts(client, "no prompt")
    assert (await customer.ask("where is my parcel"))["backend"] != "soft_prompt"

    write_encoder(server.home / "encoders" / ENCODER, tiny_bundle)
    write_prompt(server.home, "p1")
    write_prompt(server.home, "p2", intents=OTHERS, soft=np.full((2, DIM), 0.01, np.float16))
    promote(server.home, "p1", shelf=PROMPTS)
    await told_of_prompts(client, "serving p1")
    answer = await customer.ask("where is my parcel")
    assert (answer["backend"], answer["text"]) == ("soft_prompt", "it is order_status")
    promote(server.home, "p2", shelf=PROMPTS)
    await told_of_prompts(client, "serving p2")
    await widget.open(server.url)
    assert await widget.ask("where is my parcel") == "it is other_order_status"
    turns = server.rows("SELECT bundle_id FROM turns WHERE intent LIKE '%order_status' ORDER BY rowid")
    assert (turns[0]["bundle_id"], turns[-1]["bundle_id"]) == ("p1", "p2")
    assert server.complaints() == []


async def told_of_prompts(client: httpx.AsyncClient, words: str) -> str:
    """Wait until operators are told this of the backend, and give all that they are told."""
    async with asyncio.timeout(20):
        while True:
            body = (await client.get("/api/backends")).json()
            told = next(json.dumps(each) for each in body["backends"] if each["name"] == "soft_prompt")
            if words in told:
                return told
            await asyncio.sleep(0.05)
