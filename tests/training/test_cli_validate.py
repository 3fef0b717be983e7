"""`data validate` names the rows, says what it left out, and leaves with the right code."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from training import cli_validate
from training.cli_data import data

WORDS = {"greet": "hello", "goodbye": "bye", "cancel_order": "cancel"}


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    result = CliRunner().invoke(data, ["validate", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def report_of(*arguments: object) -> dict[str, Any]:
    """The one JSON document of a validation."""
    document = json.loads(run(*arguments, "--json")[1])
    assert isinstance(document, dict)
    return document


@pytest.fixture
def rows(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixty rows of three intents, one of them with another's label, and a home to embed them in."""
    monkeypatch.setenv("SWITCHBOARD_HOME", str(home))
    lines = [f"{word} nr{number},{intent}" for intent, word in WORDS.items() for number in range(20)]
    lines[7] = "hello nr7,goodbye"
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["text,intent", *lines]) + "\n")
    return path


def test_few_rows_are_not_compared_by_meaning_and_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,intent\nhi,greet\nbye,goodbye\n")
    code, _, err = run("--data", path, "--least", 1)
    assert code == 0
    assert "Not looked for: near copies, wrong labels and overlapping intents (2 texts are too few" in err


@pytest.mark.slow
def test_a_wrong_label_is_named_with_its_line_and_is_not_serious(rows: Path, tmp_path: Path) -> None:
    report = report_of("--data", rows, "--report", tmp_path / "report.html")
    assert report["ok"]
    assert report["left_out"] == []
    (suspect,) = [problem for problem in report["problems"] if problem["kind"] == "suspect_label"]
    (row,) = suspect["rows"]
    assert (row["line"], row["text"], row["intent"], row["suggested"]) == (9, "hello nr7", "goodbye", "greet")
    assert "hello nr7" in (tmp_path / "report.html").read_text()
    code, out, err = run("--data", rows)
    assert code == 0
    assert f"suspect_label: {rows}:9 'hello nr7' (goodbye) looks like greet" in out
    assert "1 suspect_label" in err


def test_quick_validation_compares_no_meanings(rows: Path, home: Path) -> None:
    report = report_of("--data", rows, "--no-suspects")
    assert report["left_out"] == ["near copies, wrong labels and overlapping intents (--no-suspects)"]
    assert not (home / "embeddings").exists()


def test_many_texts_are_not_embedded_unasked(rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_validate, "MOST_UNASKED", 50)
    assert report_of("--data", rows)["left_out"][0].endswith("(60 texts to embed take minutes; --suspects does)")


def test_more_than_a_screenful_is_counted_and_the_report_has_it_all(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,intent\n" + "".join(f"t{n},a\nT{n},a\n" for n in range(30)) + "x,b\ny,b\n")
    code, out, err = run("--data", path, "--least", 1, "--no-suspects", "--report", tmp_path / "all.json")
    assert code == 0
    assert out.count("duplicate: ") == cli_validate.SHOWN
    assert "duplicate: 10 more" in err
    assert len(json.loads((tmp_path / "all.json").read_text())["problems"]) == 30


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "got nothing"),
        (b"text,intent\n", "no rows in it"),
        (b"text;intent\nhi;greet\n", "got text;intent"),
        (b"text,intent\n\xff,greet\n", "cannot be read as UTF-8"),
        (b"text,intent\nhi,\n", "a row without intent"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    code, out, err = run("--data", path)
    assert (code, out) == (1, "")
    assert "a.csv" in err
    assert words in err


def test_a_byte_order_mark_and_spaces_in_names_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbftext,intent\nhi,say hi\nhey,say hi\nbye,say bye\nciao,say bye\n")
    report = report_of("--data", path, "--least", 2)
    assert (report["ok"], report["intents"]) == (True, 2)


def test_a_single_intent_is_named_before_any_work(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,intent\n" + "".join(f"t{n},a\n" for n in range(30)))
    code, out, _ = run("--data", path)
    assert code == 3
    assert out.startswith("too_few_intents: ")


def test_a_report_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,intent\nhi,greet\nbye,goodbye\n")
    code, _, err = run("--data", path, "--report", tmp_path / "a.pdf")
    assert code == 1
    assert ".html or .json" in err


def test_rows_of_a_bot_folder_have_lines(tmp_path: Path) -> None:
    (tmp_path / "nlu").mkdir()
    (tmp_path / "bot.toml").write_text("")
    nlu = (
        'version: "3.1"\nnlu:\n- intent: a\n  examples: |\n    - hi\n    - HI\n- intent: b\n  examples: |\n    - bye\n'
    )
    (tmp_path / "nlu" / "all.yml").write_text(nlu)
    (duplicate,) = report_of("--bot", tmp_path, "--least", 1)["problems"]
    assert [row["line"] for row in duplicate["rows"]] == [5, 6]
