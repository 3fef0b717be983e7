"""Whether two questions are alike by their letters."""

import pytest

from bot.outcomes.likeness import is_other_number, likeness
from bot.settings import OutcomeSection

SIMILAR = OutcomeSection().similar
ALIKE = [
    ("Where is my parcel?", "where is my parcel??"),
    ("Where is my parcel?", "so where is the parcel"),
    ("Where is my parcel?", "where's my pacrel parcel"),
    ("how do I reset my password", "I need to reset the password, how?"),
    ("Wo bleibt mein Paket?", "Mein Paket, wo bleibt das denn"),
]
DIFFERENT = [
    ("Where is my parcel?", "Where is my refund?"),
    ("how much is shipping", "how do I pay"),
    ("Can I return the tent?", "Can I wash the jacket?"),
    ("Where is my parcel?", "my delivery has not come"),  # the same to a person, and a stranger by its letters
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_the_same_words_are_alike(one: str, other: str) -> None:
    assert likeness(one, other) >= SIMILAR
    assert likeness(one, other) == likeness(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_words_are_not(one: str, other: str) -> None:
    assert likeness(one, other) < SIMILAR


def test_likeness_runs_from_nothing_to_one() -> None:
    assert likeness("tent", "TENT!") == pytest.approx(1)
    assert likeness("", "tent") == likeness("", "") == likeness("?", "!") == 0
    assert likeness("what is it", "what is it") == pytest.approx(1)


def test_numbers_tell_matters_apart() -> None:
    assert is_other_number("where is TF-111111", "where is TF-222222")
    assert not is_other_number("where is TF-111111", "TF-111111 please")
    assert not is_other_number("where is TF-111111", "where is my order")
