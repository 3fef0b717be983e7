"""What was compared stays for the next report; without it the report has no such part."""

from pathlib import Path

from eval.study.answers.kept import FILE, keep, kept


def test_a_comparison_is_found_again(tmp_path: Path) -> None:
    keep(tmp_path / "study", {"customers": 3})
    assert kept(tmp_path / "study") == {"answers": {"customers": 3}}


def test_nothing_and_a_damaged_file_are_no_comparison(tmp_path: Path) -> None:
    assert kept(tmp_path) == {}
    (tmp_path / FILE).write_text('{"customers"')
    assert kept(tmp_path) == {}
