"""Wrong labels and mixed-up intents are found in made-up vectors, and in BANKING77 with labels made wrong."""

import random
from pathlib import Path

import numpy as np
import pytest

from training.dataset import read_file
from training.neighbours import Floats, nearest
from training.suspects import Ints, Suspicion, judged, overlaps, probabilities, suspects

pytest.importorskip("cleanlab", reason="needs the extra `train`")
pytestmark = pytest.mark.slow
BANKING = Path(__file__).parents[3] / "shared" / "data" / "banking77" / "train.csv"
NOISE = 0.14


def clouds(intents: int, rows: int, apart: float = 1.0, dim: int = 32) -> tuple[Floats, Ints]:
    """Unit vectors around a centre for each intent; the last two centres lie as near as `apart` says."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(intents, dim))
    centres[-1] = centres[-2] + apart * (centres[-1] - centres[-2])
    labels = np.repeat(np.arange(intents), rows)
    vectors = centres[labels] + 0.7 * random.normal(size=(len(labels), dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


def with_noise(labels: Ints, seed: int) -> tuple[Ints, set[int]]:
    """Labels of which a share is changed to any other, and the places of these."""
    random = np.random.default_rng(seed)
    flipped = random.permutation(len(labels))[: round(NOISE * len(labels))]
    noisy, kinds = labels.copy(), int(labels.max()) + 1
    noisy[flipped] = (labels[flipped] + random.integers(1, kinds, len(flipped))) % kinds
    return noisy, {int(place) for place in flipped}


def look(vectors: Floats, labels: Ints) -> list[Suspicion]:
    """The suspects among labelled vectors."""
    return suspects(probabilities(vectors, nearest(vectors, most=20), labels), labels)


def recall_precision(found: list[Suspicion], wrong: set[int]) -> tuple[float, float]:
    """Share of the wrong labels found, and share of those found that are wrong."""
    hits = sum(suspicion.place in wrong for suspicion in found)
    return hits / len(wrong), hits / max(len(found), 1)


def test_changed_labels_are_found_and_the_right_ones_suggested() -> None:
    vectors, labels = clouds(10, 40)
    noisy, wrong = with_noise(labels, seed=1)
    found = look(vectors, noisy)
    recall, precision = recall_precision(found, wrong)
    assert recall > 0.9
    assert precision > 0.9
    assert sum(labels[row.place] == row.suggested for row in found) > 0.9 * len(found)
    assert [row.confidence for row in found] == sorted(row.confidence for row in found)


def test_clean_clouds_have_no_suspects_and_no_overlaps() -> None:
    vectors, labels = clouds(6, 40)
    judgement = probabilities(vectors, nearest(vectors, most=20), labels)
    assert suspects(judgement, labels) == []
    assert overlaps(judgement, labels) == []


def test_two_intents_in_one_place_overlap() -> None:
    vectors, labels = clouds(6, 40, apart=0.1)
    (pair,) = overlaps(probabilities(vectors, nearest(vectors, most=20), labels), labels)
    assert (pair.one, pair.other, pair.n) == (4, 5, 80)
    assert pair.low < pair.rate < pair.high
    assert {int(labels[place]) for place in pair.places} <= {4, 5}


def test_intents_with_few_texts_are_not_judged() -> None:
    assert judged(["a"] * 4 + ["b"] * 3 + ["c"] * 5) == [0, 1, 2, 3, 7, 8, 9, 10, 11]


@pytest.mark.skipif(not BANKING.is_file(), reason="the data folder ../shared/data is absent")
@pytest.mark.parametrize("seed", [0, 1])
def test_changed_labels_of_banking77_are_found(banking: tuple[Floats, Ints], seed: int) -> None:
    vectors, labels = banking
    noisy, wrong = with_noise(labels, seed)
    recall, precision = recall_precision(look(vectors, noisy), wrong)
    assert recall >= 0.7
    assert precision >= 0.7


@pytest.fixture(scope="module")
def banking() -> tuple[Floats, Ints]:
    """Twelve intents of BANKING77 with 40 short texts each, embedded by the packaged encoder."""
    torch = pytest.importorskip("torch")
    from tokenizers import Tokenizer

    from backends.encoder import TextTokenizer
    from training.export import MeanPooled
    from training.pretrained import load_pretrained

    rows = [row for row in read_file(BANKING) if len(row.text) <= 80]
    by_intent = {name: [row.text for row in rows if row.intent == name] for name in {row.intent for row in rows}}
    large = sorted(name for name, texts in by_intent.items() if len(texts) >= 40)
    names = random.Random(0).sample(large, 12)
    texts = [text for name in names for text in by_intent[name][:40]]
    pretrained = load_pretrained()
    tokenizer = TextTokenizer(Tokenizer.from_str(pretrained.tokenizer), max_tokens=64)
    module, vectors = MeanPooled(pretrained.model), np.empty((len(texts), pretrained.dim), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        for chosen in (order[start : start + 32] for start in range(0, len(order), 32)):
            feed = tokenizer.pad(tokenizer.ids([texts[place] for place in chosen]))
            vectors[chosen] = module(*(torch.from_numpy(feed[key]) for key in ("input_ids", "attention_mask"))).numpy()
    torch.set_num_threads(threads)
    return vectors, np.repeat(np.arange(len(names)), 40)
