"""Words that mean nearly the same."""

import numpy as np

from backends.rag.chunks import Chunk
from backends.rag.vocabulary import Vocabulary, vocabulary_of, words_of


def test_the_nearest_words_come_along_and_far_ones_do_not() -> None:
    vectors = np.array([[1, 0, 0], [0.8, 0.6, 0], [0, 0, 1]], dtype=np.float32)
    vocabulary = Vocabulary(("gift", "card", "rope"), vectors)
    assert vocabulary.missing("A voucher?") == ["voucher"]
    vocabulary.learn(["voucher"], ["voucher"], np.array([[1, 0, 0]], dtype=np.float32))
    near = vocabulary.near("voucher, please")
    assert {term: round(cosine, 2) for term, cosine in near["voucher"].items()} == {"gift": 1.0, "card": 0.8}
    assert vocabulary.missing("A voucher?") == []


def test_a_word_is_not_its_own_neighbour() -> None:
    vocabulary = Vocabulary(("gift",), np.array([[1, 0]], dtype=np.float32))
    vocabulary.learn(["gifts"], ["gift"], np.array([[1, 0]], dtype=np.float32))
    assert vocabulary.near("gifts") == {"gift": {}}


def test_the_vocabulary_lists_words_of_most_passages_first() -> None:
    dry = Chunk("a#0", "a", "Tent care", "/a", "Dry", "Dry the wet tent.", 0, 1)
    clean = Chunk("a#1", "a", "Tent care", "/a", "Clean", "Clean zips.", 0, 1)
    assert vocabulary_of([dry, clean]) == ["care", "tent", "clean", "dry", "wet", "zips"]


def test_words_of_a_text_are_taken_once() -> None:
    assert words_of("Tent, tent and 2 poles") == ["tent", "poles"]
