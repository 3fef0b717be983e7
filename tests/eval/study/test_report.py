"""The report: a page that needs nothing else, a summary, and pictures."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.study.answer import answer
from eval.study.point import Point
from eval.study.protocol import Protocol
from eval.study.report import write_report

Make = Callable[..., list[Point]]
PROTOCOL = Protocol.model_validate({"data": {"bot": str(Path("demo").resolve())}})


@pytest.fixture(scope="module")
def folder(make_points: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    points = [
        *make_points("head", {"1": 0.4, "5": 0.8, "all": 0.9}),
        *make_points("retrieved", {"1": 0.6, "5": 0.6}, n_test=100, rows="subset-100"),
        *make_points("zero_shot", {"0": 0.2}, n_test=100, rows="subset-100", failures={"<b>prose</b>": 2}),
        *make_points("head", {"5": 0.7}, setting="noise-10"),
    ]
    more: dict[str, Any] = {
        "data": {"hashes": {"train": "0123abcd"}, "n_train": 1000, "n_test": 400, "n_intents": 10},
        "answers": {"arms": [ARM], "notes": ["Simulated customers flatter."]},
    }
    out = tmp_path_factory.mktemp("study")
    write_report(answer(points, PROTOCOL) | more, out)
    return out


ARM = {
    "arm": "classifier",
    "chain": ["intent", "rag"],
    "n": 40,
    "rate": 0.625,
    "low": 0.47,
    "high": 0.76,
    "handed_off": 0.1,
    "cost_per_resolved_usd": 0.25,
    "p50_ms": 12.0,
    "p95_ms": None,
}


def test_all_files_are_written(folder: Path) -> None:
    names = {"index.html", "summary.md", "curves.svg", "curves.png", "pareto.svg", "pareto.png"}
    assert {path.name for path in folder.iterdir()} == names
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "pareto.svg").read_text(encoding="utf-8").startswith("<svg")


def test_the_page_tells_no_path_of_this_machine(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert f'"{Path.cwd()}' not in page
    assert re.search(r'"bot": "[./\w-]*demo"', page)


def test_the_page_loads_nothing(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"""(?:src|href)=["'](?!#)""", page) == []
    assert "url(http" not in page
    assert "@import" not in page


def test_what_comes_from_outside_is_text(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "<b>prose</b>" not in page
    assert "&lt;b&gt;prose" in page


def test_page_and_summary_hold_curves_crossings_and_customers(folder: Path) -> None:
    page, summary = ((folder / name).read_text(encoding="utf-8") for name in ("index.html", "summary.md"))
    for text in (page, summary):
        assert "0123abcd" in text
        assert "LLM, retrieved examples" in text
        assert "62.5 %" in text
    assert "12 ms / –" in page
    assert re.search(r"\| Linear head, frozen encoder \| \| 4\d\.\d % \(", summary)
    assert "| LLM, retrieved examples | Linear head, frozen encoder | " in summary


def test_the_summary_has_whole_tables(folder: Path) -> None:
    lines = (folder / "summary.md").read_text(encoding="utf-8").splitlines()
    rules = [place for place, line in enumerate(lines) if line.startswith("| ---")]
    assert len(rules) >= 4
    for place in rules:
        assert lines[place - 1].count("|") == lines[place].count("|") == lines[place + 1].count("|")


@pytest.mark.parametrize("truth", [{"0": 0.2}, {"5": 0.5}, {"1": 0.0, "90": 0.5, "all": 1.0}])
def test_a_lone_curve_is_drawn(make_points: Make, tmp_path: Path, truth: dict[str, float]) -> None:
    write_report(answer(make_points("zero_shot", truth, n_test=30), PROTOCOL), tmp_path)
    assert (tmp_path / "curves.svg").stat().st_size > 1000


def test_a_study_without_a_score_has_a_report_too(tmp_path: Path) -> None:
    page = write_report(answer([], PROTOCOL), tmp_path)
    assert "No cell has been finished yet." in page.read_text(encoding="utf-8")
    assert not (tmp_path / "curves.svg").exists()
