"""Which conversations a person is to look at."""

import random
from collections import Counter

import pytest

from bot.sampling import LEAST, Spread, probabilities, systematic


def test_audits_go_where_the_truth_varies() -> None:
    chances = probabilities({"sure": 100, "open": 100}, {"sure": 0.1, "open": 0.4}, 20)
    assert chances == pytest.approx({"sure": 0.04, "open": 0.16})  # 4 and 16 of 100


def test_a_stratum_that_is_used_up_hands_on_what_is_left() -> None:
    chances = probabilities({"few": 5, "many": 100}, {"few": 0.5, "many": 0.1}, 30)
    assert chances == pytest.approx({"few": 1.0, "many": 0.25})


@pytest.mark.parametrize("n", [10, 11, 500])
def test_who_asks_for_all_gets_all(n: int) -> None:
    assert probabilities({"a": 4, "b": 6, "none": 0}, {"a": 0.1, "b": 0.5, "none": 0.5}, n) == {"a": 1.0, "b": 1.0}


def test_without_audits_the_kind_is_guessed_and_then_learned() -> None:
    guess = Spread({})
    assert guess.of("confirmed/rag") < guess.of("assumed/rag")
    assert guess.of("a new kind/") == 0.5
    taught = Spread({"assumed/intent": (50, 50), "assumed/rag": (10, 20), "handed_off/": (0, 500)})
    assert taught.of("assumed/intent") < guess.of("assumed/intent") < taught.of("assumed/rag")
    assert taught.of("handed_off/") == LEAST


def test_a_backend_without_audits_learns_from_its_kind() -> None:
    taught = Spread({"assumed/intent": (40, 40)})
    assert taught.of("assumed/intent") < taught.of("assumed/rag") < Spread({}).of("assumed/rag")


def test_each_place_is_drawn_as_often_as_its_probability_says() -> None:
    chances, source = [0.5, 0.1, 0.9, 0.25, 1.0, 0.25], random.Random(1)
    draws = [systematic(chances, source) for _ in range(4000)]
    assert {len(drawn) for drawn in draws} == {3}
    counted = Counter(place for drawn in draws for place in drawn)
    assert [counted[place] / 4000 for place in range(6)] == pytest.approx(chances, abs=0.03)


def test_what_is_drawn_is_spread_over_the_list() -> None:
    assert systematic([0.25] * 8, random.Random(3)) in [[k, k + 4] for k in range(4)]
