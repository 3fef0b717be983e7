"""Reports are read for what they say of bundles, and never trusted to be whole."""

import json
from pathlib import Path

from bot.nights import decisions


def report(home: Path, night: str, text: object) -> None:
    folder = home / "nights" / night
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(text if isinstance(text, str) else json.dumps(text))


def test_the_last_night_that_made_a_bundle_is_told(tmp_path: Path) -> None:
    assert decisions(tmp_path) == {}
    report(tmp_path, "1", {"challenger": "b1", "decision": "refused", "reasons": ["worse"], "at": "t1", "night": "1"})
    report(tmp_path, "2", {"challenger": "b2", "decision": "promoted", "reasons": [], "at": "t2", "night": "2"})
    report(tmp_path, "3", {"challenger": None, "decision": "nothing_to_do"})
    assert decisions(tmp_path) == {
        "b1": {"night": "1", "at": "t1", "decision": "refused", "reasons": ["worse"]},
        "b2": {"night": "2", "at": "t2", "decision": "promoted", "reasons": []},
    }


def test_torn_and_strange_reports_are_passed_over(tmp_path: Path) -> None:
    report(tmp_path, "1", '{"challenger": "b')
    report(tmp_path, "2", [1])
    report(tmp_path, "3", {"challenger": {"id": "x"}})
    report(tmp_path, "4", {"challenger": "b", "reasons": "one"})
    (tmp_path / "nights" / "5").mkdir()
    (tmp_path / "nights" / "last.json").write_text("{}")
    assert decisions(tmp_path) == {"b": {"night": "4", "at": None, "decision": None, "reasons": []}}


def test_a_report_that_changes_is_read_again(tmp_path: Path) -> None:
    report(tmp_path, "1", {"challenger": "b", "decision": "kept"})
    assert decisions(tmp_path)["b"]["decision"] == "kept"
    report(tmp_path, "1", {"challenger": "b", "decision": "promoted"})
    assert decisions(tmp_path)["b"]["decision"] == "promoted"
