"""The gold set only grows, and a version that was changed is refused."""

import json
from pathlib import Path

import pytest

from training.nightly.gold import DamagedGold, Gold, GoldRow, disputed, extend, load_gold, seeds, write_gold
from training.split import text_hash

ROWS = [GoldRow("where is it", "order", "turn", "t1", "2026-11-01"), GoldRow("stop it", "cancel", "turn", "t2")]


def grown(home: Path, *rows: GoldRow) -> Gold:
    gold = extend(load_gold(home), rows).gold
    write_gold(home, gold)
    return gold


def test_a_new_version_adds_rows_and_leaves_the_old_one(tmp_path: Path) -> None:
    first = grown(tmp_path, ROWS[0])
    before = (tmp_path / "gold" / "v0001.jsonl").read_bytes()
    second = grown(tmp_path, *ROWS)
    assert (first.version, second.version) == (1, 2)
    assert second.rows == (ROWS[0], ROWS[1])
    assert load_gold(tmp_path) == second
    assert (tmp_path / "gold" / "v0001.jsonl").read_bytes() == before


def test_no_new_text_makes_no_new_version(tmp_path: Path) -> None:
    gold = grown(tmp_path, *ROWS)
    same = extend(gold, [GoldRow("Where is IT ", "cancel", "turn", "t9")])
    assert (same.gold, same.added) == (gold, ())


def test_a_changed_version_is_refused(tmp_path: Path) -> None:
    grown(tmp_path, *ROWS)
    path = tmp_path / "gold" / "v0001.jsonl"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("cancel", "order"))
    with pytest.raises(DamagedGold, match="has changed since it was written"):
        load_gold(tmp_path)


def test_a_version_that_was_never_finished_does_not_count(tmp_path: Path) -> None:
    first = grown(tmp_path, ROWS[0])
    grown(tmp_path, *ROWS)
    (tmp_path / "gold" / "v0002.sha256").unlink()
    assert load_gold(tmp_path) == first
    assert grown(tmp_path, *ROWS).version == 2


def test_a_version_is_never_written_over(tmp_path: Path) -> None:
    grown(tmp_path, ROWS[0])
    with pytest.raises(DamagedGold, match="never changed"):
        write_gold(tmp_path, extend(Gold(0, ()), [ROWS[1]]).gold)


def test_rows_are_one_json_object_a_line(tmp_path: Path) -> None:
    grown(tmp_path, *ROWS)
    lines = (tmp_path / "gold" / "v0001.jsonl").read_text().splitlines()
    assert [json.loads(line)["intent"] for line in lines] == ["order", "cancel"]


def test_seeds_are_the_bots_rows_that_nobody_learns() -> None:
    rows = [("Stop it", "cancel", "a.yml"), ("where is it", "order", "a.yml")]
    assert [row.text for row in seeds(rows, frozenset({text_hash("stop it")}))] == ["Stop it"]


def test_a_newer_correction_disputes_a_row_and_an_older_one_does_not() -> None:
    gold = extend(Gold(0, ()), ROWS).gold
    assert disputed(gold, [("Where is it", "refund", "2026-11-02")]) == {ROWS[0].key}
    assert disputed(gold, [("where is it", "refund", "2026-10-02"), ("stop it", "cancel", "2026-11-02")]) == set()
