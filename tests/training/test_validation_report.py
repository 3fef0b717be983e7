"""The report lists every row, as JSON or as a page that loads nothing and runs nothing."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from training.dataset import DataError, Dataset, Example
from training.validation import Problem, Row, validate
from training.validation_report import Validation, check_ending, to_html, write_report

ROWS = [
    Example("hi", "greet", "a.csv:2"),
    Example("Hi", "goodbye", "a.csv:3"),
    Example("bye", "goodbye", "a.csv:4"),
    Example("bye!", "goodbye", "a.csv:5"),
]
NASTY = "<script>alert(1)</script>"
SUSPECT = Problem(
    "suspect_label", "looks wrong", (Row(NASTY, "greet", "b&c.csv:7", suggested="goodbye", confidence=0.125),)
)


def validation(*extra: Problem) -> Validation:
    dataset = Dataset.of(ROWS)
    return Validation(dataset, (*validate(dataset), *extra), ("the rest (asked not to)",))


class Tags(HTMLParser):
    """Collects the tags of a page with their attributes, and that they are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links.extend(value or "" for name, value in attrs if name in {"src", "href"})
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_names_every_row_and_loads_nothing() -> None:
    page = to_html(validation(SUSPECT))
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert "script" not in tags.seen
    assert all(link.startswith("#") for link in tags.links)
    for words in ("a.csv:2", "a.csv:3", "a.csv:5", "b&amp;c.csv:7", "&lt;script&gt;", "0.12", "asked not to"):
        assert words in page


def test_the_json_file_has_what_the_command_prints(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    write_report(path, validation(SUSPECT))
    report = json.loads(path.read_text())
    assert report["ok"] is False
    assert report["counts"] == {"contradiction": 1, "small_intent": 1, "suspect_label": 1, "near_duplicate": 1}
    (row,) = report["problems"][-1]["rows"]
    assert row == {
        "file": "b&c.csv",
        "line": 7,
        "text": NASTY,
        "intent": "greet",
        "set": "train",
        "suggested": "goodbye",
        "confidence": 0.125,
    }


def test_a_page_without_problems_says_so(tmp_path: Path) -> None:
    write_report(tmp_path / "a.html", Validation(Dataset.of([]), ()))
    assert "Nothing that stops a training" in (tmp_path / "a.html").read_text()


@pytest.mark.parametrize("name", ["report", "report.pdf"])
def test_another_ending_is_refused(name: str) -> None:
    with pytest.raises(DataError, match=r"\.html or \.json"):
        check_ending(Path(name))


def test_a_report_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.html").mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        write_report(tmp_path / "a.html", validation())
