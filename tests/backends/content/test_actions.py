"""Actions run within a deadline, and whatever they do wrong becomes a result."""

import asyncio
import logging
from pathlib import Path

import pytest

from backends.content.actions import Actions, Call, calling, load_functions, this_call
from backends.content.content import Content
from backends.content.problem import ContentError
from backends.contract import Customer


@pytest.fixture
def actions(bot_dir: Path) -> Actions:
    return Content.load(bot_dir).actions


async def test_a_result_is_texts_with_the_code_ok(actions: Actions) -> None:
    result = await actions.run("look", {"code": "Q-1234"}, Customer(), Call())
    assert (result.name, result.ok, dict(result.values)) == ("look", True, {"code": "ok", "price": "12"})


async def test_an_action_error_is_a_refusal_with_its_code(actions: Actions) -> None:
    result = await actions.run("look", {"code": "Q-0000"}, Customer(), Call())
    assert (result.ok, dict(result.values)) == (False, {"code": "not_found"})


async def test_an_action_sees_its_key_its_slots_and_who_asks(actions: Actions) -> None:
    await actions.run("book", {"code": "Q-1234"}, Customer(id="c7"), Call("turn-9"))
    booked = actions.functions["book"].__globals__["BOOKED"]
    assert booked == [("turn-9", {"code": "Q-1234"}, "c7")]


@pytest.mark.parametrize("code", ["Q-6666", "Q-7777", "Q-8888"])
async def test_a_bug_a_hang_and_a_missing_value_are_failures_and_logged(
    actions: Actions, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "backends.content.actions"):
        result = await actions.run("book", {"code": code}, Customer(), Call("k"))
    assert (result.ok, dict(result.values)) == (False, {"code": "failed"})
    assert len(caplog.records) == 1


async def test_an_action_of_the_wrong_type_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "actions.py"
    path.write_text("async def odd(slots, customer):\n    return 'done'\n")
    result = await Actions(load_functions(path)).run("odd", {}, Customer(), Call())
    assert (result.ok, dict(result.values)) == (False, {"code": "failed"})


async def test_a_cancelled_turn_cancels_its_action(tmp_path: Path) -> None:
    path = tmp_path / "actions.py"
    path.write_text(
        "import asyncio\nSTARTED, ENDED = asyncio.Event(), []\n"
        "async def wait(slots, customer):\n"
        "    STARTED.set()\n"
        "    try:\n        await asyncio.Event().wait()\n"
        "    finally:\n        ENDED.append(True)\n"
    )
    functions = load_functions(path)
    module = functions["wait"].__globals__
    task = asyncio.create_task(Actions(functions).run("wait", {}, Customer(), Call()))
    await module["STARTED"].wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert module["ENDED"] == [True]


async def test_calls_at_once_do_not_see_each_other_s_key(actions: Actions) -> None:
    calls = [actions.run("book", {"code": f"Q-123{n}"}, Customer(), Call(f"k{n}")) for n in range(5)]
    await asyncio.gather(*calls)
    booked = actions.functions["book"].__globals__["BOOKED"]
    assert {(key, slots["code"]) for key, slots, _ in booked} == {(f"k{n}", f"Q-123{n}") for n in range(5)}


def test_a_call_is_known_within_its_block_only() -> None:
    with calling(Call("k")):
        assert this_call().key == "k"
    assert this_call() == Call()


def test_a_folder_without_actions_has_none(tmp_path: Path) -> None:
    assert load_functions(tmp_path / "actions.py") == {}


def test_private_and_imported_functions_are_no_actions(tmp_path: Path) -> None:
    path = tmp_path / "actions.py"
    path.write_text("from asyncio import sleep\ndef _own():\n    pass\nasync def go(slots, customer):\n    return {}\n")
    assert set(load_functions(path)) == {"go"}


def test_importing_actions_leaves_no_files_behind(bot_dir: Path) -> None:
    load_functions(bot_dir / "actions.py")
    assert sorted(path.name for path in bot_dir.iterdir()) == ["actions.py", "flows.yml", "responses.yml"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def go(slots, customer):\n    return {}", "expected `async def`"),
        ("def go(:", "SyntaxError"),
        ("import no_such_module_anywhere", "ModuleNotFoundError"),
        ("x = undefined", "NameError"),
        ("x = {}['a']", "KeyError"),
    ],
)
def test_actions_that_cannot_be_used_say_why(tmp_path: Path, source: str, message: str) -> None:
    path = tmp_path / "actions.py"
    path.write_text(source)
    with pytest.raises(ContentError, match=message):
        load_functions(path)


def test_a_module_that_fails_while_it_is_imported_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "actions.py"
    path.write_text("raise RuntimeError('no database')\n", encoding="utf-8")
    with pytest.raises(ContentError, match="RuntimeError: no database"):
        load_functions(path)
