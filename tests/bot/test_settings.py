"""bot.toml and the environment: what wins, what is refused, what is shown."""

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import bot_dir, effective, home_dir, load


def folder(tmp_path: Path, text: str) -> Path:
    (tmp_path / "bot.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_defaults_file_and_environment_win_in_that_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bot = folder(tmp_path, "[server]\nport = 9000\n[engine]\nhistory = 3\n")
    monkeypatch.setenv("SWITCHBOARD__SERVER__PORT", "9001")
    settings = load(bot)
    assert (settings.server.port, settings.engine.history, settings.limits.address_connections) == (9001, 3, 50)
    origins = {row.key: row.origin for row in effective(settings, bot)}
    assert origins["server.port"] == "environment"
    assert origins["engine.history"] == "bot.toml"
    assert origins["limits.address_connections"] == "default"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server]\nprot = 1", "server.prot"),
        ("[servr]\nport = 1", "servr"),
        ("[server]\nport = 'x'", "server.port"),
        ("[server]\nport = 70000", "server.port"),
        ("not toml", "readable TOML"),
        ("[backends.rag]\napi_key = 'sk-1'", "SWITCHBOARD__BACKENDS__RAG__API_KEY"),
        ("[routing]\narms = []", "arms"),
        ("[routing]\nerror_budget = 0", "error_budget"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=r"bot\.toml") as caught:
        load(folder(tmp_path, text))
    assert words in str(caught.value)


def test_a_misspelt_variable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD__SERVR__PORT", "1")
    with pytest.raises(SettingsError, match="no section 'servr'"):
        load(folder(tmp_path, ""))


def test_a_backends_table_is_handed_on_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD__BACKENDS__RAG__API_KEY", "sk-1")
    settings = load(folder(tmp_path, "[backends.rag]\nanything = 1"))
    assert settings.backends["rag"] == {"anything": 1, "api_key": "sk-1"}


def test_secrets_are_neither_shown_nor_accepted_as_placeholders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = folder(tmp_path, "")
    monkeypatch.setenv("SWITCHBOARD__SERVER__IDENTITY_SECRET", "changeme")
    with pytest.raises(SettingsError, match="placeholder"):
        load(bot)
    monkeypatch.setenv("SWITCHBOARD__SERVER__IDENTITY_SECRET", "b" * 40)
    monkeypatch.setenv("SWITCHBOARD__BACKENDS__RAG__API_KEY", "sk-1")
    settings = load(bot)
    assert "bbbb" not in repr(settings)
    shown = {row.key: row.value for row in effective(settings, bot)}
    assert shown["server.identity_secret"] == "********"
    assert shown["backends.rag.api_key"] == "********"


def test_a_wrong_file_does_not_bring_secrets_of_the_environment_to_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWITCHBOARD__SERVER__IDENTITY_SECRET", "b" * 40)
    arm = '[[routing.arms]]\narm = "main"\nweight = 1\nchain = ["rag"]\n'
    with pytest.raises(SettingsError, match="distinct names") as caught:
        load(folder(tmp_path, arm + arm))
    assert "bbbb" not in str(caught.value)


def test_the_bot_folder_is_the_given_one_else_here_else_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="switchboard init"):
        bot_dir()
    (tmp_path / "demo").mkdir()
    folder(tmp_path / "demo", "")
    assert bot_dir() == tmp_path / "demo"
    folder(tmp_path, "")
    assert bot_dir() == tmp_path


def test_the_home_folder_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path / "elsewhere"))
    assert home_dir() == tmp_path / "elsewhere"
