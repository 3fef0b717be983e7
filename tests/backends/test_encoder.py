"""The retrieval encoder gives unit vectors in order, and says what to do when it is not there."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from backends.bundle import CURRENT, replace_text, seal
from backends.contract import BackendError
from backends.encoder import Encoder, TextTokenizer, encoders_dir, load_current, open_session


@pytest.fixture
def home(tmp_path: Path, tiny_bundle: Path) -> Path:
    """A home folder whose retrieval encoder is the word counter of the tiny bundle."""
    folder = encoders_dir(tmp_path) / "tiny"
    folder.mkdir(parents=True)
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copy(tiny_bundle / name, folder / name)
    settings = {"hash": "tiny", "dim": 10, "max_tokens": 8, "prefixes": {"query": "where "}}
    (folder / "encoder.json").write_text(json.dumps(settings))
    seal(folder)
    replace_text(encoders_dir(tmp_path) / CURRENT, "tiny\n")
    return tmp_path


def test_vectors_have_length_one_and_like_texts_are_close(home: Path) -> None:
    vectors = load_current(home).encode(["cancel", "please cancel", "refund money", "hello"])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert vectors[0] @ vectors[1] == pytest.approx(1.0, abs=1e-5)
    assert vectors[0] @ vectors[2] == pytest.approx(0.0, abs=1e-5)


def test_the_order_is_kept_over_batches_of_mixed_lengths(home: Path) -> None:
    encoder = load_current(home)
    texts = [" ".join(["cancel", "refund", "hello", "bye", "yes"][: 1 + n % 5]) for n in range(40)]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert encoder.encode(texts, batch=7) == pytest.approx(alone, abs=1e-6)


def test_no_texts_give_an_empty_array_of_the_right_width(home: Path) -> None:
    assert load_current(home).encode([]).shape == (0, 10)


def test_a_long_text_is_cut_at_the_limit(home: Path) -> None:
    encoder = load_current(home)
    assert encoder.feed(["cancel " * 50])["input_ids"].shape == (1, 8)


def test_queries_get_the_prefix_that_the_model_wants_and_passages_do_not(home: Path) -> None:
    encoder = load_current(home)
    as_query, spelt_out = encoder.encode(["cancel"], kind="query"), encoder.encode(["where cancel"])
    assert as_query == pytest.approx(spelt_out)
    assert not np.allclose(as_query, encoder.encode(["cancel"]))


def test_the_hash_of_the_encoder_is_known(home: Path) -> None:
    assert load_current(home).hash == "tiny"


def test_without_an_encoder_the_error_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="run `switchboard train`"):
        load_current(tmp_path)


def test_a_damaged_encoder_is_refused(home: Path) -> None:
    (encoders_dir(home) / "tiny" / "model.onnx").write_text("x")
    with pytest.raises(BackendError, match="has changed"):
        load_current(home)


@pytest.mark.parametrize("content", ['{"hash": "x"}', "{"])
def test_incomplete_settings_are_refused(home: Path, content: str) -> None:
    folder = encoders_dir(home) / "tiny"
    (folder / "encoder.json").write_text(content)
    seal(folder)
    with pytest.raises(BackendError, match=r"encoder\.json"):
        Encoder.load(folder)


def test_what_is_no_model_or_no_tokeniser_is_a_backend_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("{}")
    with pytest.raises(BackendError, match="broken"):
        open_session(broken)
    with pytest.raises(BackendError, match="broken"):
        TextTokenizer.load(broken, max_tokens=8)
    with pytest.raises(BackendError, match="missing"):
        TextTokenizer.load(tmp_path / "missing", max_tokens=8)
