"""What an arm was at which time, and whether arms got their customers."""

from dataclasses import replace

import pytest

from bot.routing import Arm, Routing
from eval.resolution.ratio_check import Counted, check_ratio, count_customers
from eval.resolution.treatment import Treatment, arms_of, pair_of, treatment
from tests.eval.resolution.making import ARMS, logs_of, many, row


def test_what_is_switched_off_is_no_part_of_an_arm() -> None:
    routing = Routing(1, (Arm("both", 1.0, ("intent", "rag")),), frozenset({"intent"}), 0.05)
    assert treatment(routing, "both") == Treatment(("rag",), 0.05)
    assert treatment(routing, "gone") == Treatment(("rag",), 0.05)  # its customers get the heaviest arm


def test_conversations_from_before_a_change_of_chain_are_not_compared() -> None:
    before = Routing(1, (Arm("intent", 1.0, ("scripted",)), ARMS[1]))
    after = Routing(2, ARMS)
    rows = [*many("intent", 10, 5), *many("rag", 10, 5), row(90, version=2), row(91, "rag", version=2)]
    pair = pair_of(rows, logs_of(rows, before, after), "intent", "rag")
    assert pair.inside.sum() == 2
    assert pair.left_out == 20


def test_a_change_that_leaves_both_arms_alone_changes_nothing() -> None:
    more = Routing(2, (*ARMS, Arm("new", 1.0, ("scripted",))))
    rows = [row(1), row(2, "rag"), row(3, version=2), row(4, "rag", version=2)]
    pair = pair_of(rows, logs_of(rows, Routing(1, ARMS), more), "intent", "rag")
    assert pair.inside.all()
    assert len(set(pair.strata.tolist())) == 1  # the odds between the two are the same


def test_a_change_of_weights_makes_another_stratum() -> None:
    heavier = Routing(2, (replace(ARMS[0], weight=3.0), ARMS[1]))
    rows = [row(1), row(2, "rag"), row(3, version=2), row(4, "rag", version=2)]
    pair = pair_of(rows, logs_of(rows, Routing(1, ARMS), heavier), "intent", "rag")
    assert pair.inside.all()
    assert pair.strata[0] == pair.strata[1] != pair.strata[2] == pair.strata[3]


def test_a_customer_who_comes_back_stays_in_the_stratum_of_the_draw() -> None:
    heavier = Routing(2, (replace(ARMS[0], weight=3.0), ARMS[1]))
    rows = [row(1, unit="visitor:a"), row(2, unit="visitor:a", version=2), row(3, "rag", version=2)]
    pair = pair_of(rows, logs_of(rows, Routing(1, ARMS), heavier), "intent", "rag")
    assert pair.strata[0] == pair.strata[1] != pair.strata[2]


def test_arms_come_in_the_order_of_the_routing() -> None:
    rows = [row(1, "rag"), row(2, "old"), row(3)]
    assert arms_of(logs_of(rows), ["old", "rag", "intent"]) == ["intent", "rag", "old"]


def test_shares_as_drawn_are_well_and_a_loss_is_noticed() -> None:
    half = {"a": 0.5, "b": 0.5}
    assert check_ratio([Counted(half, {"a": 510, "b": 490})]).is_well
    lost = check_ratio([Counted(half, {"a": 1000, "b": 800})])
    assert not lost.is_well
    assert lost.expected == {"a": 900.0, "b": 900.0}


def test_shares_are_judged_by_the_weights_of_each_draw() -> None:
    groups = [Counted({"a": 0.9, "b": 0.1}, {"a": 900, "b": 100}), Counted({"a": 0.1, "b": 0.9}, {"a": 100, "b": 900})]
    assert check_ratio(groups).is_well


def test_an_arm_that_could_not_be_drawn_is_no_accident() -> None:
    assert not check_ratio([Counted({"a": 1.0}, {"a": 5, "b": 1})]).is_well


def test_a_fair_draw_hardly_ever_alarms() -> None:
    evidence = [check_ratio([Counted({"a": 0.5, "b": 0.5}, {"a": k, "b": 100 - k})]).evidence for k in range(101)]
    from math import comb

    assert sum(comb(100, k) / 2**100 * value for k, value in enumerate(evidence)) == pytest.approx(1.0)


def test_customers_are_counted_once() -> None:
    rows = [row(1, unit="visitor:a"), row(2, unit="visitor:a"), row(3, "rag")]
    assert [group.seen for group in count_customers(logs_of(rows))] == [{"intent": 1, "rag": 1}]
