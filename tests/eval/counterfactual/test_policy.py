"""Routings to ask about."""

from pathlib import Path

import pytest

from bot.routing import Arm, Routing
from eval.counterfactual.policy import PolicyError, read_policy, shares
from eval.resolution.treatment import Treatment

CURRENT = Routing(7, (Arm("main", 1.0, ("intent", "rag")),), frozenset({"scripted"}), 0.05)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.json", '{"version": 3, "why": "try", "backends": {"rag": {"enabled": false}}}'),
        ("p.toml", "[backends.rag]\nenabled = false\n"),
        ("p.yml", "backends: {rag: {enabled: false}}\n"),
    ],
)
def test_what_a_file_leaves_out_stays_as_it_is(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = read_policy(tmp_path / name, CURRENT)
    assert found.arms == CURRENT.arms
    assert found.disabled == {"scripted", "rag"}
    assert shares(found) == {Treatment(("intent",), 0.05): 1.0}


def test_arms_with_the_same_chain_are_one_and_those_without_weight_none() -> None:
    arms = (Arm("a", 1.0, ("rag",)), Arm("b", 2.0, ("rag",)), Arm("c", 1.0, ("intent",)), Arm("d", 0.0, ("x",)))
    assert shares(Routing(1, arms, error_budget=0.1)) == {
        Treatment(("rag",), 0.1): 0.75,
        Treatment(("intent",), 0.1): 0.25,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1]", "valid dictionary"),
        ("{", "expected a routing as JSON"),
        ('{"arms": [{"arm": "a", "weight": -1, "chain": ["rag"]}]}', "arms.0.weight"),
        ('{"arms": [{"arm": "a", "weight": 0, "chain": ["rag"]}]}', "weight above 0"),
        ('{"arms": [{"arm": "a", "weight": 1, "chain": ["handoff", "rag"]}]}', "last step"),
    ],
)
def test_what_is_no_routing_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "p.json").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=told):
        read_policy(tmp_path / "p.json", CURRENT)
