"""What a study has to run, and what each setting teaches and asks."""

from pathlib import Path
from typing import Any

import pytest

from eval.study.cell import Cell, batches_of, cells_of, lesson_of
from eval.study.draw import newcomers
from eval.study.material import Material, fixed_order
from eval.study.protocol import Data, Plan, Protocol, Shift
from training.dataset import Example

INTENTS = tuple("abcdefghij")
TRAIN = tuple(Example(f"train {intent} {n}", intent) for intent in INTENTS for n in range(30))
TEST = fixed_order(Example(f"test {intent} {n}", intent) for intent in INTENTS for n in range(10))
OUTSIDE = tuple(Example(f"outside {n}", "oos") for n in range(20))
MATERIAL = Material(TRAIN, TEST, OUTSIDE, TRAIN[:60], TEST[:40], TEST[40:])
NEW = newcomers(INTENTS, 0.2)


def protocol(**study: Any) -> Protocol:
    return Protocol(data=Data(bot=Path()), shift=Shift(data=Path()), study=Plan.model_validate(study))


def cells(plan: Protocol) -> list[Cell]:
    return list(cells_of(batches_of(plan, MATERIAL)))


def test_each_technique_has_the_sizes_that_change_what_it_does() -> None:
    names = ["tfidf", "zero_shot", "one_shot", "retrieved"]
    found = cells(protocol(techniques=names, sizes=[10, 1, "all"], llm_sizes=[5, 1], seeds=2))
    sizes = {name: [(cell.seed, cell.size) for cell in found if cell.technique == name] for name in names}
    assert sizes == {
        "tfidf": [(0, "1"), (0, "10"), (0, "all"), (1, "1"), (1, "10"), (1, "all")],
        "zero_shot": [(0, "0")],
        "one_shot": [(0, "1"), (1, "1")],
        "retrieved": [(0, "1"), (0, "5"), (1, "1"), (1, "5")],
    }


def test_a_technique_may_have_sizes_of_its_own() -> None:
    found = cells(protocol(techniques=["tfidf"], sizes_of={"tfidf": [3]}, seeds=1))
    assert [cell.size for cell in found] == ["3"]


@pytest.mark.parametrize(
    ("sizes", "kept"), [([10, 30, 50, "all"], ["10", "all"]), ([10, 30, 50], ["10", "30"]), ([50, 90], ["50"])]
)
def test_of_sizes_that_draw_all_there_is_one_is_run(sizes: list[int | str], kept: list[str]) -> None:
    assert [cell.size for cell in cells(protocol(techniques=["tfidf"], sizes=sizes, seeds=1))] == kept


def test_two_intents_leave_none_to_come_later() -> None:
    two = Material(TRAIN[:60], tuple(row for row in TEST if row.intent in "ab"))
    plan = protocol(techniques=["tfidf"], sizes=[1], settings=["main", "unseen", "oos"], seeds=1)
    assert {cell.setting for cell in cells_of(batches_of(plan, two))} == {"main"}


def test_what_asks_no_endpoint_does_not_depend_on_one() -> None:
    plan = protocol(techniques=["smollm_prompt"], llm_sizes=[5], seeds=1)
    other = Protocol.model_validate(
        {**plan.model_dump(), "endpoint": {"base_url": "http://127.0.0.1:1/v1", "model": "m"}}
    )
    assert cells(plan) == cells(other)


def test_language_models_are_asked_the_beginning_of_the_same_rows() -> None:
    plan = protocol(techniques=["tfidf", "retrieved"], sizes=[1], llm_sizes=[1], llm_test_rows=25, seeds=1)
    plain, model = (lesson_of(cell, MATERIAL, plan) for cell in cells(plan))
    assert [cell.rows for cell in cells(plan)] == ["all", "subset-25"]
    assert model.test == plain.test[:25]
    assert model.examples == plain.examples


def test_what_learns_from_nothing_gets_a_name_of_each_intent() -> None:
    plan = protocol(techniques=["zero_shot"])
    lesson = lesson_of(cells(plan)[0], MATERIAL, plan)
    assert lesson.is_untaught
    assert sorted(row.intent for row in lesson.examples) == sorted(INTENTS)


@pytest.mark.parametrize("setting", ["noise-10", "noise-20", "shift", "unseen", "oos"])
def test_settings_have_their_own_sizes_and_techniques(setting: str) -> None:
    more = {"settings": [setting], "setting_sizes": [5], "setting_techniques": ["tfidf"], "seeds": 3}
    assert [(c.technique, c.size, c.seed) for c in cells(protocol(**more))] == [("tfidf", "5", 0)]


def lesson(setting: str) -> Any:
    plan = protocol(techniques=["tfidf"], settings=[setting], setting_sizes=[5])
    return lesson_of(cells(plan)[0], MATERIAL, plan)


def test_newcomers_come_with_n_examples_to_those_who_have_twenty() -> None:
    counts = {intent: sum(row.intent == intent for row in lesson("unseen").examples) for intent in INTENTS}
    assert counts == {intent: 5 if intent in NEW else 20 for intent in INTENTS}
    assert lesson("unseen").test == TEST


def test_out_of_scope_is_never_taught_and_asked_in_both_kinds() -> None:
    found = lesson("oos")
    assert not {row.intent for row in (*found.examples, *found.test)} & NEW
    assert {row.intent for row in found.outside} == NEW
    assert found.far == OUTSIDE


def test_noise_spoils_examples_only() -> None:
    truth = {row.text: row.intent for row in TRAIN}
    assert any(truth[row.text] != row.intent for row in lesson("noise-20").examples)
    assert lesson("noise-20").test == TEST


def test_shift_teaches_one_style_and_asks_both() -> None:
    found = lesson("shift")
    assert (found.test, found.same) == (MATERIAL.styled_test, MATERIAL.plain_test)
    assert set(found.examples) <= set(MATERIAL.plain)


@pytest.mark.parametrize(
    "change",
    [
        {"techniques": {"retrieved": {"examples": 3}}},
        {"endpoint": {"base_url": "http://127.0.0.1:1/v1", "model": "other"}},
        {"study": {"llm_test_rows": 30, "techniques": ["retrieved"], "llm_sizes": ["5"]}},
    ],
)
def test_what_defines_a_cell_is_in_its_key(change: dict[str, Any]) -> None:
    plan = protocol(techniques=["retrieved"], llm_sizes=[5])
    other = Protocol.model_validate({**plan.model_dump(), **change})
    assert {cell.key for cell in cells(plan)}.isdisjoint(cell.key for cell in cells(other))


def test_limits_and_tariffs_are_not_in_the_key() -> None:
    plan = protocol(techniques=["retrieved"], llm_sizes=[5])
    values = plan.model_dump() | {"tariffs": {"label_seconds": 3}, "budget": {"usd": 1}}
    values["study"] |= {"cell_minutes": 1.0, "jobs": 2}
    assert cells(Protocol.model_validate(values)) == cells(plan)
