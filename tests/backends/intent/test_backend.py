"""The intent backend: when it answers, asks back or abstains, with which evidence, and what operators see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from backends import bundle
from backends.classified.calibration import Thresholds
from backends.classified.live import Live, Served
from backends.content.reload import Reloading
from backends.contract import (
    Abstain,
    BackendError,
    FlowState,
    HasParse,
    HasStatus,
    Parse,
    Place,
    Provenance,
    QuickReply,
    Reply,
    Turn,
)
from backends.intent.backend import Intent, load
from backends.registry import load as load_by_name

DEMO = Path("demo")
LIMITS = Thresholds(min_confidence=0.6, max_oos=0.5, min_margin=0.15)
Rankings = Mapping[str, Mapping[str, float]]


@dataclass
class Table:
    """A classifier that knows its texts by heart; all others are out of scope."""

    rankings: Rankings
    bundle_id: str = "fake-1"
    intents: tuple[str, ...] = ("greet",)
    thresholds: Thresholds = LIMITS
    seen: list[str] = field(default_factory=list)

    def thresholds_for(self, error_budget: float) -> Thresholds:
        return replace(self.thresholds, min_confidence=1.0 - error_budget)

    def classify(self, texts: Sequence[str]) -> list[Parse]:
        self.seen += texts
        return [self._parse(text) for text in texts]

    def _parse(self, text: str) -> Parse:
        scores = self.rankings.get(text)
        if scores is None:
            return Parse(None, 0.1, (("greet", 0.1),), 0.9)
        ranking = tuple(sorted(scores.items(), key=lambda item: -item[1]))
        return Parse(*ranking[0], ranking)


KNOWN: Rankings = {
    "do you ship to norway": {"shipping_abroad": 0.93, "shipping_cost": 0.03},
    "is there a person": {"talk_to_human": 0.97},
    "where is my parcel": {"order_status": 0.95},
    "delivery?": {"shipping_time": 0.42, "shipping_cost": 0.38, "order_status": 0.1},
    "hm": {"greet": 0.3, "thanks": 0.05},
    "brand new": {"never_written": 0.99},
}


async def quiet(_: str) -> None:
    raise AssertionError("a template is shown whole, not streamed")


def backend_of(model: Table, home: Path | None = None, languages: tuple[str, ...] = ("en",)) -> Intent:
    live = Live(Path("nowhere"), lambda _: model, watches=False)
    live._open(("fake-1", 0))
    return Intent(live, Reloading(DEMO), languages=languages, home=home)


@pytest.fixture
def table() -> Table:
    return Table(KNOWN)


@pytest.fixture
def intent(table: Table) -> Intent:
    return backend_of(table)


async def replied(intent: Intent, turn: Turn) -> Reply:
    outcome = await intent.reply(turn, quiet)
    assert isinstance(outcome, Reply), outcome
    return outcome


async def abstained(intent: Intent, turn: Turn) -> Abstain:
    outcome = await intent.reply(turn, quiet)
    assert isinstance(outcome, Abstain), outcome
    return outcome


async def test_a_sure_intent_gets_its_reply_with_evidence(intent: Intent) -> None:
    reply = await replied(intent, Turn("t1", "do you ship to norway"))
    assert "14.90" in reply.text
    assert (reply.intent, reply.confidence, reply.kind) == ("shipping_abroad", 0.93, "answer")
    assert reply.provenance == Provenance(bundle_id="fake-1", mode="template")
    assert set(reply.stages_ms) == {"encode", "content"}
    assert all(duration >= 0 for duration in reply.stages_ms.values())


async def test_a_flow_asks_its_question(intent: Intent) -> None:
    reply = await replied(intent, Turn("t1", "where is my parcel"))
    assert reply.kind == "question"
    assert reply.provenance.mode == "flow"
    assert isinstance(reply.flow, FlowState)
    assert (reply.flow.flow, reply.flow.awaiting) == ("order_status", "order_number")


async def test_asking_for_a_person_hands_off(intent: Intent) -> None:
    reply = await replied(intent, Turn("t1", "is there a person"))
    assert reply.handoff
    assert reply.intent == "talk_to_human"


@pytest.mark.parametrize(
    ("turn", "reason", "guess"),
    [
        (Turn("t", "what is the capital of peru"), "out_of_scope", "greet"),
        (Turn("t", "hm"), "low_confidence", "greet"),
        (Turn("t", "delivery?", clarified=True), "ambiguous", "shipping_time"),
        (Turn("t", "None of these", payload="/none_of_these"), "ambiguous", None),
        (Turn("t", "wo ist mein paket", language="de"), "unsupported_language", "greet"),
        (Turn("t", "wo ist mein paket", language="de-AT"), "unsupported_language", "greet"),
        (Turn("t", "brand new"), "no_reply", "never_written"),
    ],
)
async def test_what_it_does_not_know_it_leaves_to_others(
    intent: Intent, turn: Turn, reason: str, guess: str | None
) -> None:
    outcome = await abstained(intent, turn)
    assert (outcome.reason, outcome.intent) == (reason, guess)
    assert outcome.provenance.bundle_id == "fake-1"


async def test_a_text_it_knows_is_answered_whatever_the_interface_speaks(intent: Intent) -> None:
    assert (await replied(intent, Turn("t", "do you ship to norway", language="de"))).intent == "shipping_abroad"


async def test_a_smaller_error_budget_asks_for_more_confidence(intent: Intent) -> None:
    text = "do you ship to norway"
    assert (await replied(intent, Turn("t", text, error_budget=0.1))).confidence == 0.93
    assert (await abstained(intent, Turn("t", text, error_budget=0.05))).reason == "low_confidence"


async def test_a_language_the_bundle_was_trained_on_is_plainly_out_of_scope(table: Table) -> None:
    intent = backend_of(table, languages=("en", "de"))
    assert (await abstained(intent, Turn("t", "wo ist mein paket", language="de"))).reason == "out_of_scope"


async def test_two_close_intents_are_offered_as_buttons(intent: Intent) -> None:
    reply = await replied(intent, Turn("t1", "delivery?"))
    assert reply.kind == "clarify"
    assert [button.payload for button in reply.quick_replies] == [
        "/shipping_time",
        "/shipping_cost",
        "/none_of_these",
    ]
    assert all(isinstance(button, QuickReply) and button.title for button in reply.quick_replies)


async def test_a_pressed_button_is_sure_and_not_classified(intent: Intent, table: Table) -> None:
    reply = await replied(intent, Turn("t1", "Shipping costs", payload="/shipping_cost", clarified=True))
    assert (reply.intent, reply.confidence) == ("shipping_cost", 1.0)
    assert table.seen == []


async def test_a_payload_that_names_nothing_is_read_as_text(intent: Intent, table: Table) -> None:
    reply = await replied(intent, Turn("t1", "do you ship to norway", payload="/nonsense"))
    assert reply.intent == "shipping_abroad"
    assert table.seen == ["do you ship to norway"]


async def test_parse_gives_the_ranking(intent: Intent) -> None:
    assert isinstance(intent, HasParse)
    parse = await intent.parse("delivery?")
    assert [name for name, _ in parse.ranking] == ["shipping_time", "shipping_cost", "order_status"]


async def test_without_a_bundle_it_is_down_and_says_what_to_do(tmp_path: Path) -> None:
    intent = load({}, Place(DEMO, tmp_path, serves=False))
    assert isinstance(intent, HasStatus)
    assert (intent.status().state, intent.status().detail) == ("down", "no model bundle; run `switchboard train`")
    with pytest.raises(BackendError, match="run `switchboard train`"):
        await intent.reply(Turn("t", "hello"), quiet)
    await intent.aclose()


async def test_a_button_works_even_without_a_bundle(tmp_path: Path) -> None:
    intent = load({}, Place(DEMO, tmp_path, serves=False))
    reply = await replied(intent, Turn("t", "Shipping costs", payload="/shipping_cost"))
    assert (reply.intent, reply.provenance.bundle_id) == ("shipping_cost", None)


async def test_it_is_found_by_name_and_answers_from_the_current_bundle(
    tmp_path: Path, make_tiny_bundle: Callable[..., Path]
) -> None:
    make_tiny_bundle(tmp_path / "bundles" / "tiny-0001")
    bundle.promote(tmp_path, "tiny-0001")
    intent = load_by_name("intent", {"threads": 1}, Place(DEMO, tmp_path, serves=False))
    outcome = await intent.reply(Turn("t", "shipping cost"), quiet)
    assert isinstance(outcome, Reply)
    assert (outcome.intent, outcome.provenance.bundle_id) == ("shipping_cost", "tiny-0001")
    assert isinstance(await intent.reply(Turn("t", "zebra"), quiet), Abstain)
    await intent.aclose()


def test_labels_and_content_that_do_not_fit_are_told_to_operators(table: Table) -> None:
    intent = backend_of(Table(KNOWN, intents=("greet", "never_written")))
    status = intent.status()
    assert status.state == "degraded"
    assert "utter_never_written" in status.detail or "problems" in status.detail


@pytest.mark.parametrize("settings", [{"thread": 1}, {"threads": 0}, {"max_batch": 0}, {"languages": []}])
def test_wrong_settings_are_refused(settings: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        load(settings, Place(DEMO, tmp_path))


def test_the_webhook_secret_is_in_no_representation() -> None:
    from backends.intent.settings import IntentSettings

    assert "hush" not in repr(IntentSettings.model_validate({"webhook_secret": "hush"}))


def test_a_served_model_is_one_object(table: Table) -> None:
    live = Live(Path("nowhere"), lambda _: table)
    live._open(("fake-1", 0))
    assert isinstance(live.served, Served)
    assert live.served.model is table
