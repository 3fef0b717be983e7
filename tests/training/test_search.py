"""A search tries recipes by cross-validation, keeps each trial, and goes on where it stopped."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402 - after the check that torch is there

from training.dataset import Dataset, Example  # noqa: E402
from training.pretrained import Pretrained  # noqa: E402
from training.search import search  # noqa: E402
from training.settings import Recipe  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]

THINGS = ("tent", "rope", "stove", "boots", "map", "lamp")
WORDS = ["[PAD]", "[UNK]", "where", "is", "my", "cancel", "the", "please", "money", "for", *THINGS]
ROWS = Dataset(
    tuple(
        Example(shape.format(thing), intent)
        for intent, shape in {"status": "where is my {}", "cancel": "cancel the {}", "money": "money for {}"}.items()
        for thing in THINGS
    )
)


@pytest.fixture
def tiny() -> Pretrained:
    """A BERT of one layer with a word for each token."""
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    return Pretrained("tiny", transformers.BertModel(config).eval(), tokenizer.to_str(), 32, 0)


def test_a_search_goes_on_where_it_stopped_and_keeps_every_trial(tiny: Pretrained, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    recipe = Recipe(epochs=1, threads=1)
    search(ROWS, tiny, recipe, 2, tmp_path)
    found = search(ROWS, tiny, recipe, 4, tmp_path, lambda done, size: told.append((done, size)))
    assert told == [(2, 4), (3, 4), (4, 4)]
    assert (found.trials, [row["number"] for row in found.table]) == (4, [0, 1, 2, 3])
    finished = [row for row in found.table if row["state"] == "complete"]
    assert found.accuracy == max(row["accuracy"] for row in finished)
    assert found.recipe.technique in {"head", "contrastive", "finetune"}


def test_other_data_begin_a_search_of_their_own(tiny: Pretrained, tmp_path: Path) -> None:
    recipe = Recipe(technique="head", epochs=1, threads=1)
    first = search(ROWS, tiny, recipe, 1, tmp_path)
    other = Dataset(tuple(Example(f"{row.text} please", row.intent) for row in ROWS.examples))
    assert search(other, tiny, recipe, 1, tmp_path).file != first.file
