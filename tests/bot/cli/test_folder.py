"""`init` and `check`."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
DEMO = Path(__file__).parents[3] / "demo"


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """A fresh copy of the small bot folder."""
    path = tmp_path / "mybot"
    assert run("init", path).code == 0
    return path


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(run: Run, folder: Path, code: int = 3) -> list[dict[str, Any]]:
    ran = run("check", "--bot", folder, "--json")
    assert ran.code == code, ran.out
    assert ran.document["ok"] is (code == 0)
    found: list[dict[str, Any]] = ran.document["problems"]
    return found


def test_init_makes_a_folder_that_check_finds_fine(run: Run, tmp_path: Path) -> None:
    ran = run("init", tmp_path / "new" / "bot", "--json")
    assert ran.code == 0
    assert ran.document["path"] == str(tmp_path / "new" / "bot")
    assert {"bot.toml", "responses.yml"} <= set(ran.document["files"])
    assert not [name for name in ran.document["files"] if "pycache" in name]
    assert problems(run, tmp_path / "new" / "bot", 0) == []


def test_init_does_not_touch_a_folder_with_something_in_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "bot.toml").write_text("# mine")
    ran = run("init", tmp_path / "mine")
    assert ran.code == 1
    assert "not empty" in ran.err
    assert (tmp_path / "mine" / "bot.toml").read_text() == "# mine"


def test_init_fills_an_empty_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("init", tmp_path / "empty").code == 0


def test_init_says_why_it_cannot(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = run("init", tmp_path / "file" / "bot")
    assert (ran.code, "cannot make" in ran.err) == (1, True)


def test_the_demo_is_fine(run: Run) -> None:
    found = problems(run, DEMO, 0)
    assert [problem for problem in found if problem["level"] == "error"] == []


def test_check_shows_every_setting_with_its_origin(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD__SERVER__PORT", "9000")
    rows = {row["key"]: row for row in run("check", "--bot", folder, "--json").document["settings"]}
    assert rows["server.port"] == {"key": "server.port", "value": 9000, "origin": "environment"}
    assert rows["bot.name"]["origin"] == "bot.toml"
    assert rows["server.host"] == {"key": "server.host", "value": "127.0.0.1", "origin": "default"}


def test_check_never_shows_a_secret(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD__SERVER__IDENTITY_SECRET", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("SWITCHBOARD__BACKENDS__RAG__API_KEY", "sk-very-private")
    for arguments in (("--json",), ()):
        ran = run("check", "--bot", folder, *arguments)
        assert "0123456789abcdef" not in ran.out + ran.err
        assert "sk-very-private" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "word"),
    [
        ("bot.toml", "[bot]", "[bot", True, "TOML"),
        ("bot.toml", "languages = ", "langauges = ", True, "langauges"),
        ("bot.toml", 'chain = ["intent", "rag"]', 'chain = ["intent", "nobody"]', True, "nobody"),
        ("bot.toml", "threads = 1", "threads = 0", True, "threads"),
        ("bot.toml", "weight = 1.0", "weight = 0.0", True, "weight"),
        ("bot.toml", "shop_name = ", "shop_nam = ", True, "shop_nam"),
        ("responses.yml", "responses:", "respnses:", False, "respnses"),
        ("responses.yml", "  utter_fallback:", "  utter_fallbak:", False, "utter_fallback"),
        ("flows.yml", "action: ", "action: not_", True, "not_"),
        ("nlu/intents.yml", "nlu:", "nlu: [", True, "readable"),
        ("nlu/intents.yml", "- intent: ", "- intent: brand_new_", False, "brand_new_"),
        ("nlu/intents.yml", "examples: |", "example: |", True, "examples"),
    ],
)
def test_each_mistake_is_told_with_its_file_and_where_possible_its_line(
    run: Run, folder: Path, file: str, old: str, new: str, line: bool, word: str
) -> None:
    change(folder, file, old, new)
    found = problems(run, folder)
    assert any(word in problem["message"] for problem in found), found
    if line:
        numbers = {problem["line"] for problem in found if problem["file"] == file}
        changed = next(
            number
            for number, text in enumerate((folder / file).read_text(encoding="utf-8").splitlines(), start=1)
            if new.splitlines()[0] in text
        )
        assert any(number is not None and abs(number - changed) <= 6 for number in numbers), (numbers, changed)


@pytest.mark.parametrize("empty", ["", "version: '3.1'\nnlu: []\n"])
def test_a_bot_without_an_intent_is_not_fine(run: Run, folder: Path, empty: str) -> None:
    for path in (folder / "nlu").rglob("*.yml"):
        path.write_text(empty, encoding="utf-8")
    assert "no intent in any file; the classifier needs some to learn" in [p["message"] for p in problems(run, folder)]


def test_one_mistake_is_counted_as_one(run: Run, folder: Path) -> None:
    change(folder, "bot.toml", "threads = 1", "threads = 0")
    assert "1 error, " in run("check", "--bot", folder).err


def test_an_article_without_front_matter_is_told_with_its_line(run: Run, folder: Path) -> None:
    article = next((folder / "articles").glob("*.md"))
    article.write_text("No front matter here.\n", encoding="utf-8")
    assert [(p["file"], p["line"]) for p in problems(run, folder)] == [(f"articles/{article.name}", 1)]


def test_all_mistakes_are_told_at_once(run: Run, folder: Path) -> None:
    change(folder, "bot.toml", "threads = 1", "threads = 0")
    change(folder, "responses.yml", "  utter_fallback:", "  utter_fallbak:")
    shutil.rmtree(folder / "nlu")
    assert {"bot.toml", "responses.yml", "nlu"} <= {problem["file"] for problem in problems(run, folder)}


def test_a_secret_in_the_file_is_refused_without_showing_it(run: Run, folder: Path) -> None:
    change(folder, "bot.toml", "[backends.rag]", '[backends.rag]\napi_key = "sk-very-private"')
    ran = run("check", "--bot", folder, "--json")
    assert ran.code == 3
    assert "SWITCHBOARD__BACKENDS__RAG__API_KEY" in ran.out
    assert "sk-very-private" not in ran.out


def test_check_leaves_nothing_behind(run: Run, folder: Path, tmp_path: Path) -> None:
    before = sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    run("check", "--bot", folder)
    assert sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts) == before
    assert not (tmp_path / "var").exists()


def test_what_is_no_bot_folder_is_told(run: Run, tmp_path: Path) -> None:
    ran = run("check", "--bot", tmp_path)
    assert ran.code == 1
    assert "switchboard init" in ran.err
