"""Vectors are computed once, kept without their texts, and a damaged file costs nothing but time."""

from pathlib import Path

import numpy as np
import pytest

from training.embedding import embed, embed_anew, unknown


def test_vectors_have_length_one_and_the_order_of_the_texts(home: Path) -> None:
    vectors = embed(["hello", "track my parcel", "bye"], home)
    assert vectors.argmax(axis=1).tolist() == [0, 5, 1]
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)


def test_known_texts_are_not_embedded_again_and_no_text_is_kept(home: Path) -> None:
    told = list[tuple[int, int]]()
    assert unknown(["hello", "bye"], home) == 2
    first = embed(["hello", "bye"], home, on_texts=lambda *done: told.append(done))
    assert unknown(["bye", "HELLO ", "cancel"], home) == 1
    again = embed(["bye", "hello", "cancel"], home, on_texts=lambda *done: told.append(done))
    assert told == [(2, 2), (1, 1)]
    assert np.array_equal(first[::-1], again[:2])
    assert b"hello" not in (home / "embeddings" / "tiny.npz").read_bytes()


def test_a_damaged_file_is_written_anew(home: Path) -> None:
    embed(["hello"], home)
    (home / "embeddings" / "tiny.npz").write_bytes(b"PK\x03\x04 torn")
    assert unknown(["hello"], home) == 1
    assert embed(["hello"], home).shape == (1, 10)
    assert unknown(["hello"], home) == 0


def test_the_encoder_is_read_once_and_another_one_is_noticed(home: Path) -> None:
    first, anew = embed(["hello", "bye"], home), embed_anew(["bye"], home)  # each with threads of its own
    (home / "encoders" / "tiny" / "model.onnx").unlink()
    assert np.allclose(anew, first[1:], atol=1e-3)
    assert np.array_equal(embed_anew(["bye"], home), anew)
    assert unknown(["bye"], home) == 0
    (home / "encoders" / "current").write_text("another\n")
    assert unknown(["bye"], home) == 1


def test_no_texts_are_no_vectors(home: Path) -> None:
    assert embed([], home).shape == (0, 10)


def test_without_an_encoder_everything_is_unknown(tmp_path: Path) -> None:
    assert unknown(["hello", "bye"], tmp_path) == 2
