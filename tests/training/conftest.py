"""A home folder with a tiny encoder, and small models of random weights, for tests of training."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from backends.bundle import seal

if TYPE_CHECKING:
    from training.pretrained import Pretrained


WORDS = (
    *("[PAD]", "[UNK]", "where", "is", "my", "cancel", "the", "please", "money", "for"),
    *("tent", "rope", "stove", "boots", "map", "lamp"),
)


@pytest.fixture
def home(tmp_path: Path, tiny_bundle: Path) -> Path:
    """A home folder whose encoder counts the words of the tiny bundle: a text is where its intent's words are."""
    home = tmp_path / "home"
    folder = home / "encoders" / "tiny"
    folder.mkdir(parents=True)
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copy(tiny_bundle / name, folder / name)
    settings = {"hash": "tiny", "dim": 10, "max_tokens": 64, "prefixes": {}}
    (folder / "encoder.json").write_text(json.dumps(settings))
    seal(folder)
    (home / "encoders" / "current").write_text("tiny\n")
    return home


@pytest.fixture(scope="session")
def small_roberta() -> Callable[[Path, Sequence[str]], Path]:
    """Makes a RoBERTa of two layers with a byte-level BPE of its own, as a Hugging Face folder: `(folder, texts)`."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import ByteLevelBPETokenizer

    def make(folder: Path, texts: Sequence[str]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
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

    return make


@pytest.fixture
def tiny() -> "Pretrained":
    """A BERT of one layer with a word for each token; it knows the words of `WORDS`."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from training.pretrained import Pretrained

    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=40,  # as many as the example that exports are traced with needs
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    return Pretrained("tiny", transformers.BertModel(config).eval(), tokenizer.to_str(), 32, 0)
