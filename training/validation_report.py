"""Writes what validation found as one file: JSON for programs, or a page that needs nothing else for people."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from jinja2 import Environment

from training.dataset import DataError, Dataset
from training.validation import Kind, Problem

MEANING: Mapping[Kind, str] = {
    "too_few_intents": "A classifier needs two intents.",
    "contradiction": "One text with several labels: keep one of them.",
    "leakage": "Texts of the test set that are training data: the test would flatter.",
    "small_intent": "Intents with fewer examples than asked for.",
    "near_contradiction": "Nearly the same text with several labels: one of them is probably wrong.",
    "near_leakage": "Texts of the test set that are nearly training data: the test would flatter.",
    "suspect_label": "Labels that confident learning holds for wrong, the worst first.",
    "overlap": "Intents whose texts are taken for each other: draw the line anew, or merge them.",
    "duplicate": "Equal texts with one label; training keeps one.",
    "near_duplicate": "Nearly the same text with one label; they teach little.",
}


@dataclass(frozen=True, slots=True)
class Validation:
    """Everything that one validation has to say."""

    dataset: Dataset
    problems: tuple[Problem, ...]
    left_out: tuple[str, ...] = ()
    """What was not looked for, and why."""

    @property
    def is_ok(self) -> bool:
        """Whether nothing serious was found."""
        return not any(problem.is_serious for problem in self.problems)

    def counts(self) -> dict[str, int]:
        """Problems of each kind that was found, in the order of the report."""
        found = Counter(problem.kind for problem in self.problems)
        return {kind: found[kind] for kind in get_args(Kind) if found[kind]}

    def to_json(self) -> dict[str, Any]:
        """Give the whole report as one document."""
        return {
            "ok": self.is_ok,
            "examples": len(self.dataset.examples),
            "intents": len(self.dataset.intents),
            "oos": len(self.dataset.oos),
            "counts": self.counts(),
            "left_out": list(self.left_out),
            "problems": [problem.to_json() for problem in self.problems],
        }


def write_report(path: Path, validation: Validation) -> None:
    """Write `.html` or `.json`, by the path's ending.

    Raises:
        DataError: another ending, or the file cannot be written.
    """
    check_ending(path)
    if path.suffix.lower() == ".json":
        content = json.dumps(validation.to_json(), ensure_ascii=False, indent=1) + "\n"
    else:
        content = to_html(validation)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", errors="backslashreplace")
    except OSError as exc:
        raise DataError(f"{path}: cannot be written ({exc.strerror})") from exc


def check_ending(path: Path) -> None:
    """Refuse what is no report's name, before any work is done.

    Raises:
        DataError: an ending other than `.html` and `.json`.
    """
    if path.suffix.lower() not in {".html", ".json"}:
        raise DataError(f"{path}: expected a report ending in .html or .json, got {path.suffix or 'none'}")


def to_html(validation: Validation) -> str:
    """One page with a bar for each kind and a table of its rows; no scripts, nothing loaded."""
    template = Path(__file__).with_name("validation.html").read_text(encoding="utf-8")
    document = validation.to_json()
    sections = [
        (kind, MEANING[kind], [_entry(problem) for problem in validation.problems if problem.kind == kind])
        for kind in get_args(Kind)
        if kind in document["counts"]
    ]
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render(**document, sections=sections, sizes=_sizes(validation.dataset))


def _entry(problem: Problem) -> tuple[str, Sequence[Mapping[str, Any]]]:
    """Title of one problem, when its rows do not say all of it, and the rows."""
    title = problem.message.partition(", such as ")[0] if problem.kind in {"overlap", "small_intent"} else ""
    return title or ("" if problem.rows else problem.message), [row.to_json() for row in problem.rows]


def _sizes(dataset: Dataset) -> Sequence[tuple[str, int]]:
    """Intents with their numbers of examples, the smallest first."""
    return sorted(dataset.counts().items(), key=lambda item: (item[1], item[0]))
