"""Which adapter answers, and what operators are told when none can."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.bundle import ADAPTERS, promote, seal
from backends.contract import Turn
from backends.rag.adapter import ADAPTER, CARD, Adapter, find_adapter, hash_weights
from backends.rag.backend import Rag
from backends.rag.library import Library
from backends.rag.llm import Llm
from backends.rag.settings import RagSettings


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A file that stands for the model's weights."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"weights")
    return path


def shelve(home: Path, id_: str, weights: Path, *, name: str = "shop", promoted: bool = True) -> Path:
    folder = home / ADAPTERS / id_
    folder.mkdir(parents=True)
    (folder / ADAPTER).write_bytes(b"adapter")
    card = {"id": id_, "name": name, "weights_sha256": hash_weights(weights), "reads_question": True}
    (folder / CARD).write_text(json.dumps(card))
    seal(folder)
    if promoted:
        promote(home, id_, shelf=ADAPTERS)
    return folder


@pytest.mark.parametrize("wanted", ["current", "a1", "shop"])
def test_an_adapter_is_found_by_promotion_id_or_name(tmp_path: Path, weights: Path, wanted: str) -> None:
    folder = shelve(tmp_path, "a1", weights)
    assert find_adapter(tmp_path, wanted, weights) == Adapter("a1", folder / ADAPTER, reads_question=True)


def test_without_the_setting_the_plain_model_answers(tmp_path: Path, weights: Path) -> None:
    shelve(tmp_path, "a1", weights)
    assert find_adapter(tmp_path, None, weights) == Adapter()


def test_a_missing_adapter_says_how_to_get_one(tmp_path: Path, weights: Path) -> None:
    assert "train --technique lora" in find_adapter(tmp_path, "current", weights).problem
    assert "no adapter 'other'; see `switchboard models list" in find_adapter(tmp_path, "other", weights).problem


def test_a_changed_adapter_is_refused(tmp_path: Path, weights: Path) -> None:
    (shelve(tmp_path, "a1", weights) / ADAPTER).write_bytes(b"tampered")
    found = find_adapter(tmp_path, "current", weights)
    assert found.file is None
    assert "adapter.gguf has changed" in found.problem


def test_an_adapter_of_other_weights_is_refused(tmp_path: Path, weights: Path) -> None:
    shelve(tmp_path, "a1", weights)
    weights.write_bytes(b"other weights")
    found = find_adapter(tmp_path, "current", weights)
    assert found.file is None
    assert "other weights" in found.problem


async def test_with_an_adapter_that_reads_questions_the_model_is_asked_the_question(
    library: Library, make_llm: Callable[..., Llm], endpoint: object, shown: object
) -> None:
    endpoint.say("Express delivery costs 12.90 EUR per order.")  # type: ignore[attr-defined]
    settings = RagSettings()
    asked = []
    for adapter in (Adapter(), Adapter("a1", Path("a1/adapter.gguf"), reads_question=True)):
        rag = Rag(settings, library, make_llm(), adapter=adapter)
        reply = await rag.reply(Turn("t", "How much does express delivery cost per order?"), shown)  # type: ignore[arg-type]
        asked.append((endpoint.requests[-1]["messages"][-1]["content"], reply.provenance.prompt_hash))  # type: ignore[attr-defined]
    assert "Question: How much" not in asked[0][0]
    assert "Question: How much does express delivery cost per order?" in asked[1][0]
    assert asked[0][1] != asked[1][1], "turns tell which adapter wrote"


def test_operators_are_told_why_the_plain_model_answers(library: Library, make_llm: Callable[..., Llm]) -> None:
    rag = Rag(RagSettings(), library, make_llm(), adapter=Adapter(problem="no adapter; run it"))
    assert rag.status().detail == "answering with the plain model: no adapter; run it"
