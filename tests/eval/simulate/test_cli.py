"""The command says what is missing, and writes down what was said."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eval.cli_simulate import simulate

STARTER = Path(__file__).parents[3] / "bot" / "starter"
RUNNER = CliRunner()


def run(*options: str) -> Any:
    return RUNNER.invoke(simulate, ["--customers", "2", "--bot", str(STARTER), *options])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path))
    return tmp_path


def test_without_a_server_it_says_how_to_start_one(home: Path) -> None:
    result = run()
    assert result.exit_code == 1
    assert "switchboard serve" in result.stderr


def test_without_the_token_it_says_where_to_give_it(home: Path) -> None:
    (home / "server.json").write_text('{"url": "http://127.0.0.1:9"}', encoding="utf-8")
    result = run()
    assert result.exit_code == 1
    assert "--token-file" in result.stderr


def test_a_truth_file_of_other_customers_is_refused(home: Path) -> None:
    token = home / "token"
    token.write_text("t" * 40, encoding="utf-8")
    truth = home / "truth.jsonl"
    truth.write_text(json.dumps({"text": "x"}) + "\n", encoding="utf-8")
    result = run("--url", "http://127.0.0.1:9", "--token-file", str(token), "--truth", str(truth))
    assert result.exit_code == 1
    assert "truth.jsonl:1" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--llm-model", "tiny"),
        ("--llm-base-url", "http://127.0.0.1:9/v1"),
        ("--difficult", "101"),
        ("--repeat", "0"),
        ("--rate", "0"),
    ],
)
def test_wrong_usage_is_told_by_the_exit_status(home: Path, options: tuple[str, ...]) -> None:
    assert run(*options).exit_code == 2


def test_a_bot_folder_without_scenarios_is_told(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bot.toml").write_text('[bot]\nname = "x"\n', encoding="utf-8")
    result = RUNNER.invoke(simulate, ["--customers", "2", "--bot", str(tmp_path)])
    assert result.exit_code == 1
    assert "no scenarios" in result.stderr
