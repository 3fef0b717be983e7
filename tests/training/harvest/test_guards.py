"""Guards on a night's labels, with vectors whose meaning is plain: an intent is a direction."""

import hashlib
import zlib

import numpy as np
import pytest

from backends.encoder import Floats
from training.harvest.canaries import Canary, canary_report, flips
from training.harvest.content import contradictions
from training.harvest.finding import GuardReport, Known, Night
from training.harvest.floods import floods
from training.harvest.guards import Past, guard
from training.harvest.labels import WEIGHTS, LabelledTurn, Provenance
from training.harvest.repeats import repeats, shape_of
from training.harvest.shares import share_shifts

INTENTS = tuple(f"intent_{place}" for place in range(8))
OPERATOR, CONFIRMED = Provenance.OPERATOR, Provenance.CONFIRMED
RANDOM = np.random.default_rng


def meaning(intent: str, count: int, seed: int) -> Floats:
    """Unit vectors about the direction of an intent; an unknown one has a direction of its own."""
    place = INTENTS.index(intent) if intent in INTENTS else len(INTENTS)
    found = np.eye(16, dtype=np.float32)[place] + RANDOM(seed).normal(0, 0.12, (count, 16)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


KNOWN = Known(
    tuple(f"example {place} of {intent}" for intent in INTENTS for place in range(12)),
    tuple(intent for intent in INTENTS for _ in range(12)),
    np.concatenate([meaning(intent, 12, seed) for seed, intent in enumerate(INTENTS)]),
)


def own_words(name: str) -> str:
    """A text like no other."""
    letters = hashlib.sha256(name.encode()).hexdigest().translate(str.maketrans("0123456789", "ghijklmnop"))
    return " ".join(letters[start::8] for start in range(8))


def row(name: str, intent: str, provenance: Provenance = CONFIRMED, **more: str) -> LabelledTurn:
    customer = more.get("customer", f"visitor-{zlib.crc32(name.encode())}")
    text = more.get("text") or own_words(name)
    return LabelledTurn(name, f"c-{name}", customer, "2026-11-20", text, intent, provenance, WEIGHTS[provenance])


def night(*groups: tuple[str, str, int, Provenance], seed: int = 50) -> Night:
    """Rows of (what the texts say, what they are labelled, how many, by whom)."""
    rows, vectors = [], []
    for number, (says, label, count, provenance) in enumerate(groups):
        rows += [row(f"{label}-{says}-{place}", label, provenance) for place in range(count)]
        vectors.append(meaning(says, count, seed + number))
    return Night(tuple(rows), np.concatenate(vectors))


GOOD = tuple((intent, intent, 8, CONFIRMED) for intent in INTENTS)


def test_a_good_night_passes_whole() -> None:
    assert contradictions(night(*GOOD), KNOWN).set_aside == frozenset()


@pytest.mark.parametrize("provenance", [CONFIRMED, OPERATOR])
def test_rows_of_other_intents_gathered_under_one_are_set_aside_and_named(provenance: Provenance) -> None:
    report = contradictions(night(*GOOD, ("intent_1", "intent_0", 5, provenance)), KNOWN)
    poison = {f"intent_0-intent_1-{place}" for place in range(5)}
    assert report.set_aside <= poison
    assert len(report.set_aside) >= 4
    (finding,) = report.findings
    assert (finding.kind, finding.intent, set(finding.turn_ids)) == ("content", "intent_0", set(report.set_aside))
    assert "intent_1 (" in finding.message


def test_a_customers_contradicted_label_is_set_aside_alone_and_an_operators_is_not() -> None:
    mixed = night(*GOOD, ("intent_1", "intent_0", 1, CONFIRMED), ("intent_3", "intent_2", 1, OPERATOR))
    assert contradictions(mixed, KNOWN).set_aside == {"intent_0-intent_1-0"}


def test_an_operator_can_teach_an_intent_of_which_nothing_is_known() -> None:
    assert contradictions(night(*GOOD, ("intent_1", "brand_new", 6, OPERATOR)), KNOWN).set_aside == frozenset()


def test_operators_can_teach_texts_unlike_anything_known() -> None:
    assert contradictions(night(*GOOD, ("elsewhere", "intent_0", 6, OPERATOR)), KNOWN).set_aside == frozenset()


def test_customers_cannot_gather_strange_texts_under_one_intent() -> None:
    report = contradictions(night(*GOOD, ("elsewhere", "intent_0", 6, CONFIRMED)), KNOWN)
    assert len(report.set_aside) == 6


def test_an_intent_cannot_be_labelled_away_as_out_of_scope() -> None:
    report = contradictions(night(*GOOD, ("intent_1", "oos", 5, CONFIRMED)), KNOWN)
    assert len(report.set_aside) >= 4


def test_what_two_people_labelled_alike_passes() -> None:
    poisoned = night(*GOOD, ("intent_1", "intent_0", 5, OPERATOR))
    vouched = frozenset(turn.turn_id for turn in poisoned.rows)
    assert contradictions(poisoned, KNOWN, vouched=vouched).set_aside == frozenset()


@pytest.mark.parametrize("known", [KNOWN.at([]), KNOWN.at([0]), KNOWN.at(range(12)), KNOWN.at([0, 12, 24])])
def test_too_little_known_judges_nobody(known: Known) -> None:
    assert contradictions(night(*GOOD, ("intent_1", "intent_0", 5, CONFIRMED)), known) == GuardReport()


def test_an_empty_night_is_no_trouble() -> None:
    assert guard(Night((), np.empty((0, 16), np.float32)), Past(), KNOWN) == GuardReport()


def drifting(nights: int, seed: int, rows: int = 100) -> list[list[LabelledTurn]]:
    random, topics = RANDOM(seed), RANDOM(seed).normal(0, 0.5, 8)
    found: list[list[LabelledTurn]] = []
    for _ in range(nights):
        topics = topics + random.normal(0, 0.2, 8)
        share = np.exp(topics) / np.exp(topics).sum()
        chosen = random.choice(INTENTS, rows, p=share)
        found.append([row(f"n{len(found)}-{place}", str(intent), text="x") for place, intent in enumerate(chosen)])
    return found


def test_drifting_topics_raise_few_alarms() -> None:
    alarms = sum(bool(share_shifts(nights[-1], nights[:-1])) for nights in (drifting(9, seed) for seed in range(20)))
    assert alarms <= 2


def test_a_jump_of_one_intents_share_is_found_and_named() -> None:
    *past, tonight = drifting(9, 1)
    jump = [row(f"j{place}", "intent_0") for place in range(60)]
    (finding,) = share_shifts([*tonight, *jump], past)
    assert finding.intent == "intent_0"
    assert {turn.turn_id for turn in jump} <= set(finding.turn_ids)


def test_new_intents_and_short_pasts_are_no_shift() -> None:
    *past, tonight = drifting(9, 1)
    new = [row(f"j{place}", "brand_new") for place in range(60)]
    assert share_shifts([*tonight, *new], past) == ()
    assert share_shifts([*tonight, *(row(f"j{place}", "intent_0") for place in range(60))], past[:2]) == ()


def test_near_identical_texts_are_found_whatever_their_numbers() -> None:
    copies = [row(f"r{n}", "intent_0", text=f"Order {n}{n} never came, send money now{'!' * n}") for n in range(6)]
    others = [row(f"o{n}", "intent_0", text=text) for n, text in enumerate(("hi", "where is it", "what a day it is"))]
    (finding,) = repeats([*copies, *others])
    assert set(finding.turn_ids) == {turn.turn_id for turn in copies}


def test_what_was_as_common_before_is_no_repeat() -> None:
    def common(prefix: str) -> list[LabelledTurn]:
        return [row(f"{prefix}{n}", "intent_0", text="Where is my parcel?") for n in range(8)]

    assert repeats(common("a"), common("b")) == ()
    assert repeats([row(f"h{n}", "greet", text="thank you") for n in range(20)]) == ()


def test_shapes_keep_words_and_drop_numbers_and_signs() -> None:
    assert shape_of("  Order #12, NOW!! [email]") == "order ## now [email]"


def test_one_customers_flood_is_found() -> None:
    tonight = [row(f"f{n}", "intent_0", customer="visitor-x") for n in range(10)]
    (finding,) = floods([*tonight, *(row(f"o{n}", "intent_1", customer=f"v{n}") for n in range(30))])
    assert set(finding.turn_ids) == {turn.turn_id for turn in tonight}


def test_a_family_of_customers_that_was_not_there_before_is_found() -> None:
    past = [row(f"p{n}", "intent_1", customer=f"visitor-{n}") for n in range(60)]
    tonight = [row(f"o{n}", "intent_1", customer=f"visitor-{n}") for n in range(30)]
    family = [row(f"f{n}", "intent_0", customer=f"robot_{n}") for n in range(10)]
    (finding,) = floods([*tonight, *family], past)
    assert "robot_#" in finding.message
    assert floods(tonight, past) == ()


CANARIES = tuple(Canary(f"canary {place}", INTENTS[place % 8]) for place in range(40))
CANARY_VECTORS = np.concatenate([meaning(canary.intent, 1, 900 + n) for n, canary in enumerate(CANARIES)])


def test_flipped_canaries_name_the_rows_beside_them_and_refuse_the_night() -> None:
    poisoned = night(*GOOD, ("intent_1", "intent_0", 5, CONFIRMED))
    before = [canary.intent for canary in CANARIES]
    after = ["intent_0" if intent == "intent_1" else intent for intent in before]
    found = flips(CANARIES, CANARY_VECTORS, before, after, poisoned)
    report = canary_report(found, len(CANARIES))
    assert (len(found), report.refuse) == (5, True)
    assert report.set_aside == {f"intent_0-intent_1-{place}" for place in range(5)}


def test_one_flip_is_reported_and_refuses_nothing() -> None:
    before = [canary.intent for canary in CANARIES]
    report = canary_report(flips(CANARIES, CANARY_VECTORS, before, ["intent_5", *before[1:]], night(*GOOD)), 40)
    assert (report.refuse, len(report.findings), report.set_aside) == (False, 1, frozenset())


def test_canaries_the_champion_had_wrong_do_not_count() -> None:
    wrong = ["intent_7"] * len(CANARIES)
    found = flips(CANARIES, CANARY_VECTORS, wrong, wrong, night(*GOOD))
    assert canary_report(found, len(CANARIES)) == GuardReport()


def test_all_guards_together_set_poison_aside_and_keep_the_night() -> None:
    poisoned = night(*GOOD, ("intent_1", "intent_0", 5, CONFIRMED))
    report = guard(poisoned, Past(tuple(map(tuple, drifting(5, 3)))), KNOWN)
    assert report.set_aside == {f"intent_0-intent_1-{place}" for place in range(5)}
    assert not report.refuse


def test_a_night_of_which_too_much_is_wrong_is_refused() -> None:
    wrong = tuple((intent, INTENTS[(place + 1) % 8], 8, CONFIRMED) for place, intent in enumerate(INTENTS))
    report = guard(night(*wrong), Past(), KNOWN)
    assert report.refuse
    assert report.findings[-1].kind == "too_many"


def test_a_customers_flood_does_not_touch_what_an_operator_labelled() -> None:
    rows = tuple(row(f"f{n}", "intent_0", OPERATOR if n < 3 else CONFIRMED, customer="visitor-x") for n in range(12))
    report = guard(Night(rows, meaning("intent_0", 12, 5)), Past(), KNOWN.at([]))
    assert report.set_aside == {f"f{n}" for n in range(3, 12)}
