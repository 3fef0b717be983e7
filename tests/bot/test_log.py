"""One JSON line for each event, and never what a customer wrote."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot import log


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_event_is_one_json_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure()
    fields = {"conversation_id": "c_1", "turn_id": "t_1", "backend": "rag", "duration_ms": 12.5, "outcome": "answered"}
    logging.getLogger("bot.desk").info("turn", extra=fields)
    captured = capsys.readouterr()
    assert captured.out == ""
    line = json.loads(captured.err)
    assert {key: line[key] for key in fields} == fields
    assert (line["event"], line["level"], line["logger"]) == ("turn", "info", "bot.desk")
    assert line["at"].endswith("+00:00")


def test_a_field_that_is_not_named_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("DEBUG")
    logging.getLogger("bot").debug("said", extra={"text": "my card is 4111", "session_id": "secret"})
    assert set(lines(capsys)[0]) == {"at", "level", "logger", "event"}


def test_bound_fields_are_on_every_line_of_the_block(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure()
    logger = logging.getLogger("bot")
    with log.bound(conversation_id="c_1"), log.bound(turn_id="t_1"):
        logger.info("inside", extra={"backend": "intent"})
    logger.info("outside")
    inside, outside = lines(capsys)
    assert (inside["conversation_id"], inside["turn_id"], inside["backend"]) == ("c_1", "t_1", "intent")
    assert "conversation_id" not in outside


def test_only_known_fields_can_be_bound() -> None:
    with pytest.raises(ValueError, match=r"text.*known: conversation_id"), log.bound(text="hello"):
        pass


def test_an_exception_comes_with_its_traceback_in_the_same_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure()
    try:
        raise KeyError("gone")
    except KeyError:
        logging.getLogger("bot").exception("event_crashed", extra={"event": "say"})
    line = lines(capsys)[0]
    assert line["event"] == "event_crashed"
    assert line["during"] == "say"
    assert "KeyError: 'gone'" in line["traceback"]


def test_configuring_twice_does_not_write_twice(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure()
    log.configure("WARNING")
    logging.getLogger("bot").info("quiet")
    logging.getLogger("bot").warning("loud")
    assert [line["event"] for line in lines(capsys)] == ["loud"]


def test_uvicorn_speaks_through_it(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("uvicorn.error").addHandler(logging.NullHandler())
    log.configure()
    logging.getLogger("uvicorn.error").info("Application startup complete.")
    assert [line["event"] for line in lines(capsys)] == ["Application startup complete."]


@pytest.mark.parametrize("name", ["websockets", "httpx", "openai"])
def test_libraries_that_show_payloads_are_quiet_even_when_debugging(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("DEBUG")
    logging.getLogger(name).debug("< TEXT 'my card is 4111'")
    assert lines(capsys) == []


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        log.configure("loud")
