"""`switchboard eval retrieval` and `articles`, without a model."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from eval.cli_retrieval import articles, retrieval


@pytest.fixture
def app() -> typer.Typer:
    """The two commands."""
    commands = typer.Typer()
    commands.command()(retrieval)
    commands.command()(articles)
    return commands


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bot folder with one article."""
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path / "var"))
    folder = tmp_path / "bot"
    (folder / "articles").mkdir(parents=True)
    (folder / "bot.toml").write_text("")
    (folder / "articles" / "express.md").write_text("---\ntitle: Express\n---\nExpress costs 12.90 EUR.")
    (folder / "articles" / "returns.md").write_text("---\ntitle: Returns\n---\nSend boots back.")
    return folder


def test_articles_prints_the_figures_with_bm25_beside_them(app: typer.Typer, bot: Path, tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    path.write_text(
        "question,article_id,answerable\nWhat does express cost?,express,yes\nBoots back?,returns,yes\nWhy?,,no\n"
    )
    result = CliRunner().invoke(app, ["articles", "--questions", str(path), "--bot", str(bot), "--json"])
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (document["n"], document["recall@1"], document["met"]) == (2, 1.0, True)
    assert document["arms"]["bm25"]["recall@3"] == 1.0


def test_articles_says_no_when_too_few_are_found(app: typer.Typer, bot: Path, tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    path.write_text("question,article_id,answerable\nWhat does express cost?,somewhere-else,yes\n")
    result = CliRunner().invoke(app, ["articles", "--questions", str(path), "--bot", str(bot), "--json"])
    assert result.exit_code == 3
    assert json.loads(result.stdout)["misses"][0]["gold"] == ["somewhere-else"]


def test_retrieval_needs_readable_files(app: typer.Typer, bot: Path, tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere.jsonl")
    result = CliRunner().invoke(app, ["retrieval", "--passages", missing, "--questions", missing])
    assert result.exit_code == 2


def test_retrieval_without_an_encoder_says_what_to_do(app: typer.Typer, bot: Path, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"passage_id": "p", "doc_id": "d", "text": "x"}\n')
    (tmp_path / "q.jsonl").write_text('{"question": "x", "gold_passage_ids": ["p"]}\n')
    files = ["--passages", str(tmp_path / "p.jsonl"), "--questions", str(tmp_path / "q.jsonl")]
    result = CliRunner().invoke(app, ["retrieval", *files])
    assert result.exit_code == 1
    assert "switchboard train" in result.stderr
