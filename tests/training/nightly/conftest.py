"""A small shop: a bot folder, a store with conversations, and a trainer that needs a blink instead of torch."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backends.bundle import bundles_dir, current_id, promote, seal
from bot.house import STORE
from bot.settings import NightlySection
from bot.store.writer import migrate
from training.dataset import OOS, Dataset, read_bot
from training.harvest.finding import GuardReport, Known, Night
from training.harvest.guards import Past
from training.nightly.child import Progress
from training.nightly.inputs import Inputs
from training.nightly.night import run_night
from training.nightly.report import Report
from training.nightly.sides import judges
from training.settings import Recipe

Build = Callable[..., Path]
NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
WORDS: Mapping[str, Sequence[str]] = {
    "order_status": ("where", "parcel", "track", "arrive"),
    "cancel_order": ("cancel", "undo", "stop"),
    "refund_status": ("refund", "money", "back"),
}
FILLERS = ("please", "now", "today", "hello", "my", "the", "for", "me", "about", "again")


def text_of(intent: str, number: int) -> str:
    """A text of an intent; every number gives another one."""
    words = WORDS[intent]
    return f"{words[number % len(words)]} {FILLERS[number % 10]} {FILLERS[number // 10 % 10]} n{number}"


def let_pass(night: Night, past: Past, known: Known, *, vouched: frozenset[str]) -> GuardReport:
    """A guard that finds nothing."""
    return GuardReport()


def learn_words(dataset: Dataset) -> dict[str, list[str]]:
    """The words of each intent: those it has more often than any other, fillers and numbers aside."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for row in dataset.examples:
        for word in row.text.lower().split():
            if word not in FILLERS and not word.startswith("n"):
                seen[word][row.intent] += 1
    learned: dict[str, list[str]] = {intent: [] for intent in dataset.intents}
    for word, counts in sorted(seen.items()):
        learned[counts.most_common(1)[0][0]].append(word)
    return learned


@dataclass
class Shop:
    """A bot folder and a home folder, with everything that a test turns."""

    home: Path
    bot: Path
    build: Build
    settings: NightlySection = field(default_factory=lambda: NightlySection(gold_share=0.3))
    spoil: Callable[[dict[str, list[str]]], dict[str, list[str]]] = lambda words: words
    """What the trainer does to the words it learned."""
    card: Mapping[str, Any] = field(default_factory=dict)
    """What the trainer writes into the card beside the usual."""
    trained: list[Dataset] = field(default_factory=list)
    """What the trainer was given, a data set a training."""
    count: int = 0

    def bundle(self, words: Mapping[str, Sequence[str]], **card: Any) -> Path:
        """Put a bundle that knows these words among the others."""
        self.count += 1
        folder = bundles_dir(self.home) / f"b{self.count:03}"
        self.finish(self.build(folder, words, bundle_id=folder.name), folder.name, card)
        return folder

    def finish(self, folder: Path, bundle_id: str, card: Mapping[str, Any]) -> None:
        """Give a bundle the card that a training writes."""
        told = {"id": bundle_id, "parity": {"label_agreement": 1.0}, "metrics": {"accuracy": 0.9}, **card}
        (folder / "card.json").write_text(json.dumps(told))
        seal(folder)

    def champion(self, words: Mapping[str, Sequence[str]] = WORDS, **card: Any) -> Path:
        """Put a bundle into service."""
        folder = self.bundle(words, **card)
        promote(self.home, folder.name)
        return folder

    def train(self, dataset: Dataset, out: Path, _recipe: Recipe | None, progress: Progress) -> None:
        """Count words instead of training."""
        self.trained.append(dataset)
        self.count += 1
        progress("fine-tune", 1, 1)
        words = {intent: found or [f"w{intent}"] for intent, found in self.spoil(learn_words(dataset)).items()}
        self.build(out, words)
        self.finish(out, f"b{self.count:03}", {"data": {"digest": dataset.digest()}, **self.card})

    def say(self, text: str, *, number: int, at: datetime, label: str | None = None, source: str = "live") -> str:
        """Store a turn of a conversation of its own; an operator may have labelled it."""
        when = at.isoformat(timespec="microseconds").replace("+00:00", "Z")
        conversation, turn = f"c{number}", f"t{number}"
        with self._store() as db, db:
            db.execute(
                "INSERT INTO conversations (id, session_hash, visitor_id, source, owner, owner_seq, last_offset,"
                " created_at) VALUES (?, ?, ?, ?, 'bot', 0, 0, ?)",
                [conversation, conversation, f"v{number}", source, when],
            )
            db.execute(
                "INSERT INTO turns (id, conversation_id, message_id, asked_at, answered_at, text, source, language,"
                " outcome, clarified, citations_json, actions_json, settings_hash, latency_ms, stages_json,"
                " prompt_tokens, completion_tokens, cost_usd)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, 'en', 'answered', 0, '[]', '[]', 'x', 1.0, '{}', 0, 0, 0.0)",
                [turn, conversation, turn, when, when, text, source],
            )
        if label is not None:
            self.label(number, label, at)
        return turn

    def label(self, number: int, intent: str, at: datetime) -> None:
        """Let an operator label a turn."""
        when = at.isoformat(timespec="microseconds").replace("+00:00", "Z")
        with self._store() as db, db:
            db.execute(
                "INSERT INTO labels (id, turn_id, intent, provenance, by, at) VALUES (?, ?, ?, 'operator', 'ann', ?)",
                [f"l{number}-{intent}", f"t{number}", intent, when],
            )

    @contextmanager
    def _store(self) -> Iterator[sqlite3.Connection]:
        """The store, without waiting for the disk."""
        with closing(sqlite3.connect(self.home / STORE)) as db:
            db.execute("PRAGMA synchronous = OFF")
            yield db

    def day(self, first: int, count: int, *, at: datetime = NOW - timedelta(hours=8)) -> None:
        """A day on which so many turns came in and were labelled as they were meant."""
        for number in range(first, first + count):
            intent = list(WORDS)[number % len(WORDS)]
            self.say(text_of(intent, number), number=number, at=at + timedelta(seconds=number % 3600), label=intent)

    def inputs(self, *, now: datetime = NOW, **changes: Any) -> Inputs:
        """What a night of this shop depends on."""
        usual = Inputs(self.home, self.bot, self.settings, now=now, train=self.train, guard=let_pass, page=False)
        return replace(usual, **changes)

    def night(self, *, now: datetime = NOW, **changes: Any) -> Report:
        """Run a night."""
        return run_night(self.inputs(now=now, **changes))

    @property
    def current(self) -> str | None:
        """The bundle in service."""
        return current_id(self.home)

    def left(self) -> set[str]:
        """What lies in the folders of bundles and nights, hidden things included, locks and history aside."""
        nights = {path.name for path in (self.home / "nights").glob("*") if path.is_dir()}
        return nights | {path.name for path in bundles_dir(self.home).glob("*") if path.is_dir()}


def write_nlu(bot: Path, rows: Mapping[str, Sequence[str]]) -> Dataset:
    """Write a bot folder's NLU file."""
    blocks = "".join(
        f"  - intent: {intent}\n    examples: |\n" + "".join(f"      - {text}\n" for text in texts)
        for intent, texts in rows.items()
    )
    (bot / "nlu").mkdir(parents=True, exist_ok=True)
    (bot / "nlu" / "all.yml").write_text(f'version: "3.1"\nnlu:\n{blocks}')
    (bot / "bot.toml").touch()
    return read_bot(bot)


def own_rows() -> dict[str, list[str]]:
    """Rows that teach every word, and some out of scope."""
    return {
        **{intent: [f"{word} please" for word in words] for intent, words in WORDS.items()},
        OOS: ["sing a song", "who won the match"],
    }


@pytest.fixture
def shop(tmp_path: Path, make_tiny_bundle: Build) -> Shop:
    """A shop with rows of its own, an empty store, and no model yet."""
    shop = Shop(tmp_path / "var", tmp_path / "bot", make_tiny_bundle)
    shop.home.mkdir()
    write_nlu(shop.bot, own_rows())
    migrate(shop.home / STORE)
    return shop


def gold_numbers(shop: Shop, count: int) -> list[int]:
    """Numbers of conversations that are on the gold side."""
    found = (number for number in range(100_000) if judges(f"c{number}", shop.settings.gold_share))
    return [next(found) for _ in range(count)]
