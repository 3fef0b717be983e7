"""Bundles are whole or refused, and switching between them can be undone."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backends.bundle import (
    HISTORY,
    DamagedBundle,
    SwitchFailed,
    UnknownBundle,
    bundles_dir,
    current,
    current_id,
    list_bundles,
    promote,
    read_pointer,
    replace_text,
    retire,
    rollback,
    rollback_target,
    seal,
    summary,
    verify,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with the bundles a, b and c; none is current."""
    for name in "abc":
        make(tmp_path, name)
    return tmp_path


def make(home: Path, name: str, **card: object) -> Path:
    """Write a whole bundle."""
    folder = bundles_dir(home) / name
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps({"id": name, **card}))
    (folder / "model.onnx").write_text(f"weights of {name}")
    seal(folder)
    return folder


def served(home: Path, *steps: tuple[str, int]) -> None:
    """Make a history of promotions, each some days before NOW; the last one is current."""
    previous = None
    with (bundles_dir(home) / HISTORY).open("a") as file:
        for name, days in steps:
            at = (NOW - timedelta(days=days)).isoformat()
            file.write(json.dumps({"at": at, "id": name, "previous": previous, "why": "promote"}) + "\n")
            previous = name
    replace_text(bundles_dir(home) / "current", f"{previous}\n")


def ids(home: Path) -> list[str]:
    return [entry.id for entry in list_bundles(home)]


def damage(home: Path, name: str) -> None:
    """Change a file behind the manifest's back."""
    (bundles_dir(home) / name / "model.onnx").write_text("other weights")


def test_a_home_without_bundles_has_none_and_none_is_current(tmp_path: Path) -> None:
    assert list_bundles(tmp_path) == ()
    assert current_id(tmp_path) is None
    assert current(tmp_path) is None


def test_a_sealed_folder_is_whole(home: Path) -> None:
    verify(bundles_dir(home) / "a")


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda folder: (folder / "model.onnx").write_text("x"), "model.onnx has changed"),
        (lambda folder: (folder / "model.onnx").unlink(), "model.onnx is missing"),
        (lambda folder: (folder / "manifest.json").unlink(), "never finished"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "expected a JSON object"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "expected a JSON object"),
        (lambda folder: (folder / "manifest.json").write_text('{"sha256": {}}'), "must map plain file names"),
        (lambda folder: (folder / "manifest.json").write_text('{"sha256": {"../x": "0"}}'), "plain file names"),
    ],
)
def test_anything_missing_or_changed_is_refused_by_name(
    home: Path, break_it: Callable[[Path], object], message: str
) -> None:
    break_it(bundles_dir(home) / "a")
    with pytest.raises(DamagedBundle, match=message):
        verify(bundles_dir(home) / "a")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DamagedBundle, match="no such bundle"):
        verify(tmp_path / "nothing")


def test_the_promoted_bundle_is_current_and_listed_as_such(home: Path) -> None:
    promote(home, "b")
    assert current(home) == bundles_dir(home) / "b"
    assert [(entry.id, entry.is_current) for entry in list_bundles(home)] == [
        ("c", False),
        ("b", True),
        ("a", False),
    ]


def test_a_damaged_bundle_is_listed_with_its_problem(home: Path) -> None:
    damage(home, "a")
    problems = {entry.id: entry.problem for entry in list_bundles(home)}
    assert problems["b"] is None
    assert "has changed" in str(problems["a"])


def test_promoting_a_damaged_bundle_is_refused_and_the_old_one_stays(home: Path) -> None:
    promote(home, "a")
    damage(home, "b")
    with pytest.raises(DamagedBundle):
        promote(home, "b")
    assert current_id(home) == "a"


def test_promoting_an_unknown_bundle_lists_the_known_ones(home: Path) -> None:
    with pytest.raises(UnknownBundle, match="known: a, b, c"):
        promote(home, "z")


def test_a_current_bundle_that_was_damaged_later_is_refused(home: Path) -> None:
    promote(home, "a")
    damage(home, "a")
    with pytest.raises(DamagedBundle):
        current(home)


def test_rollback_goes_back_one_by_one(home: Path) -> None:
    for name in "abc":
        promote(home, name)
    assert rollback(home).name == "b"
    assert rollback(home).name == "a"
    with pytest.raises(UnknownBundle, match="no earlier"):
        rollback(home)
    assert current_id(home) == "a"


def test_rollback_after_a_rollback_and_a_promotion_returns_to_where_it_was(home: Path) -> None:
    promote(home, "a")
    promote(home, "b")
    rollback(home)
    promote(home, "c")
    assert rollback(home).name == "a"


def test_rollback_passes_over_a_damaged_bundle(home: Path) -> None:
    for name in "abc":
        promote(home, name)
    damage(home, "b")
    assert rollback(home).name == "a"


def test_rollback_without_any_history_is_refused(home: Path) -> None:
    with pytest.raises(UnknownBundle, match="promote one by its id"):
        rollback(home)


def test_promoting_the_current_bundle_again_does_not_count(home: Path) -> None:
    promote(home, "a")
    promote(home, "b")
    promote(home, "b")
    assert rollback(home).name == "a"


def test_a_pointer_is_one_line_and_an_empty_one_points_nowhere(tmp_path: Path) -> None:
    assert read_pointer(tmp_path / "current") is None
    replace_text(tmp_path / "current", "x-1\n")
    assert read_pointer(tmp_path / "current") == "x-1"
    replace_text(tmp_path / "current", "")
    assert read_pointer(tmp_path / "current") is None


def test_replacing_a_file_leaves_nothing_else_behind(tmp_path: Path) -> None:
    for number in range(3):
        replace_text(tmp_path / "current", str(number))
    assert [path.name for path in tmp_path.iterdir()] == ["current"]


def test_a_history_of_many_kinds_goes_back_to_where_it_was(home: Path) -> None:
    make(home, "d")
    promote(home, "a")
    promote(home, "b")
    promote(home, "c")
    rollback(home)
    promote(home, "d")
    promote(home, "c")
    assert [rollback(home).name for _ in range(3)] == ["d", "b", "a"]


def test_the_target_of_a_rollback_is_known_before(home: Path) -> None:
    assert rollback_target(home) is None
    promote(home, "a")
    assert rollback_target(home) is None
    promote(home, "b")
    assert rollback_target(home) == "a"
    assert rollback(home).name == "a"


def test_a_rollback_passes_over_a_bundle_that_was_retired(home: Path) -> None:
    served(home, ("a", 300), ("b", 200), ("c", 100))
    make(home, "d")
    promote(home, "d")
    assert retire(home, keep_days=90, keep_newest=1, now=NOW) == ("b", "a")
    assert rollback(home).name == "c"
    with pytest.raises(UnknownBundle):
        rollback(home)


def test_a_line_of_the_history_that_was_cut_off_is_passed_over(home: Path) -> None:
    promote(home, "a")
    with (bundles_dir(home) / HISTORY).open("a") as file:
        file.write('{"at": "2026-0')
    promote(home, "b")
    assert rollback(home).name == "a"


def test_a_switch_that_was_noted_but_not_made_does_not_count(home: Path) -> None:
    promote(home, "a")
    promote(home, "b")
    replace_text(bundles_dir(home) / "current", "a\n")  # killed between the two writes
    assert rollback_target(home) is None
    promote(home, "c")
    assert rollback(home).name == "a"


def test_what_cannot_be_written_leaves_the_current_bundle(home: Path) -> None:
    promote(home, "a")
    (bundles_dir(home) / HISTORY).unlink()
    (bundles_dir(home) / HISTORY).mkdir()
    with pytest.raises(SwitchFailed, match="current bundle stays"):
        promote(home, "b")
    assert current_id(home) == "a"


def test_the_list_tells_how_a_bundle_came_and_how_large_it_is(home: Path) -> None:
    make(home, "d", gate={"decision": "promoted"}, certificates=[{"budget": 0.02}], metrics={"accuracy": 0.9})
    promote(home, "d", why="promoted by ada")
    row, other = map(summary, list_bundles(home)[:2])
    assert (row["why"], row["accuracy"], row["gate"]) == ("promoted by ada", 0.9, {"decision": "promoted"})
    assert row["in_service_at"].startswith("20")
    assert row["size_bytes"] > 100
    assert row["certificates"] == [{"budget": 0.02}]
    assert (other["why"], other["in_service_at"], other["accuracy"]) == (None, None, None)


def test_a_card_that_is_no_object_makes_a_damaged_bundle(home: Path) -> None:
    folder = bundles_dir(home) / "a"
    (folder / "card.json").write_text("[]")
    seal(folder)
    assert "expected a JSON object" in str(list_bundles(home)[-1].problem)


def test_a_file_changed_after_the_first_listing_is_noticed(home: Path) -> None:
    assert [entry.problem for entry in list_bundles(home)] == [None, None, None]
    path = bundles_dir(home) / "a" / "model.onnx"
    before = path.stat()
    path.write_text("Weights of a")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert "has changed" in str(list_bundles(home)[-1].problem)


def test_retiring_keeps_the_current_the_earlier_the_recent_and_the_newest(home: Path) -> None:
    for name in "defgh":
        make(home, name)
    served(home, ("a", 400), ("c", 300), ("b", 200), ("d", 120), ("e", 95))
    assert retire(home, keep_days=125, keep_newest=2, now=NOW) == ("f", "c", "a")
    assert ids(home) == ["h", "g", "e", "d", "b"]  # b served until 120 days ago, c until 200
    assert rollback(home).name == "d"


def test_a_bundle_counts_as_recent_until_the_day_it_was_replaced(home: Path) -> None:
    served(home, ("a", 400), ("b", 10), ("c", 5))
    assert retire(home, keep_days=90, keep_newest=0, now=NOW) == ()
    assert retire(home, keep_days=7, keep_newest=0, now=NOW) == ("a",)


def test_retiring_leaves_alone_what_is_being_written(home: Path) -> None:
    now = datetime.now(UTC)
    for name in (".draft-x", "0-copying", ".retired-z-1"):
        (bundles_dir(home) / name / "bundle").mkdir(parents=True)
    retire(home, keep_days=90, now=now)
    assert {path.name for path in bundles_dir(home).iterdir() if path.is_dir()} == {
        *("a", "b", "c", ".draft-x", "0-copying")
    }
    retire(home, keep_days=90, keep_newest=3, now=now + timedelta(days=2))
    assert {path.name for path in bundles_dir(home).iterdir() if path.is_dir()} == {"a", "b", "c"}


def test_who_has_a_retired_bundle_open_reads_on(home: Path) -> None:
    with (bundles_dir(home) / "a" / "model.onnx").open() as file:
        assert retire(home, keep_days=90, keep_newest=2, now=NOW) == ("a",)
        assert file.read() == "weights of a"
    assert not [path for path in bundles_dir(home).iterdir() if path.name.startswith(".retired")]


def test_a_home_without_bundles_has_nothing_to_retire(tmp_path: Path) -> None:
    assert retire(tmp_path, keep_days=90) == ()
    assert not bundles_dir(tmp_path).exists()
