"""What a flow does next, and what may stand in flows.yml."""

from pathlib import Path

import pytest

from backends.content.flows import Ask, Confirm, FlowSection, FlowsFile, ResultReply, Run, load_flows, step
from backends.content.problem import ContentError

FLOW = FlowSection(
    slots=("code", "place"), confirm="utter_sure", action="book", replies={"ok": ResultReply(say="utter_done")}
)


@pytest.mark.parametrize(
    ("slots", "confirmed", "expected"),
    [
        ({}, False, Ask("code")),
        ({"code": "1"}, False, Ask("place")),
        ({"place": "x"}, True, Ask("code")),
        ({"code": "1", "place": "x"}, False, Confirm("utter_sure")),
        ({"code": "1", "place": "x"}, True, Run("book")),
    ],
)
def test_missing_slots_come_first_then_the_yes_then_the_action(
    slots: dict[str, str], confirmed: bool, expected: object
) -> None:
    assert step(FLOW, slots, confirmed=confirmed) == expected


def test_a_flow_without_confirmation_acts_at_once() -> None:
    flow = FlowSection(action="look", replies={"ok": ResultReply(say="utter_done")})
    assert step(flow, {}, confirmed=False) == Run("look")


def test_a_folder_without_flows_has_none(tmp_path: Path) -> None:
    assert load_flows(tmp_path / "flows.yml") == FlowsFile()


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("slots: {a: {}}", "slots.a", "can never be filled"),
        ("slots: {a: {patterns: ['(']}}", "slots.a.patterns.0", "not a regular expression"),
        ("slots: {a: {any_text: true, tries: 0}}", "slots.a.tries", "greater than or equal to 1"),
        ("slots: {a: {any_text: true, trys: 2}}", "slots.a.trys", "not permitted"),
        ("flows: {f: {action: x, replies: {}}}", "flows.f", "expected a reply for `ok`"),
        ("flows: {f: {action: x, slots: [a], starts_on: b, replies: {ok: utter_x}}}", "flows.f", "not among the slots"),
        (
            "flows: {f: {action: x, replies: {ok: utter_x, full: {say: utter_y, ask_again: [b]}}}}",
            "flows.f",
            "not among the slots of this flow: b",
        ),
        ("flows: {f: {action: x, slots: [confirm], replies: {ok: utter_x}}}", "flows.f", "choose another name"),
        ("flows: {f: {action: x, replies: {ok: hello}}}", "flows.f.replies.ok.say", "pattern"),
        ("actions: {a: {url: nonsense}}", "actions.a.url", "URL"),
        ("actions: {a: {timeout_s: 0}}", "actions.a.timeout_s", "greater than 0"),
    ],
)
def test_a_broken_file_says_where_and_what(tmp_path: Path, text: str, where: str, message: str) -> None:
    path = tmp_path / "flows.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_flows(path)
    (problem,) = caught.value.problems
    assert problem.where == f"flows.yml: {where}"
    assert message in problem.message
