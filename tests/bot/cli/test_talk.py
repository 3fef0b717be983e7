"""`ask`, `chat` and `schema`."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backends.content.content import COMMON

Run = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "bot"
    path.mkdir()
    lines = "\n".join(f"  {name}:\n    - text: {name}" for name in COMMON)
    (path / "responses.yml").write_text(f"responses:\n{lines}\n", encoding="utf-8")
    (path / "bot.toml").write_text(
        '[[routing.arms]]\narm = "main"\nweight = 1.0\nchain = ["scripted"]\n'
        '[backends.scripted]\nreplies = { "hello" = "Hello there.", "bye" = "Goodbye." }\n',
        encoding="utf-8",
    )
    return path


def test_a_text_is_answered_with_everything_that_led_to_the_answer(run: Run, folder: Path, tmp_path: Path) -> None:
    ran = run("ask", "hello", "--bot", folder, "--json")
    assert ran.code == 0
    document = ran.document
    assert (document["text"], document["backend"]) == ("Hello there.", "scripted")
    assert (document["intent"], document["confidence"], document["citations"]) == (None, None, [])
    (attempt,) = document["attempts"]
    assert (attempt["backend"], attempt["outcome"]) == ("scripted", "reply")
    assert not (tmp_path / "var").exists()


def test_a_person_reads_the_answer_and_who_gave_it(run: Run, folder: Path) -> None:
    ran = run("ask", "hello", "--bot", folder)
    assert ran.out.startswith("Hello there.\n")
    assert "scripted reply" in ran.out


def test_when_nobody_answers_the_fallback_does_and_says_so(run: Run, folder: Path) -> None:
    document = run("ask", "gibberish", "--bot", folder, "--json").document
    assert (document["text"], document["backend"]) == ("utter_fallback", None)
    assert document["attempts"][0]["outcome"] == "abstain:no_reply"


def test_without_a_model_it_is_told_what_to_do(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path / "shop")
    ran = run("ask", "when are you open", "--bot", tmp_path / "shop")
    assert ran.code == 1
    assert "intent: no model bundle; run `switchboard train`" in ran.err


def test_one_backend_can_be_asked_alone(run: Run, folder: Path) -> None:
    assert run("ask", "hello", "--bot", folder, "--backend", "scripted", "--json").document["backend"] == "scripted"


def test_an_unknown_backend_is_told_with_the_known_ones(run: Run, folder: Path) -> None:
    ran = run("ask", "hello", "--bot", folder, "--backend", "oracle")
    assert ran.code == 1
    assert "oracle" in ran.err
    assert "scripted" in ran.err


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_a_text_that_no_customer_could_send_is_wrong_usage(run: Run, folder: Path, text: str) -> None:
    assert run("ask", text, "--bot", folder).code == 2


def test_broken_content_is_told_with_its_file(run: Run, folder: Path) -> None:
    (folder / "responses.yml").write_text("responses: {}\n", encoding="utf-8")
    ran = run("ask", "hello", "--bot", folder)
    assert ran.code == 1
    assert "responses.yml" in ran.err


def test_a_chat_goes_on_until_an_empty_line(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hello\nbye\n\nnever read\n"))
    ran = run("chat", "--bot", folder, "--json")
    assert ran.code == 0
    assert [turn["text"] for turn in ran.document["turns"]] == ["Hello there.", "Goodbye."]


def test_a_chat_is_readable(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hello\n/quit\n"))
    ran = run("chat", "--bot", folder)
    assert "Hello there." in ran.out


def test_the_schema_names_the_frames_of_both_directions(run: Run) -> None:
    document = run("schema").document
    assert {"ClientFrame", "ServerFrame", "UserUttered", "BotUttered"} <= set(document["$defs"])
    assert run("schema", "--json").document == document
