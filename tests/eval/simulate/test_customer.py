"""Customers come from the seed alone."""

from collections import Counter
from pathlib import Path

import pytest

from bot.scenarios import Book, load_scenarios
from eval.simulate.customer import draw

DEMO = Path(__file__).parents[3] / "demo"


def test_the_same_seed_gives_the_same_customers(book: Book) -> None:
    assert [draw(book, 7, i, 25) for i in range(50)] == [draw(book, 7, i, 25) for i in range(50)]
    assert [draw(book, 7, i, 25) for i in range(50)] != [draw(book, 8, i, 25) for i in range(50)]


@pytest.mark.parametrize("percent", [0, 25, 50, 100])
def test_the_share_of_difficult_customers_is_as_asked(book: Book, percent: int) -> None:
    share = sum(draw(book, 1, i, percent).difficulty == "difficult" for i in range(1000)) / 1000
    assert share == pytest.approx(percent / 100, abs=0.04)


def test_of_those_who_miss_their_goal_well_over_a_fifth_are_set_to_say_nothing() -> None:
    demo = load_scenarios(DEMO)
    customers = [draw(demo, 1, i, 25) for i in range(300)]
    missed = Counter(customer.first.when_missed for customer in customers)
    met = Counter(customer.first.when_met for customer in customers)
    assert missed["silent"] / missed.total() > 0.33
    assert (met["silent"] + met["grumble"]) / met.total() > 0.25
    assert met["person"] == 0


def test_some_come_back_with_the_same_errand_or_with_another(book: Book) -> None:
    customers = [draw(book, 1, i, 25) for i in range(300)]
    again = [customer for customer in customers if customer.again]
    others = [customer for customer in customers if customer.other]
    assert 0.2 < len(again) / 300 < 0.4
    assert 0.03 < len(others) / 300 < 0.2
    assert all(one.again and one.again.errand == one.first.errand for one in again)
    assert all(one.other and one.other.errand.scenario != one.first.errand.scenario for one in others)
