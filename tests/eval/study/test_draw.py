"""Draws are nested, shared between techniques, and wrong labels are wrong at every larger share."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.study.draw import draw, newcomers, with_noise
from eval.study.material import Material, fixed_order
from training.dataset import Example

ROWS = tuple(Example(f"{intent} {number}", intent) for intent in "abcdefgh" for number in range(25))


@given(st.integers(0, 50), st.sampled_from([("1", "3"), ("3", "20"), ("20", "all")]))
def test_a_smaller_draw_is_part_of_a_larger_one(seed: int, sizes: tuple[str, str]) -> None:
    small, large = (draw(ROWS, size, seed) for size in sizes)
    assert set(small) < set(large)
    assert set(Counter(row.intent for row in small).values()) == {int(sizes[0])}


def test_an_intent_with_few_examples_gives_all_it_has() -> None:
    assert draw([*ROWS, Example("rare", "z")], "5", 0).count(Example("rare", "z")) == 1


def test_seeds_draw_differently_and_each_the_same_again() -> None:
    assert draw(ROWS, "5", 1) == draw(ROWS, "5", 1) != draw(ROWS, "5", 2)


def test_noise_grows_and_keeps_what_was_wrong() -> None:
    some, more = with_noise(ROWS, 0.1, 3), with_noise(ROWS, 0.2, 3)
    wrong, more_wrong = ({new for new, old in zip(noisy, ROWS, strict=True) if new != old} for noisy in (some, more))
    assert wrong < more_wrong
    assert len(wrong) / len(ROWS) == pytest.approx(0.1, abs=0.06)
    assert len(more_wrong) / len(ROWS) == pytest.approx(0.2, abs=0.08)
    assert [row.text for row in more] == [row.text for row in ROWS]


def test_noise_hits_the_same_rows_in_a_smaller_draw() -> None:
    noisy = set(with_noise(ROWS, 0.2, 3))
    assert set(with_noise(draw(ROWS, "10", 0), 0.2, 3)) <= noisy


def test_newcomers_leave_two_intents_at_least() -> None:
    assert len(newcomers("abcdefghij", 0.2)) == 2
    assert len(newcomers("abc", 0.9)) == 1


def test_every_beginning_of_the_test_rows_holds_the_intents_in_their_shares() -> None:
    rows = [Example(f"often {number}", "often") for number in range(90)]
    rows += [Example(f"rare {number}", "rare") for number in range(30)]
    ordered = fixed_order(rows)
    assert sorted(ordered, key=str) == sorted(rows, key=str)
    for most in (20, 40, 80):
        assert Counter(row.intent for row in ordered[:most])["rare"] == pytest.approx(most / 4, abs=2)


def test_the_order_does_not_depend_on_that_of_the_file() -> None:
    assert fixed_order(ROWS) == fixed_order(ROWS[::-1])


def test_material_is_the_same_after_a_journey() -> None:
    material = Material(ROWS, ROWS[:5], outside=(Example("what is love", "oos"),))
    assert Material.from_document(material.to_document()) == material
    assert set(material.hashes()) == {"train", "test", "outside"}
