"""A store with a month of made-up conversations of the demo shop, equal for equal seeds: for tests and screenshots.

What is written goes through the store's own functions; only times, which those take from the clock, are set back.
"""

import json
import random
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from sqlite_utils import Database

from backends import bundle
from bot.conversation import Conversation, Owner
from bot.ids import first_id, new_session_id
from bot.outcomes.job import judge
from bot.queueing import Clock
from bot.routing import Arm, Routing
from bot.settings import OutcomeSection
from bot.store.journal import Change, write_change
from bot.store.opening import Opening, open_conversation, write_routing
from bot.store.operations import close
from bot.store.proposals import write_proposal
from bot.store.queue import note_moves
from bot.store.rows import AttemptRow, ConversationRow, TurnRow
from bot.store.signals import write_feedback, write_label, write_resolved
from bot.store.tables import append_event, insert_turn, save_conversation
from bot.store.writer import connect, migrate
from bot.wire import BotUttered, OwnerChanged, StoredFrame, UserUtteredOut
from tests.e2e.demo_shop import DEMO, LIMITS, trained_home
from tests.e2e.running import Running

ARMS = (Arm("classifier first", 0.7, ("intent", "rag", "handoff")), Arm("articles only", 0.3, ("rag", "handoff")))
ASIDE = {"affirm", "deny", "oos", "bot_challenge"}
"""Intents that nobody begins a conversation with."""
STRAY = ("do you sell second hand skis", "can i bring my dog to the shop", "are you hiring this winter")
"""Questions that neither a reply nor an article answers."""
NO_ANSWER = "I am not sure that I understood. Could you say it in other words?"


@dataclass(frozen=True, slots=True)
class Shop:
    """What the demo's customers ask and what its bot says."""

    texts: dict[str, list[str]]
    """Examples by intent."""
    replies: dict[str, str]
    articles: list[str]
    """Ids."""


def read_shop(bot: Path = DEMO) -> Shop:
    """Read examples, first replies and articles from a bot folder."""
    texts: dict[str, list[str]] = {}
    for path in sorted((bot / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            texts[entry["intent"]] = [line.removeprefix("- ") for line in entry["examples"].splitlines()]
    responses = yaml.safe_load((bot / "responses.yml").read_text(encoding="utf-8"))["responses"]
    replies = {name.removeprefix("utter_"): variants[0]["text"] for name, variants in responses.items()}
    return Shop(texts, replies, sorted(path.stem for path in (bot / "articles").glob("*.md")))


class Seeder:
    """Writes conversations, one after another, older ones first."""

    def __init__(self, db: Database, shop: Shop, seed: int) -> None:
        self._db = db
        self._shop = shop
        self._random = random.Random(seed)
        self._intents = [name for name in shop.texts if name not in ASIDE and name in shop.replies]
        self._weights = [1 / (place + 1) for place in range(len(self._intents))]
        self._routing = write_routing(db, Routing(0, ARMS), expected=None, who="Ada", why="articles get a share")
        self.turns: list[TurnRow] = []

    def converse(self, begun: datetime, unit: str) -> None:
        """Write one conversation of one to three questions."""
        opening = Opening(self._id("c", begun), new_session_id(), unit, "live", "en", visitor_id=unit)
        row = open_conversation(self._db, opening, self._routing, "seed")
        frames: list[StoredFrame] = []
        at, ends = begun, self._random.random()
        for _ in range(self._random.choice((1, 1, 1, 2, 2, 3))):
            at = self._ask(row, frames, at)
        if ends < (0.2 if row.arm == "articles only" else 0.12):
            frames.append(OwnerChanged(offset=len(frames) + 1, at=_iso(at), owner="queue"))
        self._finish(row, frames, begun, at, ends)

    def _ask(self, row: ConversationRow, frames: list[StoredFrame], at: datetime) -> datetime:
        stray = self._random.random() < 0.06
        intent = "oos" if stray else self._random.choices(self._intents, self._weights)[0]
        text = self._random.choice(STRAY if stray else self._shop.texts[intent])
        turn = self._turn(row, intent, text, at)
        said = UserUtteredOut(offset=len(frames) + 1, at=_iso(at), message_id=turn.message_id, text=text)
        answer = BotUttered(
            offset=len(frames) + 2,
            at=turn.answered_at,
            message_id=turn.bot_message_id or "",
            reply_to=turn.message_id,
            text=turn.reply or "",
            backend=turn.backend or "fallback",
            intent=turn.intent,
            confidence=turn.confidence,
            citations=json.loads(turn.citations_json),
        )
        frames += [said, answer]
        insert_turn(self._db, turn)
        self.turns.append(turn)
        return at + timedelta(seconds=self._random.uniform(20, 90))

    def _turn(self, row: ConversationRow, intent: str, text: str, at: datetime) -> TurnRow:
        """What answered: the classifier if it is sure, else the articles, else nobody."""
        sure = 0.2 if intent == "oos" else min(0.99, self._random.betavariate(5, 1.3))
        by_intent = row.arm == "classifier first" and sure > 0.62
        article = None if by_intent or self._random.random() < 0.3 else self._random.choice(self._shop.articles[:30])
        backend = "intent" if by_intent else "rag" if article else None
        ms = self._random.lognormvariate(2.2, 0.5) if by_intent else self._random.lognormvariate(6.2, 0.6)
        reply = self._shop.replies[intent] if by_intent else f"You find this in “{article}”." if article else NO_ANSWER
        tried = () if row.arm == "articles only" else (_attempt("intent", by_intent, intent, sure),)
        asked = () if by_intent else (_attempt("rag", article is not None, None, None),)
        cited = [{"title": article, "url": f"/help/{article}", "article_id": article, "quote": ""}] if article else []
        return TurnRow(
            id=self._id("t", at),
            conversation_id=row.id,
            message_id=self._id("u", at),
            bot_message_id=self._id("m", at),
            asked_at=_iso(at),
            answered_at=_iso(at + timedelta(milliseconds=ms)),
            text=text,
            reply=reply,
            source="live",
            language="en",
            arm=row.arm,
            propensity=row.propensity,
            routing_version=row.routing_version,
            outcome="answered" if backend else "fallback",
            settings_hash="seed",
            latency_ms=ms,
            backend=backend,
            kind="reply" if backend else None,
            intent=intent if by_intent else None,
            confidence=sure if by_intent else None,
            mode="template" if by_intent else None,
            citations_json=json.dumps(cited),
            cost_usd=0.00021 * self._random.uniform(0.5, 2) if article else 0.0,
            attempts=(*tried, *asked),
        )

    def _finish(
        self, row: ConversationRow, frames: list[StoredFrame], begun: datetime, at: datetime, ends: float
    ) -> None:
        db, turn = self._db, self.turns[-1]
        for frame in frames:
            append_event(db, row.id, frame)
        waits = isinstance(frames[-1], OwnerChanged)
        if waits:
            queued = replace(row, owner="queue", queued_at=_iso(at))
            note_moves(db, row, queued, _iso(at))
            note_moves(db, queued, replace(row, owner="closed"), _iso(at + timedelta(minutes=4)))
        owner = Owner.CLOSED if waits or ends > 0.5 else Owner.BOT
        save_conversation(db, row, Conversation(owner), len(frames), clock=Clock(None, None), last_text=turn.text)
        if ends > 0.86 and turn.backend:
            write_resolved(db, row.id, True)
        elif 0.2 < ends < 0.28 and turn.bot_message_id:
            write_feedback(db, row.id, turn.bot_message_id, -1, "wrong_topic")
        if owner is Owner.CLOSED:
            close(db, row.id, "idle")
        closed = _iso(at) if owner is Owner.CLOSED else None
        times = [_iso(begun), _iso(at), closed]
        db.execute(
            "UPDATE conversations SET created_at = ?, updated_at = ?, closed_at = ? WHERE id = ?", [*times, row.id]
        )
        db.execute("UPDATE signals SET at = ? WHERE conversation_id = ?", [_iso(at), row.id])

    def _id(self, prefix: str, at: datetime) -> str:
        return first_id(prefix, at) + f"{self._random.getrandbits(48):012x}"


def seed_store(path: Path, *, now: datetime, conversations: int = 400, days: int = 28, seed: int = 7) -> list[TurnRow]:
    """Write a month of conversations, their outcomes, some labels and two proposals; gives the turns.

    Args:
        path: of the SQLite file, which is new.
        now: when the last one ended, about.
    """
    migrate(path)
    db, source = connect(path, synchronous="NORMAL"), random.Random(seed)
    with db.atomic():
        seeder = Seeder(db, read_shop(), seed)
        moments = sorted(now - timedelta(days=days * source.random() ** 1.3, hours=1) for _ in range(conversations))
        for moment in moments:
            seeder.converse(moment, f"v{source.randrange(conversations)}")
        answered = [turn for turn in seeder.turns if turn.backend == "intent" and turn.intent]
        for turn in answered[:12]:
            intent = turn.intent or ""
            write_label(db, turn.id, intent, provenance="operator", by="Ben", note=None)
            write_change(db, Change("Ben", "operator", "turn.label", turn.id, {"intent": intent}))
        _propose(db, seeder.turns[-1], answered[-1])
    db.conn.close()
    judge(path, _iso(now), OutcomeSection())
    return seeder.turns


def _propose(db: Database, newest: TurnRow, answered: TurnRow) -> None:
    text = "Your parcel is with our courier. The link in your order confirmation shows where it is at any time."
    write_proposal(db, answered.id, text, by="Ben", intent="shipping_time")
    missing = "An article on second-hand skis is missing: customers ask for it every week."
    write_proposal(db, newest.id, missing, by="Cleo")


def _attempt(backend: str, answered: bool, intent: str | None, confidence: float | None) -> AttemptRow:
    return AttemptRow(backend, "reply" if answered else "abstain:low_confidence", 8.0, intent, confidence)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seed_models(home: Path, trained: Path, *, now: datetime) -> tuple[str, str]:
    """Copy the bundle that the checkout serves, and a twin of it that last night made; gives both ids.

    Args:
        home: a new `var/` folder; the first of the two serves in it.
        trained: the `var/` folder of the checkout.
    """
    current = bundle.current_id(trained)
    assert current is not None, f"no trained model in {trained}; run `make train` first"
    twin = f"{now - timedelta(hours=6):%Y%m%dT%H%M%SZ}-5eed5eed"
    for name in (current, twin):
        shutil.copytree(trained / "bundles" / current, home / "bundles" / name)
    folder = home / "bundles" / twin
    card = json.loads((folder / "card.json").read_text())
    figures = {**card["metrics"], "accuracy": 0.881, "accuracy_low": 0.836, "accuracy_high": 0.915, "ece": 0.031}
    card |= {"id": twin, "created_at": _iso(now - timedelta(hours=6)), "metrics": figures}
    (folder / "card.json").write_text(json.dumps(card))
    (folder / "manifest.json").unlink()
    bundle.seal(folder)
    bundle.promote(home, current, why="first")
    _night(home / "nights", twin, current, now - timedelta(hours=6))
    return current, twin


@dataclass(frozen=True, slots=True)
class SeededShop:
    """A server of the demo shop with a history, not started yet."""

    server: Running
    current: str
    """The bundle that serves at first, and one that could."""
    other: str


def seeded_server(home: Path, *, now: datetime, conversations: int, **env: str) -> SeededShop:
    """The demo bot with two models and a month of conversations.

    Args:
        home: a new `var/` folder.
        now: when the last conversation ended, about.
        conversations: how many.
        env: more settings, as environment variables.
    """
    trained = trained_home()
    current, other = seed_models(home, trained, now=now)
    (home / "encoders").symlink_to(trained / "encoders")
    if (trained / "index").is_dir():
        shutil.copytree(trained / "index", home / "index")
    seed_store(home / "switchboard.sqlite3", now=now, conversations=conversations)
    return SeededShop(Running(DEMO, home, env={**LIMITS, **env}), current, other)


def _night(nights: Path, challenger: str, champion: str, at: datetime) -> None:
    name = challenger.replace("5eed5eed", "0badcafe")
    (nights / name).mkdir(parents=True)
    reasons = [
        "Not worse than the model in service: 88.1 % against 85.4 % of 261 gold rows",
        "No intent harmed; 14 rows that were wrong are right now, 7 the other way round",
    ]
    told = {"night": name, "at": _iso(at), "decision": "kept", "champion": champion, "challenger": challenger}
    (nights / name / "report.html").write_text(f"<!doctype html><title>Night</title><h1>Night {name}</h1>")
    (nights / name / "report.json").write_text(json.dumps({**told, "reasons": reasons}))
