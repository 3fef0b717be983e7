"""The checks of the statistics, with a few runs each, and what they tell."""

import numpy as np
import pytest

from eval.resolution.validation.audited import Plan, audit, open_shop
from eval.resolution.validation.experiments import World, design_effect, play
from eval.resolution.validation.looks import look
from eval.resolution.validation.report import as_markdown, validate
from eval.resolution.validation.routings import ASKED, truth


def nothing(stage: str, done: int, total: int) -> None:
    """Show no progress."""


@pytest.mark.parametrize(
    ("check", "head"), [("corrected", "| conversations an arm |"), ("routing", "| routing asked for |")]
)
def test_each_check_has_a_table(check: str, head: str) -> None:
    document = validate([check], runs=100, resamplings=3, seed=1, show=nothing)
    assert len(document[check]) >= 6
    assert as_markdown(document).startswith(head)


@pytest.mark.slow
@pytest.mark.parametrize(("check", "head"), [("alarms", "| equal arms |"), ("power", "| true difference |")])
def test_experiments_have_tables_too(check: str, head: str) -> None:
    document = validate([check], runs=40, resamplings=3, seed=1, show=nothing)
    assert as_markdown(document).startswith(head)
    assert all(row["rate"] <= 0.2 for row in document.get("alarms", []))
    assert all(row["share_of_fixed"] < 0.9 for row in document.get("power", []))


def test_an_experiment_without_a_claim_is_counted_as_none() -> None:
    seen = look(World(0.5, 0.5), 5, 60, 1, print)
    assert seen.found_after.tolist() == [0] * 5


def test_customers_come_back_as_often_as_said() -> None:
    stream = play(World(0.5, 0.5, likeness=0.9, returning=0.5), 20, 400, np.random.default_rng(1))
    again = stream.count_before > 0
    assert again.mean() == pytest.approx(0.5, abs=0.03)
    before = stream.sum_before[again] / stream.count_before[again]
    assert np.corrcoef(before, stream.values[again])[0, 1] > 0.6
    assert design_effect(World(0.6, 0.7, likeness=0.3, returning=0.4)) > 1.2
    assert design_effect(World(0.6, 0.7)) == 1.0


def test_audits_of_the_simulated_shop_keep_to_their_probability() -> None:
    plan, source = Plan(300, 90, 1.0), np.random.default_rng(1)
    shop = open_shop(plan, source)
    truth_of, probability = audit(shop, plan, source)
    assert (~np.isnan(truth_of)).sum() == 90
    assert probability.sum() == pytest.approx(90)
    assert (shop.truth[shop.kind == "handed_off"] == 0).all()


def test_the_truth_of_a_mixture_lies_between_those_of_its_chains() -> None:
    cascade, first, mixture = (truth(arms) for arms in ASKED)
    assert first < mixture < cascade
