"""The data commands import, export and validate, and leave with the right code."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.house import STORE
from bot.store.writer import connect, migrate
from training.cli_data import data
from training.dataset import read_file

NLU = """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hi
    - hey
- intent: oos
  examples: |
    - snow?
"""


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    """A bot folder with one intent and one text out of scope."""
    folder = tmp_path / "bot"
    (folder / "nlu").mkdir(parents=True)
    (folder / "bot.toml").write_text("")
    (folder / "nlu" / "smalltalk.yml").write_text(NLU)
    return folder


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    result = CliRunner().invoke(data, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_new_texts_are_imported_once(bot: Path, tmp_path: Path) -> None:
    source = tmp_path / "more.csv"
    source.write_text("text,intent\nHI,greet\nbye,goodbye\nsee you,goodbye\nBye ,goodbye\n")
    code, out, _ = run("import", source, "--bot", bot, "--json")
    assert code == 0
    assert json.loads(out) == {"path": str(bot / "nlu" / "imported.yml"), "added": 2, "skipped": 2}
    code, out, _ = run("import", source, "--bot", bot, "--json")
    assert json.loads(out)["added"] == 0
    assert [row.intent for row in read_file(bot / "nlu" / "imported.yml")] == ["goodbye", "goodbye"]


@pytest.mark.parametrize("content", ["hi,goodbye\n", "ciao,greet\nciao,goodbye\n"])
def test_a_text_with_another_label_is_not_imported(bot: Path, tmp_path: Path, content: str) -> None:
    source = tmp_path / "more.csv"
    source.write_text("text,intent\n" + content)
    code, _, err = run("import", source, "--bot", bot)
    assert code == 3
    assert "not goodbye" in err
    assert not (bot / "nlu" / "imported.yml").exists()


@pytest.mark.parametrize("ending", ["csv", "jsonl", "yml"])
def test_what_is_exported_reads_back_as_it_was(bot: Path, tmp_path: Path, ending: str) -> None:
    code, out, _ = run("export", tmp_path / f"all.{ending}", "--bot", bot, "--json")
    assert code == 0
    assert json.loads(out)["rows"] == 3
    rows = read_file(tmp_path / f"all.{ending}")
    assert [(row.text, row.intent) for row in rows] == [("hi", "greet"), ("hey", "greet"), ("snow?", "oos")]


def test_awkward_texts_are_imported_once(bot: Path, tmp_path: Path) -> None:
    source = tmp_path / "more.csv"
    texts = ["see [docs](https://x.y) now", "- minus", "two\nlines", 'say ""yes""', "bell\x07", "a: b # c"]
    source.write_text("text,intent\n" + "".join(f'"{text}",reverted_card_payment?\n' for text in texts))
    assert json.loads(run("import", source, "--bot", bot, "--json")[1])["added"] == 6
    assert json.loads(run("import", source, "--bot", bot, "--json")[1]) == {
        "path": str(bot / "nlu" / "imported.yml"),
        "added": 0,
        "skipped": 6,
    }
    rows = read_file(bot / "nlu" / "imported.yml")
    assert [row.text for row in rows][:3] == ["see [docs](https://x.y) now", "- minus", "two lines"]
    assert {row.intent for row in rows} == {"reverted_card_payment?"}


def test_a_text_of_nothing_printable_is_named(bot: Path, tmp_path: Path) -> None:
    source = tmp_path / "more.csv"
    source.write_text("text,intent\n\x07,greet\n")
    code, _, err = run("import", source, "--bot", bot)
    assert code == 1
    assert "more.csv:2: a text of unprintable characters only" in err


@pytest.mark.slow
def test_a_folder_of_datasets_goes_out_and_in_again(bot: Path, tmp_path: Path) -> None:
    for to in ("rows", "rows.v2"):
        code, out, _ = run("export", tmp_path / to, "--form", "datasets", "--bot", bot, "--json")
        assert (code, json.loads(out)["rows"]) == (0, 3)
        assert json.loads(run("import", tmp_path / to, "--bot", bot, "--json")[1])["skipped"] == 3
    assert run("export", tmp_path / "rows", "--bot", bot)[0] == 0
    code, _, err = run("export", bot, "--bot", bot)
    assert code == 1
    assert "something else is there" in err


def test_the_form_wins_over_the_ending_and_does_not_go_with_transcripts(bot: Path, tmp_path: Path) -> None:
    assert run("export", tmp_path / "all.txt", "--form", "jsonl", "--bot", bot)[0] == 0
    assert json.loads((tmp_path / "all.txt").read_text().splitlines()[0]) == {"text": "hi", "intent": "greet"}
    assert run("export", tmp_path / "all.txt", "--form", "jsonl", "--transcripts", "events")[0] == 2


def test_an_unknown_ending_is_an_error_without_a_stack_trace(bot: Path, tmp_path: Path) -> None:
    code, _, err = run("export", tmp_path / "all.xls", "--bot", bot)
    assert code == 1
    assert "expected a file ending in" in " ".join(err.split())
    assert "Traceback" not in err


def test_validation_leaves_with_three_on_what_matters(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,intent\nhi,greet\nhi,goodbye\nbye,goodbye\n")
    code, out, _ = run("validate", "--data", path, "--least", 1, "--json")
    report = json.loads(out)
    assert (code, report["ok"]) == (3, False)
    assert [problem["kind"] for problem in report["problems"]] == ["contradiction"]


def test_validation_passes_with_duplicates_only(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,intent\nhi,greet\nHi,greet\nbye,goodbye\n")
    code, out, _ = run("validate", "--data", path, "--least", 1, "--json")
    assert (code, json.loads(out)["ok"]) == (0, True)


def test_validation_finds_a_leak_into_the_test_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,intent\nhi,greet\nbye,goodbye\n")
    (tmp_path / "test.csv").write_text("text,intent\nHi,greet\n")
    code, out, _ = run("validate", "--data", tmp_path / "a.csv", "--test", tmp_path / "test.csv", "--least", 1)
    assert code == 3
    assert out.startswith("leakage")


def test_a_folder_and_files_together_are_wrong_usage(bot: Path, tmp_path: Path) -> None:
    code, _, err = run("validate", "--bot", bot, "--data", tmp_path / "a.csv")
    assert code == 2
    assert "not both" in err


def test_conversations_are_written_out_in_openais_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path))
    to = tmp_path / "out.jsonl"
    missing = CliRunner().invoke(data, ["export", str(to), "--transcripts", "messages"])
    assert missing.exit_code == 1
    assert "expected a store" in missing.stderr
    migrate(tmp_path / STORE)
    db = connect(tmp_path / STORE)
    db.execute(
        "INSERT INTO conversations (id, session_hash, source, owner, owner_seq, last_offset, created_at)"
        " VALUES ('c1', 'h', 'live', 'bot', 0, 1, 'now')"
    )
    db.execute(
        'INSERT INTO events (conversation_id, "offset", type, message_id, at, frame_json)'
        """ VALUES ('c1', 1, 'user_uttered', 'm1', 'now', '{"type": "user_uttered", "text": "hi"}')"""
    )
    db.conn.close()
    done = CliRunner().invoke(data, ["export", str(to), "--transcripts", "messages", "--json"])
    assert json.loads(done.stdout)["rows"] == 1
    assert json.loads(to.read_text()) == {"conversation_id": "c1", "messages": [{"role": "user", "content": "hi"}]}
