"""Scenario files are read whole or refused with the file, the line and the reason."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

import bot
from bot.checking import check_folder
from bot.scenarios import Book, ScenarioError, load_scenarios, unknown_names

STARTER = Path(bot.__file__).with_name("starter")
WAYS = [f"way number {word}" for word in ("one", "two", "three", "four", "five", "six", "seven", "eight")]
REMARKS = {
    **{
        name: ["something"]
        for name in ("greet", "thanks", "grumble", "complain", "person", "anger", "yes", "beside", "aside", "message")
    },
    "join": ["{first} {second}"],
    "give": {"ticket": ["{value}"]},
}
CUSTOMERS = {"questions": {"ticket": "which ticket"}, "personas": [{"name": "plain"}], "remarks": REMARKS}


def scenario(**changes: Any) -> dict[str, Any]:
    return {"id": "hours", "goal": "know when", "say": WAYS, "met": {"facts": ["nine"]}, **changes}


def write(folder: Path, *, name: str = "all.yml", customers: Any = CUSTOMERS, scenarios: Any = None) -> Path:
    path = folder / "scenarios" / name
    path.parent.mkdir(exist_ok=True)
    document = {"version": "1.0", "scenarios": [scenario()] if scenarios is None else scenarios}
    if customers:
        document["customers"] = customers
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def flaw_of(folder: Path) -> str:
    with pytest.raises(ScenarioError) as refused:
        load_scenarios(folder)
    return str(refused.value)


def test_scenarios_of_several_files_are_one_book(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, name="more.yml", customers=None, scenarios=[scenario(id="prices")])
    book = load_scenarios(tmp_path)
    assert [one.id for one in book.scenarios] == ["hours", "prices"]
    assert len(book.digest) == 12


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"say": WAYS[:7]}, "scenarios.0: say: expected 8 or more different texts, got 7"),
        ({"say": [*WAYS[:7], WAYS[0].upper()]}, "expected 8 or more different texts"),
        ({"met": {}}, "scenarios.0.met: expected facts, an action or `person: true`"),
        ({"met": {"facts": ["(nine"]}}, "scenarios.0.met.facts: expected a regular expression, got '(nine'"),
        ({"met": {"facts": ["{ticket}"]}}, "{ticket} is none of the values: there are none"),
        ({"met": {"facts": ["x"], "of": "ticket"}}, "`of` says whom an action was for"),
        ({"met": {"action": "look", "of": "number"}, "values": [{"ticket": "1"}]}, "{number} is none of the values"),
        ({"values": [{"ticket": "1"}, {"name": "2"}]}, "values: every set needs the same names"),
        ({"wieght": 2}, "scenarios.0.wieght: Extra inputs are not permitted"),
        ({"weight": 0}, "scenarios.0.weight: Input should be greater than 0 (got 0)"),
        ({"id": "Opening Hours"}, "scenarios.0.id: String should match pattern"),
    ],
)
def test_what_is_wrong_with_a_scenario_is_told(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    write(tmp_path, scenarios=[scenario(**changes)])
    assert told in flaw_of(tmp_path)


def test_a_flaw_names_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, scenarios=[scenario(), scenario(id="second", wieght=3)])
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if "wieght" in text)
    assert flaw_of(tmp_path).startswith(f"scenarios/all.yml:{line}: scenarios.1.wieght")


def test_broken_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    write(tmp_path).write_text('version: "1.0"\nscenarios: [\n', encoding="utf-8")
    assert "scenarios/all.yml:3: not readable" in flaw_of(tmp_path)


@pytest.mark.parametrize(
    ("customers", "told"),
    [
        (None, "expected one file with `customers:`, got 0"),
        ({**CUSTOMERS, "personas": [{"name": "mad", "difficult": True}]}, "at least one that is not difficult"),
        ({**CUSTOMERS, "questions": {"email": "mail"}}, "remarks.give lacks email"),
        ({**CUSTOMERS, "personas": [{"name": "a", "typos": 0.9}]}, "customers.personas.0.typos"),
        ({**CUSTOMERS, "personas": [{"name": "a", "when_met": {}}]}, "at least one weight above 0"),
    ],
)
def test_what_is_wrong_with_the_customers_is_told(tmp_path: Path, customers: Any, told: str) -> None:
    write(tmp_path, customers=customers)
    assert told in flaw_of(tmp_path)


def test_an_id_given_twice_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    assert "no scenarios in" in flaw_of(tmp_path)
    write(tmp_path, scenarios=[scenario(), scenario()])
    assert "the scenario id 'hours' is given 2 times" in flaw_of(tmp_path)
    write(tmp_path, scenarios=[])
    assert "expected at least one scenario" in flaw_of(tmp_path)


def test_names_that_the_bot_folder_lacks_are_found(tmp_path: Path) -> None:
    evidence = {"intents": ["hours"], "also": ["prices"], "articles": ["storage"]}
    write(tmp_path, scenarios=[scenario(evidence=evidence, met={"action": "look"})])
    book: Book = load_scenarios(tmp_path)
    flaws = list(unknown_names(book, intents={"hours"}, articles=(), actions=()))
    assert [(flaw.file, flaw.message) for flaw in flaws] == [
        ("scenarios/all.yml", "hours: no intent 'prices' in this bot folder"),
        ("scenarios/all.yml", "hours: no article 'storage' in this bot folder"),
        ("scenarios/all.yml", "hours: no action 'look' in this bot folder"),
    ]
    lines = (tmp_path / "scenarios" / "all.yml").read_text().splitlines()
    assert {lines[(flaw.line or 0) - 1].partition(":")[0] for flaw in flaws} == {"- id"}


def test_the_starter_has_scenarios_without_a_finding() -> None:
    assert len(load_scenarios(STARTER).scenarios) == 4
    assert [finding for finding in check_folder(STARTER) if "scenarios" in finding.file] == []


def test_check_lists_flaws_of_scenarios(tmp_path: Path) -> None:
    folder = tmp_path / "bot"
    shutil.copytree(STARTER, folder)
    path = folder / "scenarios" / "customers.yml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("weight: 2\n  say", "wieght: 2\n  say"), encoding="utf-8")
    assert [finding.message.partition(":")[0] for finding in check_folder(folder)] == ["scenarios.0.wieght"]
    path.write_text(whole.replace("[repair_prices]", "[prices]"), encoding="utf-8")
    (finding,) = check_folder(folder)
    assert finding.message == "flat_tyre: no intent 'prices' in this bot folder"
    assert finding.file == "scenarios/customers.yml"
    assert whole.splitlines()[(finding.line or 0) - 1] == "- id: flat_tyre"
