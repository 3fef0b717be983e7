"""The job: what is judged when, that it can be repeated, and that nothing is lost or doubled when it is killed."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot import flocks
from bot.errors import StoreError
from bot.ids import now
from bot.outcomes.definition import outcome_of, stamp, window_of
from bot.outcomes.job import SMALL_BATCH, Judge, judge, judged
from bot.outcomes.reading import due
from bot.outcomes.rules import rules_of
from bot.outcomes.transcript import Suggested, Transcript
from bot.settings import OutcomeSection
from bot.store.outcomes import OutcomeRow, count_open, read_outcomes
from bot.store.reader import Reader
from bot.store.writer import Writer, connect, migrate
from tests.bot.outcomes.shelving import append, label, shelve
from tests.bot.outcomes.telling import RULES, START, tell

ROOT = Path(__file__).parents[3]
SECTION = OutcomeSection()
LATER = "2024-04-01T00:00:00.000000Z"
AGAIN = "0 customer: where is my parcel | 0.1 fallback"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    migrate(tmp_path / "store.sqlite3")
    return tmp_path / "store.sqlite3"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    store = connect(path, synchronous="OFF")
    yield store
    store.conn.close()


def rows(db: Database, as_of: str = LATER) -> list[OutcomeRow]:
    """What is known, without the time of the judging."""
    return [replace(row, judged_at="") for row in read_outcomes(db, as_of=as_of)]


def kinds(db: Database, as_of: str = LATER) -> dict[str, str]:
    return {row.conversation_id: row.kind for row in read_outcomes(db, as_of=as_of)}


def many(n: int, *, customers: int | None = None) -> list[Transcript]:
    endings = ("@answered", "@answered | 1 thumb -1", "0 customer: hello | 0.1 template greet", "@handed off", AGAIN)
    return [
        tell(
            endings[number % len(endings)],
            name=f"c{number:05}",
            unit=f"visitor:{number % (customers or n)}",
            start=START + timedelta(minutes=number),
        )
        for number in range(n)
    ]


def test_what_is_stored_is_judged_as_what_is_told(db: Database, path: Path) -> None:
    steps = "0 customer: nothing | 0.1 rag quote=a/b: Soon. | 1 thumb 1 | 3 owner operator | 4 person: Here it is."
    told = replace(tell(steps), suggested=[Suggested(START + timedelta(minutes=3.5), 250.0, 90, 12, 0.5)])
    shelve(db, [told])
    judge(path, LATER, SECTION)
    expected = outcome_of(told, (), RULES, window=window_of(told, RULES), judged_at="")
    assert rows(db) == [expected]


def test_a_conversation_enters_when_its_whole_window_has_passed(db: Database, path: Path) -> None:
    shelve(db, [tell("@answered | 1 solved 1")])
    assert judge(path, "2024-03-09T10:30:59Z", SECTION)[1:] == (0, 1)
    assert count_open(db, None, "2024-03-09T10:30:59Z", None) == 1
    assert judge(path, "2024-03-09T10:31:00Z", SECTION)[1:] == (1, 0)
    assert kinds(db) == {"c1": "confirmed"}


def test_a_long_conversation_is_looked_at_and_stays_open(db: Database, path: Path) -> None:
    days = 5 * 24 * 60
    shelve(db, [tell(f"@answered | {days} customer: and the gloves? | {days + 1} fallback")])
    assert judge(path, "2024-03-10T00:00:00Z", SECTION)[1:] == (0, 1)
    assert kinds(db) == {}


def test_a_second_run_finds_nothing_to_do_and_changes_nothing(db: Database, path: Path) -> None:
    shelve(db, many(20, customers=7))
    assert judge(path, LATER, SECTION).judged == 20
    before = read_outcomes(db, as_of=LATER)
    assert judge(path, LATER, SECTION).judged == 0
    assert read_outcomes(db, as_of=LATER) == before


def test_only_what_is_new_is_judged(db: Database, path: Path) -> None:
    shelve(db, many(10))
    judge(path, LATER, SECTION)
    shelve(db, [tell("@answered", name="c9", unit="visitor:9")])
    assert judge(path, LATER, SECTION).judged == 1


def test_a_look_ahead_is_judged_again_until_the_window_has_really_passed(db: Database, path: Path) -> None:
    told = tell("@answered", start=_today())
    shelve(db, [told])
    ahead = stamp(_today() + timedelta(days=30))
    judge(path, ahead, SECTION)
    assert kinds(db, ahead) == {"c1": "assumed"}
    append(db, told, tell("9 customer: useless", name="more", start=_today()).events, after=2)
    assert judge(path, ahead, SECTION).judged == 1
    assert kinds(db, ahead) == {"c1": "abandoned"}
    assert judge(path, now(), SECTION)[1:] == (0, 0)
    assert kinds(db, now()) == {}


def test_a_look_ahead_that_turns_out_to_be_open_is_forgotten(db: Database, path: Path) -> None:
    told = tell("@answered", start=_today())
    shelve(db, [told])
    end = stamp(_today() + timedelta(days=7, minutes=31))
    judge(path, end, SECTION)
    append(db, told, tell("900 customer: hello?", name="more", start=_today()).events, after=2)
    assert judge(path, end, SECTION)[1:] == (0, 1)
    assert db.execute("SELECT count(*) FROM outcomes").fetchone()[0] == 0


def test_other_settings_have_everything_judged_again(db: Database, path: Path) -> None:
    shelve(db, many(10))
    judge(path, LATER, SECTION)
    changed = OutcomeSection(reopen_days=1)
    assert judge(path, LATER, changed).judged == 10
    assert {row.definition for row in read_outcomes(db, as_of=LATER)} == {rules_of(changed).definition}


def test_what_has_no_texts_any_more_keeps_its_outcome(db: Database, path: Path) -> None:
    told = tell("@answered")
    shelve(db, [told, tell("@answered", name="c2", unit="visitor:2")])
    judge(path, LATER, SECTION)
    db.execute("UPDATE conversations SET purged_at = '2024-03-20T00:00:00Z' WHERE id = 'c1'")
    label(db, told.turns[0].id, "greet", at=now())
    assert judge(path, LATER, SECTION).judged == 0
    assert judge(path, LATER, OutcomeSection(reopen_days=1)).judged == 1
    assert list(kinds(db)) == ["c2"]
    assert count_open(db, None, LATER, None) == 0


def test_a_label_has_its_customers_conversations_judged_again(db: Database, path: Path) -> None:
    again = tell("0 customer: nothing came | 0.1 fallback", name="c2", start=START + timedelta(days=1))
    shelve(db, [tell("@answered"), again, tell("@answered", name="c3", unit="visitor:other")])
    judge(path, LATER, SECTION)
    assert kinds(db) == {"c1": "assumed", "c2": "abandoned", "c3": "assumed"}
    label(db, again.turns[0].id, "order_status", at=now())
    assert judge(path, LATER, SECTION).judged == 2
    assert kinds(db) == {"c1": "reopened", "c2": "abandoned", "c3": "assumed"}


def test_a_model_guess_is_no_label(db: Database, path: Path) -> None:
    told = tell("0 customer: nothing came | 0.1 fallback")
    shelve(db, [told])
    label(db, told.turns[0].id, "order_status", at="2024-03-02T12:00:00Z", provenance="teacher")
    judge(path, LATER, SECTION)
    assert [row.intent for row in read_outcomes(db, as_of=LATER)] == [None]


def test_the_word_of_an_operator_comes_before_the_customers_choice(db: Database, path: Path) -> None:
    told = tell("@answered")
    shelve(db, [told])
    label(db, told.turns[0].id, "delivery_problem", at="2024-03-02T12:00:00Z")
    label(db, told.turns[0].id, "refund_status", at="2024-03-03T12:00:00Z", provenance="customer_choice")
    judge(path, LATER, SECTION)
    assert [row.intent for row in read_outcomes(db, as_of=LATER)] == ["delivery_problem"]


def test_a_coming_back_counts_within_one_source(db: Database, path: Path) -> None:
    again = tell(AGAIN, name="c2", start=START + timedelta(days=1))
    shelve(db, [tell("@answered"), replace(again, source="simulated")])
    judge(path, LATER, SECTION)
    assert kinds(db)["c1"] == "assumed"


def test_a_customer_with_very_many_conversations_is_no_burden(db: Database, path: Path) -> None:
    shelve(db, many(120, customers=1))
    assert judge(path, LATER, SECTION).judged == 120


def test_any_as_of_gives_the_same_rows(db: Database, path: Path) -> None:
    shelve(db, many(30, customers=4))
    shelve(db, [tell("@answered | 7000 customer: still nothing | 7001 fallback", name="c9", unit="visitor:1")])
    for day in range(8, 16):
        judge(path, f"2024-03-{day:02}T12:00:00Z", SECTION)
    bit_by_bit = rows(db)
    db.execute("DELETE FROM outcomes")
    judge(path, LATER, SECTION)
    assert rows(db) == bit_by_bit


def test_progress_is_told(db: Database, path: Path) -> None:
    shelve(db, many(3))
    told: list[tuple[str, int, int]] = []
    judge(path, LATER, SECTION, lambda *step: told.append(step))
    assert told == [("conversations judged", 3, 3)]


def test_without_a_store_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store at"):
        judge(tmp_path / "none.sqlite3", LATER, SECTION)


def test_what_is_no_store_is_named(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite3"
    Database(file).table("other").insert({"id": 1})
    with pytest.raises(StoreError, match="could not be judged"):
        judge(file, LATER, SECTION)


def test_a_time_that_is_none_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="soon"):
        judge(path, "soon", SECTION)


# --- killed ------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from bot.outcomes import job
from bot.settings import OutcomeSection
from bot.store import outcomes
job.BATCH = 10
write, written = job.write_outcomes, 0
def dying(db, rows):
    global written
    for row in rows:
        if written == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        write(db, [row])
        written += 1
job.write_outcomes = dying
job.judge(Path(sys.argv[1]), "2024-04-01T00:00:00Z", OutcomeSection())
"""


def test_a_run_that_is_killed_leaves_whole_batches_and_the_next_one_does_the_rest(db: Database, path: Path) -> None:
    shelve(db, many(40, customers=9))
    child = subprocess.run([sys.executable, "-c", KILLED, str(path), "27"], cwd=ROOT, check=False)
    assert child.returncode == -signal.SIGKILL
    left = len(rows(db))
    assert left == 20
    assert judge(path, LATER, SECTION).judged == 40 - left
    resumed = rows(db)
    db.execute("DELETE FROM outcomes")
    judge(path, LATER, SECTION)
    assert rows(db) == resumed


def test_a_conversation_that_is_erased_between_reading_and_writing_gets_no_outcome(db: Database) -> None:
    shelve(db, many(2))
    batch = judged(db, due(db, RULES, LATER), RULES, LATER)
    db.execute("DELETE FROM conversations WHERE id = 'c00000'")
    batch.write(db)
    assert list(kinds(db)) == ["c00001"]


# --- in the server -----------------------------------------------------------------------------------------


class Clock:
    """Counts sleeps instead of sleeping; ends the loop after some."""

    def __init__(self, most: int = 10_000) -> None:
        self.slept: list[float] = []
        self._most = most

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) > self._most:
            raise asyncio.CancelledError


async def test_the_server_judges_a_little_at_a_time_and_rests(db: Database, path: Path) -> None:
    shelve(db, many(60))
    writer, reader, clock = Writer(path, synchronous="NORMAL"), Reader(path), Clock()
    done = await Judge(writer, reader, SECTION, path.parent, clock.sleep).judge(LATER)
    assert done.judged == 60
    assert len(clock.slept) == -(-60 // SMALL_BATCH)
    in_the_server = rows(db)
    db.execute("DELETE FROM outcomes")
    judge(path, LATER, SECTION)
    assert rows(db) == in_the_server
    writer.close()
    reader.close()


async def test_one_worker_judges_at_a_time(db: Database, path: Path) -> None:
    shelve(db, many(2))
    writer, reader = Writer(path, synchronous="NORMAL"), Reader(path)
    other = flocks.take(path.parent / "outcomes.lock")
    assert other is not None
    judging = Judge(writer, reader, SECTION, path.parent, Clock().sleep)
    assert (await judging.judge(LATER)).judged == 0
    other.close()
    assert (await judging.judge(LATER)).judged == 2
    writer.close()
    reader.close()


async def test_the_chore_goes_on_when_the_store_cannot_be_written(db: Database, path: Path) -> None:
    writer, reader, clock = Writer(path, synchronous="NORMAL"), Reader(path), Clock(most=2)
    writer.close()
    with pytest.raises(asyncio.CancelledError):
        await Judge(writer, reader, SECTION, path.parent, clock.sleep).run()
    assert clock.slept == [30.0, 600.0, 600.0]
    reader.close()


def _today() -> datetime:
    return datetime.fromisoformat(now()) - timedelta(hours=1)
