"""Words come out mistyped at the rate asked for, values come out whole."""

from random import Random

import pytest

from eval.simulate.phrasing import fill, hurried, last_paragraph, likeness, pattern, slip

TEXT = "could you tell me how far the order has got by now and who brings it "


def test_values_take_the_place_of_their_names() -> None:
    assert fill("cancel {order}", {"order": "TF-1"}) == "cancel TF-1"


def test_a_fact_takes_values_literally_and_ignores_case() -> None:
    fact = pattern(r"{order} is (packed|sent)", {"order": "TF.1"})
    assert fact.search("Order tf.1 is Packed.")
    assert not fact.search("Order TF-1 is packed.")
    assert pattern(r"\d{2}", {}).search("18")


def test_without_slips_nothing_changes() -> None:
    assert slip(TEXT, 0.0, Random(1)) == TEXT


def test_slips_come_at_about_the_rate() -> None:
    changed = sum(slip("a", 0.2, Random(seed)) != "a" for seed in range(4000))
    assert 0.08 < changed / 4000 < 0.2  # a single letter can neither be lost nor swapped


def test_the_same_seed_slips_the_same_way() -> None:
    assert slip(TEXT, 0.1, Random(5)) == slip(TEXT, 0.1, Random(5))
    assert slip(TEXT, 0.1, Random(5)) != slip(TEXT, 0.1, Random(6))


@pytest.mark.parametrize("seed", range(20))
def test_numbers_addresses_and_values_are_never_mistyped(seed: int) -> None:
    text = "it is TF-104187 for ben@web.example going to Am Ring, thanks"
    out = slip(text, 0.2, Random(seed), ["Am Ring"])
    assert "TF-104187" in out
    assert "ben@web.example" in out
    assert "Am Ring" in out


def test_a_text_with_slips_is_still_the_same_text() -> None:
    assert all(likeness(slip(TEXT, 0.06, Random(seed)), TEXT) > 0.8 for seed in range(50))


def test_who_is_in_a_hurry_types_small_but_copies_values() -> None:
    assert hurried("Cancel TF-1 Please.") == "cancel TF-1 please"
    assert hurried("?") == "?"


def test_the_last_paragraph_is_what_follows_the_last_empty_line() -> None:
    assert last_paragraph("An answer.\n- a line\n\nWhat is it?\n") == "What is it?"
