"""Bundles are whole or refused, and switching between them can be undone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.bundle import (
    DamagedBundle,
    UnknownBundle,
    bundles_dir,
    current,
    current_id,
    list_bundles,
    promote,
    read_pointer,
    replace_text,
    rollback,
    seal,
    verify,
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with the bundles a, b and c; none is current."""
    for name in "abc":
        folder = bundles_dir(tmp_path) / name
        folder.mkdir(parents=True)
        (folder / "card.json").write_text(json.dumps({"id": name}))
        (folder / "model.onnx").write_text(f"weights of {name}")
        seal(folder)
    return tmp_path


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
