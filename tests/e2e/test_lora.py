"""A customer is answered by the embedded language model with an adapter."""

import json
from pathlib import Path

import gguf
import numpy as np
import pytest

from backends.bundle import ADAPTERS, promote, seal
from backends.rag.adapter import ADAPTER, CARD, hash_weights
from backends.rag.local_llm import missing, read_served, weights
from tests.e2e.conftest import PARROT_BOT, AsOperator, Serve, make_bot
from tests.e2e.widget import Widget

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(bool(missing()), reason=missing() or "installed"),
]

BOT = PARROT_BOT.replace('chain = ["parrot"]', 'chain = ["rag"]') + (
    '[backends.rag]\nlora = "current"\nmin_confidence = 0.05\ndeadline_s = 60\n'
)
ARTICLE = """---
title: Express delivery
url: /help/express
updated: 2026-01-01
---

## Price

Express delivery costs 12.90 EUR per order. Express is never free, not even for large orders.
"""
DIM, RANK = 576, 2


def write_adapter(home: Path, id_: str) -> None:
    """Shelve an adapter for the real weights that touches one layer and changes nothing."""
    file = weights()
    assert file is not None
    folder = home / ADAPTERS / id_
    folder.mkdir(parents=True)
    writer = gguf.GGUFWriter(folder / ADAPTER, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, 4.0)
    writer.add_tensor("blk.0.attn_output.weight.lora_a", np.ones((RANK, DIM), dtype=np.float32))
    writer.add_tensor("blk.0.attn_output.weight.lora_b", np.zeros((DIM, RANK), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    card = {"id": id_, "name": "shop", "weights_sha256": hash_weights(file), "reads_question": True}
    (folder / CARD).write_text(json.dumps(card))
    seal(folder)
    promote(home, id_, shelf=ADAPTERS)


async def test_an_adapter_answers_live(serve: Serve, widget: Widget, operator: AsOperator, tmp_path: Path) -> None:
    bot = make_bot(tmp_path / "bot", BOT)
    (bot / "articles").mkdir()
    (bot / "articles" / "express.md").write_text(ARTICLE)
    write_adapter(tmp_path / "var0", "a1")
    server = serve(bot=bot)
    await widget.open(server.url)
    assert "12.90 EUR" in await widget.ask("How much does express delivery cost per order?")
    assert [turn["backend"] for turn in server.rows("SELECT backend FROM turns")] == ["rag"]
    assert read_served(server.home, "llm-a1") is not None, "the model with the adapter ran"
    assert read_served(server.home) is None, "the plain one did not"
    assert "plain model" not in json.dumps((await operator(server).get("/api/backends")).json()), (
        "nothing to complain of"
    )
