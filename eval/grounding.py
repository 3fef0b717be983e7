"""Runs questions through the `rag` backend and judges labelled answers. It prints nothing and labels nothing itself.

Definitions (grounding-1): an answer is *generated* when at least one sentence was written by the language model,
*extractive* when it quotes an article, *abstained* when the backend gave none. A labelled answer is *unsupported*
when a person who read the passages found that it states something they do not; abstentions are not labelled.
"""

import csv
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from backends.contract import Abstain, Backend, Message, Reply, Turn
from training.intervals import Rate, wilson

DEFINITION = "grounding-1"
MODES = ("generated", "extractive", "abstained")
COLUMNS = ("question", "mode", "answer", "supported", "note")
_WORDS = {"yes": True, "no": False}


class BadFile(ValueError):
    """A file of questions or labels that cannot be used; the message says why."""


class Asked(NamedTuple):
    """A question and the customer's line before it, if any."""

    text: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a question."""

    question: str
    mode: str
    answer: str
    """The reply's text; empty for an abstention."""
    reason: str
    """Why the backend abstained; else empty."""
    relevance: float | None
    passages: tuple[str, ...]
    """The quotes it cites, with their article."""
    ms: float
    """Milliseconds of all stages together."""

    def to_json(self) -> str:
        """Give one line of JSONL."""
        return json.dumps(asdict(self), ensure_ascii=False)


class Labelled(NamedTuple):
    """One row of a hand-labelled file."""

    question: str
    mode: str
    answer: str
    is_supported: bool
    note: str


def read_asked(path: Path) -> tuple[Asked, ...]:
    """Read questions from a CSV with a column `question` (and perhaps `before`), or one a line from a text file.

    Raises:
        BadFile: there is no such column, or no question.
        OSError: the file cannot be read.
    """
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if rows and "question" not in rows[0]:
            raise BadFile(f"{path}: expected a column `question`, got {', '.join(rows[0])}")
        asked = [Asked(row["question"], row.get("before") or "") for row in rows if row["question"].strip()]
    else:
        asked = [Asked(line.strip()) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not asked:
        raise BadFile(f"{path}: no question in it")
    return tuple(asked)


async def ask(backend: Backend, question: Asked, number: int = 0) -> Answered:
    """Put one question to a backend.

    Raises:
        BackendError: something it needs is broken.
    """
    history = (Message("customer", question.before),) if question.before else ()
    outcome = await backend.reply(Turn(f"eval-{number}", question.text, history=history), _ignore)
    ms = float(sum(outcome.stages_ms.values()))
    match outcome:
        case Reply():
            passages = tuple(f"{cited.article_id}: {cited.quote}" for cited in outcome.citations)
            mode = outcome.provenance.mode or "generated"
            return Answered(question.text, mode, outcome.text, "", outcome.confidence, passages, ms)
        case Abstain():
            return Answered(question.text, "abstained", "", outcome.reason, outcome.confidence, (), ms)


async def ask_all(backend: Backend, questions: Sequence[Asked]) -> AsyncIterator[Answered]:
    """Put several questions, one after the other."""
    for number, question in enumerate(questions):
        yield await ask(backend, question, number)


def shares(answers: Sequence[Answered]) -> dict[str, float | None]:
    """Share of each mode; None without answers."""
    if not answers:
        return dict.fromkeys(MODES)
    return {mode: sum(answer.mode == mode for answer in answers) / len(answers) for mode in MODES}


def read_labels(path: Path) -> tuple[Labelled, ...]:
    """Read a labelled CSV (`question,mode,answer,supported,note`).

    Raises:
        BadFile: a column is missing, or a label is neither yes nor no.
        OSError: the file cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not set(COLUMNS) <= rows[0].keys():
        raise BadFile(f"{path}: expected the columns {','.join(COLUMNS)}")
    labels = []
    for number, row in enumerate(rows, start=2):
        word = row["supported"].strip().lower()
        if word not in _WORDS:
            raise BadFile(f"{path}:{number}: `supported` must be yes or no, got {row['supported']!r}")
        labels.append(Labelled(row["question"], row["mode"], row["answer"], _WORDS[word], row["note"]))
    return tuple(labels)


def unsupported_rates(labels: Sequence[Labelled]) -> dict[str, Rate | None]:
    """Share of unsupported answers with its 95 % interval: of all, and by mode; None without any."""
    groups: Mapping[str, Sequence[Labelled]] = {
        "all": labels,
        "generated": [label for label in labels if label.mode == "generated"],
        "extractive": [label for label in labels if label.mode == "extractive"],
    }
    return {
        name: wilson(sum(not label.is_supported for label in group), len(group)) if group else None
        for name, group in groups.items()
    }


async def _ignore(_piece: str) -> None:
    """Nobody watches."""
