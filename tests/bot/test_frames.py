"""Every kind of malformed message gets its code; messages are API."""

import json

import pytest

from bot.frames import Fault, error_frame, parse
from bot.wire import UserUttered


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_json"),
        ("{", "bad_json"),
        ("[" * 100_0, "bad_json"),
        ('{"type": "user_uttered", "message_id": "m", "text": "\\ud800"}', "bad_json"),
        ("null", "bad_frame"),
        ("[]", "bad_frame"),
        ('"text"', "bad_frame"),
        ("{}", "bad_frame"),
        ('{"type": "nonsense"}', "bad_frame"),
        ('{"type": 3}', "bad_frame"),
        ('{"type": "user_uttered"}', "bad_frame"),
        ('{"type": "user_uttered", "message_id": "m", "text": ""}', "bad_frame"),
        ('{"type": "user_uttered", "message_id": "m", "text": "   "}', "bad_frame"),
        ('{"type": "user_uttered", "message_id": "m", "text": 5}', "bad_frame"),
        ('{"type": "user_uttered", "message_id": "<script>", "text": "hi"}', "bad_frame"),
        ('{"type": "user_uttered", "message_id": "m", "text": "hi", "admin": true}', "bad_frame"),
        ('{"type": "feedback", "message_id": "m", "value": 2}', "bad_frame"),
        ('{"type": "resolved", "value": "maybe"}', "bad_frame"),
        (json.dumps({"type": "user_uttered", "message_id": "m", "text": "x" * 4001}), "too_long"),
        (json.dumps({"type": "user_uttered", "message_id": "m", "text": "x" * 1_000_000}), "too_long"),
        (json.dumps({"type": "ping", "x": "y" * 1_000_000}), "too_large"),
    ],
)
def test_a_malformed_text_gets_its_code(text: str, code: str) -> None:
    fault = parse({"type": "websocket.receive", "text": text})
    assert isinstance(fault, Fault)
    assert fault.code == code


def test_a_binary_frame_gets_its_code() -> None:
    assert parse({"type": "websocket.receive", "bytes": b"\x00"}) == Fault("binary_frame")


def test_a_fault_names_the_message_it_belongs_to() -> None:
    fault = parse({"text": json.dumps({"type": "user_uttered", "message_id": "m7", "text": "x" * 4001})})
    assert isinstance(fault, Fault)
    assert fault.reply_to == "m7"


def test_the_longest_text_is_taken() -> None:
    frame = parse({"text": json.dumps({"type": "user_uttered", "message_id": "m", "text": "x" * 4000})})
    assert isinstance(frame, UserUttered)


def test_an_error_tells_which_field_was_wrong_and_whether_to_try_again() -> None:
    fault = parse({"text": '{"type": "feedback", "message_id": "m", "value": 2}'})
    assert isinstance(fault, Fault)
    frame = error_frame(fault.code, fault.detail, fault.reply_to)
    assert "feedback.value" in frame.message
    assert not frame.retryable
