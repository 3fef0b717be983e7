"""Splits keep equal texts together, leave every intent something to train on, and repeat with their seed."""

from collections import Counter

import pytest

from training.dataset import Example
from training.split import folds, hold_out, normalise, reserve


def rows(**counts: int) -> list[Example]:
    """So many examples of each intent."""
    return [Example(f"{intent} {number}", intent) for intent, n in counts.items() for number in range(n)]


def test_a_share_of_each_intent_is_kept_back() -> None:
    examples = rows(a=20, b=40)
    split = hold_out(examples, 0.1, seed=1)
    assert Counter(examples[place].intent for place in split.held_out) == {"a": 2, "b": 4}
    assert sorted([*split.train, *split.held_out]) == list(range(60))


def test_small_intents_give_one_row_and_single_rows_stay_in_training() -> None:
    examples = rows(pair=2, single=1)
    split = hold_out(examples, 0.1, seed=1)
    assert [examples[place].intent for place in split.held_out] == ["pair"]


def test_equal_texts_stay_on_one_side() -> None:
    examples = [Example(text, "a") for text in ("Hi there", "hi  THERE ", "yo", "hey", "hello")]
    for seed in range(20):
        held = set(hold_out(examples, 0.4, seed=seed).held_out)
        assert (0 in held) == (1 in held)


def test_the_same_seed_gives_the_same_split_and_another_one_another() -> None:
    examples = rows(a=50, b=50)
    assert hold_out(examples, 0.2, seed=3) == hold_out(examples, 0.2, seed=3)
    assert hold_out(examples, 0.2, seed=3) != hold_out(examples, 0.2, seed=4)


def test_folds_hold_out_each_row_once_and_spread_the_intents() -> None:
    examples = rows(a=10, b=7)
    splits = folds(examples, 3, seed=1)
    assert sorted(place for split in splits for place in split.held_out) == list(range(17))
    for split in splits:
        assert not set(split.train) & set(split.held_out)
        assert 3 <= sum(examples[place].intent == "a" for place in split.held_out) <= 4


def test_one_fold_is_no_cross_validation() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        folds(rows(a=3), 1, seed=0)


def test_case_and_space_do_not_make_a_text_another() -> None:
    assert normalise("  Hello\n World ") == normalise("hello world")


def test_the_same_rows_are_kept_back_when_there_are_more() -> None:
    rows = [Example(f"text {number}", f"i{number % 3}") for number in range(300)]
    few, all_of_them = reserve(rows[:150], 0.2), reserve(rows, 0.2)
    assert 15 <= len(few.held_out) <= 45
    assert set(few.held_out) == {place for place in all_of_them.held_out if place < 150}
    assert set(reserve(rows, 0.1).held_out) < set(all_of_them.held_out)


def test_a_small_intent_gives_no_row_away() -> None:
    rows = [Example(f"text {number}", "small" if number < 7 else "large") for number in range(200)]
    assert min(reserve(rows, 0.5).held_out) >= 7
