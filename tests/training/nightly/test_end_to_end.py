"""Two nights with real trainings: fine-tuning, calibration, export, gate; on a small RoBERTa of random weights."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tokenizers import ByteLevelBPETokenizer  # noqa: E402 - after the check that torch is there

from tests.training.nightly.conftest import FILLERS, NOW, WORDS, Shop, own_rows, write_nlu  # noqa: E402
from training.dataset import Dataset, read_bot  # noqa: E402
from training.nightly.child import Progress  # noqa: E402
from training.pipeline import train_bundle  # noqa: E402
from training.settings import Recipe  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]
RECIPE = Recipe(technique="finetune", epochs=12, learning_rate=1e-3, batch=8, threads=1)


def small_encoder(folder: Path, texts: list[str]) -> Path:
    """A RoBERTa of two layers, as a Hugging Face folder."""
    folder.mkdir()
    bpe = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    bpe.train_from_iterator(texts, vocab_size=400, special_tokens=special)
    bpe.save_model(str(folder))
    tokenizer = transformers.RobertaTokenizerFast.from_pretrained(folder, model_max_length=62)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=66,
        type_vocab_size=1,
    )
    transformers.RobertaModel(config).save_pretrained(folder)
    return folder


def test_two_nights_with_real_trainings(shop: Shop, tmp_path: Path) -> None:
    said = {name: [f"{word} {filler}" for word in words for filler in FILLERS] for name, words in WORDS.items()}
    outside = [f"{verb} of {thing}" for verb in ("sing", "dream", "talk") for thing in ("rain", "cats", "wine", "mars")]
    write_nlu(shop.bot, {**own_rows(), **said, "oos": outside})
    own = read_bot(shop.bot)
    encoder = small_encoder(tmp_path / "encoder", [row.text for row in (*own.examples, *own.oos)])

    def train(dataset: Dataset, out: Path, recipe: Recipe | None, progress: Progress) -> None:
        train_bundle(dataset, home=out.parent, out=out, encoder=str(encoder), recipe=recipe, progress=progress)

    first = shop.night(train=train, recipe=RECIPE)
    assert first.decision == "promoted", first.reasons
    shop.day(0, 90, at=NOW + timedelta(hours=1))
    second = shop.night(train=train, recipe=RECIPE, now=NOW + timedelta(days=1), page=True)
    told = second.sections
    assert second.decision in {"promoted", "refused"}, second.reasons
    assert (second.decision == "promoted") == (shop.current == second.challenger)
    assert {check["name"] for check in told["checks"]} >= {"parity with torch", "canaries", "p95 latency", "memory"}
    assert told["training"]["from_logs"] > 40
    assert told["overall"][0]["n"] > 20
    card = json.loads((shop.home / "bundles" / str(second.challenger) / "card.json").read_text())
    assert card["data"]["digest"] == told["training"]["digest"]
    assert not list((shop.home / "nights" / second.night).glob("challenger"))
