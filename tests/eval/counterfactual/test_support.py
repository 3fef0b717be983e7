"""Which conversations speak for which chain."""

from dataclasses import replace

import numpy as np
import pytest

from bot.routing import Arm, Routing
from bot.store.outcomes import OutcomeRow
from eval.counterfactual.support import WHOLE, depth, propensities, shared, support
from eval.resolution.treatment import Treatment
from tests.eval.resolution.making import logs_of, row

AB = Routing(1, (Arm("a", 1.0, ("first",)), Arm("b", 1.0, ("second",)), Arm("ab", 2.0, ("first", "second"))))


def chain(*steps: str) -> Treatment:
    return Treatment(steps, 0.02)


def test_chains_share_what_they_begin_with() -> None:
    assert shared(chain("a", "b"), chain("a", "b")) == WHOLE
    assert shared(chain("a", "b"), chain("a", "c")) == 1
    assert shared(chain("a"), chain("a", "b")) == 1
    assert shared(chain("b", "a"), chain("a", "b")) == 0
    assert shared(chain("a"), Treatment(("a", "b"), 0.5)) == 0  # another error budget is another classifier


@pytest.mark.parametrize(
    ("answered", "deep"),
    [(["first"], 1), (["first", "second", "first"], 2), (["first", None], WHOLE), (["another"], WHOLE), ([], 0)],
)
def test_a_conversation_goes_as_deep_as_its_deepest_message(answered: list[str | None], deep: float) -> None:
    one = row(1, "ab")
    assert depth(one, logs_of([one], AB), {one.conversation_id: answered}) == deep


def rows() -> list[OutcomeRow]:
    return [
        replace(row(1, "a"), propensity=0.25),
        replace(row(2, "b"), propensity=0.25),
        replace(row(3, "ab"), propensity=0.5),
        replace(row(4, "ab"), propensity=0.5),
    ]


def test_who_was_answered_at_once_speaks_for_every_chain_that_begins_so() -> None:
    logs = logs_of(rows(), AB)
    depths = np.array([1.0, 1.0, 1.0, 2.0])
    for_ab = support(rows(), logs, depths, chain("first", "second"))
    assert for_ab.weights == pytest.approx([4 / 3, 0, 4 / 3, 2])  # arms a and ab begin so: 3 of 4 customers
    assert for_ab.is_played.all()
    for_a = support(rows(), logs, depths, chain("first"))
    assert for_a.weights == pytest.approx([4 / 3, 0, 4 / 3, 0])  # nobody knows what a would have done without b


def test_a_customer_who_left_the_path_once_stays_off_it() -> None:
    twice = [replace(row(1, "ab", unit="u"), propensity=0.5), replace(row(2, "ab", unit="u"), propensity=0.5)]
    found = support(twice, logs_of(twice, AB), np.array([2.0, 1.0]), chain("first"))
    assert found.weights.tolist() == [0, 0]
    other_way = support(twice, logs_of(twice, AB), np.array([1.0, 2.0]), chain("first"))
    assert other_way.weights == pytest.approx([4 / 3, 0])


def test_a_chain_that_nobody_played_is_known_in_part_at_most() -> None:
    found = support(rows(), logs_of(rows(), AB), np.array([1.0, 1.0, 1.0, 2.0]), chain("first", "third"))
    assert not found.is_played.any()
    assert found.weights == pytest.approx([4 / 3, 0, 4 / 3, 0])


def test_propensities_are_checked_against_the_routing() -> None:
    wrong = replace(row(1, "a"), propensity=0.3)
    none = replace(row(2, "b"), propensity=None)
    found = propensities([*rows(), wrong, none], logs_of([*rows(), wrong, none], AB))
    assert found.is_consistent.tolist() == [True] * 4 + [False, False]
    assert found.is_known.tolist() == [True] * 5 + [False]
