"""CLINC150 as a stock of customers' texts. Test rows only measure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.redact import redact
from training.dataset import DataError, Example, read_csv
from training.split import normalise

LEARNED = ("train.csv", "val.csv")
TEST = "test.csv"

Texts = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts by intent, masked, each once, those of the test in no other place."""

    learned: Texts
    test: Texts

    @property
    def intents(self) -> tuple[str, ...]:
        """Intents with texts of both kinds, sorted."""
        return tuple(sorted(set(self.learned) & set(self.test)))


def read_corpus(folder: Path) -> Corpus:
    """Read `train.csv`, `val.csv` and `test.csv` (text,intent) of a folder.

    Raises:
        DataError: a file is missing or malformed.
    """
    missing = [name for name in (*LEARNED, TEST) if not (folder / name).is_file()]
    if missing:
        raise DataError(f"{folder}: expected CLINC150's train.csv, val.csv and test.csv, found no {missing[0]}")
    return corpus_of([row for name in LEARNED for row in read_csv(folder / name)], read_csv(folder / TEST))


def corpus_of(learned: Iterable[Example], test: Iterable[Example]) -> Corpus:
    """Sort rows by intent."""
    seen: set[str] = set()
    judging = _by_intent(test, seen)
    return Corpus(_by_intent(learned, seen), judging)


def _by_intent(rows: Iterable[Example], seen: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        text = redact(row.text)
        if normalise(text) not in seen:
            seen.add(normalise(text))
            found[row.intent].append(text)
    return dict(found)
