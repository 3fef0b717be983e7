"""Problems of training data that only the meaning of its texts shows: near copies, wrong labels, mixed-up intents.

It is given the embeddings' maker, and does not know which encoder that is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.dataset import Dataset, Example
from training.neighbours import Floats, Neighbours, groups, nearest
from training.suspects import FEWEST, NEIGHBOURS, judged, overlaps, probabilities, suspects
from training.validation import Problem, Row, essence, near_duplicate, near_leak

SAME, ALIKE = 0.98, 0.95
"""Cosines from which texts are copies, and from which they should not have two labels. Why: `LOG.md`."""
MOST_ALIKE = 50
FEWEST_ROWS = 2 * NEIGHBOURS
"""Distinct texts from which labels can be judged."""
SHOWN = 3

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, and what could not be looked for."""

    problems: tuple[Problem, ...]
    left_out: tuple[str, ...] = ()


def find(
    dataset: Dataset,
    test: Sequence[Example],
    embed: Callable[[Sequence[str]], Floats],
    progress: Progress = lambda _stage, _done, _all: None,
) -> Findings:
    """List what the meaning of the texts shows; what their letters show already is not listed again.

    Args:
        dataset: what would be trained on.
        test: rows of a test set.
        embed: texts → float32 (n, dim), rows of length 1.
        progress: told how far it is.

    Raises:
        ImportError: cleanlab is not installed.
    """
    rows = _distinct((*dataset.examples, *dataset.oos))
    known = {essence(row.text) for row in rows}
    strange = [row for row in _distinct(test) if essence(row.text) not in known]
    vectors = embed([row.text for row in (*rows, *strange)])
    own, others = vectors[: len(rows)], vectors[len(rows) :]
    near = nearest(own, most=MOST_ALIKE, on_rows=lambda done, total: progress("compare", done, total))
    judged_problems, left_out = _judge(rows, own, near)
    problems = (
        *_near_contradictions(rows, near),
        *_near_leaks(rows, own, strange, others),
        *judged_problems,
        *_near_duplicates(rows, near),
    )
    return Findings(problems, left_out)


def _distinct(rows: Sequence[Example]) -> list[Example]:
    """One row of each text and label; letters that make no difference make no other text."""
    return list({(essence(row.text), row.intent): row for row in reversed(rows)}.values())[::-1]


def _only(near: Neighbours, labels: Sequence[str], keys: Sequence[str], *, same_label: bool) -> Neighbours:
    """Leave the neighbours with the same label, or those with another; never the same text."""
    _, label = np.unique(np.array(labels, dtype=object).astype(str), return_inverse=True)
    _, key = np.unique(np.array(keys, dtype=object).astype(str), return_inverse=True)
    wanted = (label[near.places] == label[:, None]) == same_label
    wanted &= key[near.places] != key[:, None]
    return Neighbours(near.places, np.where(wanted, near.cosines, -2).astype(np.float32))


def _near_contradictions(rows: Sequence[Example], near: Neighbours) -> list[Problem]:
    found = []
    only = _only(near, [row.intent for row in rows], [essence(row.text) for row in rows], same_label=False)
    for group in groups(only, ALIKE):
        named = tuple(Row.of(rows[place]) for place in group)
        message = f"nearly the same, with different labels: {'; '.join(map(str, named))}"
        found.append(Problem("near_contradiction", message, named))
    return found


def _near_duplicates(rows: Sequence[Example], near: Neighbours) -> list[Problem]:
    only = _only(near, [row.intent for row in rows], [essence(row.text) for row in rows], same_label=True)
    return [near_duplicate([rows[place] for place in group]) for group in groups(only, SAME)]


def _near_leaks(rows: Sequence[Example], own: Floats, strange: Sequence[Example], others: Floats) -> list[Problem]:
    near = nearest(others, own, most=1)
    if not near.places.size:
        return []
    return [
        near_leak(row, [rows[place]])
        for row, place, cosine in zip(strange, near.places[:, 0], near.cosines[:, 0], strict=True)
        if cosine >= SAME
    ]


def _judge(rows: Sequence[Example], vectors: Floats, near: Neighbours) -> tuple[list[Problem], tuple[str, ...]]:
    places = judged([row.intent for row in rows])
    kept = [rows[place] for place in places]
    names, labels = np.unique(np.array([row.intent for row in kept]), return_inverse=True)
    if len(kept) < FEWEST_ROWS or len(names) < 2:
        reason = f"{FEWEST_ROWS} texts of two intents with {FEWEST} or more each are needed, got {len(kept)}"
        return [], (f"suspect labels and overlapping intents ({reason})",)
    left_out: tuple[str, ...] = ()
    if len(kept) < len(rows):
        vectors = vectors[places]
        near = nearest(vectors, most=NEIGHBOURS)
        left_out = (f"labels of {len(rows) - len(kept)} texts whose intents have fewer than {FEWEST}",)
    judgement = probabilities(vectors, near, labels)
    best = [str(names[place]) for place in judgement.argmax(axis=1)]
    named = [
        replace(Row.of(row), suggested=likely, confidence=float(judgement[place, labels[place]]))
        for place, (row, likely) in enumerate(zip(kept, best, strict=True))
    ]
    problems = [_suspect(named[suspicion.place]) for suspicion in suspects(judgement, labels)]
    for pair in overlaps(judgement, labels):
        confused = tuple(named[place] for place in pair.places)
        message = (
            f"{names[pair.one]} and {names[pair.other]}: {len(confused)} of {pair.n} rows are taken for the other "
            f"({100 * pair.rate:.0f} %, [{100 * pair.low:.0f}, {100 * pair.high:.0f}]), such as "
            f"{'; '.join(map(str, confused[:SHOWN]))}"
        )
        problems.append(Problem("overlap", message, confused))
    return problems, left_out


def _suspect(row: Row) -> Problem:
    sure = f"its own label has {100 * (row.confidence or 0):.0f} %"
    return Problem("suspect_label", f"{row} looks like {row.suggested}; {sure}", (row,))
