"""The guards and the discovery on public texts, with the retrieval encoder that the nightly run uses."""

import csv
import random
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from training.embedding import embed
from training.harvest.content import contradictions
from training.harvest.discovery import Embed, discover
from training.harvest.finding import Known, Night
from training.harvest.labels import LabelledTurn, Provenance
from training.harvest.logged import LoggedTurn, Try

CLINC = Path(__file__).parents[4] / "shared" / "data" / "clinc150" / "train.csv"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CLINC.is_file(), reason=f"needs the public data set at {CLINC}"),
]
INTENTS, KEPT = 16, 10
"""Intents in service, and trusted texts of each."""


class World(NamedTuple):
    """Some intents of a public data set: what is known of them, and what else people say."""

    embed: Embed
    known: Known
    unseen: dict[str, list[str]]
    """Of every intent, those not in service too."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    texts: dict[str, list[str]] = defaultdict(list)
    with CLINC.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            texts[row["intent"]].append(row["text"])
    names = sorted(texts)
    random.Random(8).shuffle(names)
    for name in names:  # neighbours in the file are the work of one author
        random.Random(name).shuffle(texts[name])
    rows = [(text, name) for name in names[:INTENTS] for text in texts[name][:KEPT]]
    vectors_of: Embed = partial(embed, home=tmp_path_factory.mktemp("home"))
    known = Known(
        tuple(text for text, _ in rows), tuple(name for _, name in rows), vectors_of([text for text, _ in rows])
    )
    return World(vectors_of, known, {name: texts[name][KEPT : KEPT + 16] for name in names[: INTENTS + 3]})


def test_poison_is_set_aside_and_good_rows_pass(world: World) -> None:
    names = sorted(set(world.known.intents))
    good = [(text, name) for name in names for text in world.unseen[name][:5]]
    poison = [(text, names[0]) for text in world.unseen[names[7]][5:10]]
    rows = tuple(
        LabelledTurn(f"t{place}", f"c{place}", f"u{place}", "2026-11-20", text, name, Provenance.CONFIRMED, 0.6)
        for place, (text, name) in enumerate([*good, *poison])
    )
    report = contradictions(Night(rows, world.embed([row.text for row in rows])), world.known)
    poisoned = {row.turn_id for row in rows[len(good) :]}
    assert len(report.set_aside & poisoned) >= 4
    assert len(report.set_aside - poisoned) <= 2
    assert names[0] in {finding.intent for finding in report.findings}


def test_intents_that_are_missing_are_proposed(world: World) -> None:
    missing = sorted(set(world.unseen) - set(world.known.intents))
    asked = [(text, name) for name in missing for text in world.unseen[name]]
    turns = [
        LoggedTurn(
            f"t{place}", f"c{place}", f"u{place}", f"2026-11-{place % 20 + 1:02d}T00:00:00Z", text,
            reply=f"About {name}.", mode="generated", attempts=(Try("intent", "abstain:out_of_scope", None, None),),
        )
        for place, (text, name) in enumerate(asked)
    ]  # fmt: skip
    proposals = discover(turns, world.known, world.embed)
    found = {proposal.reply for proposal in proposals} & {f"About {name}." for name in missing}
    assert len(found) >= 2
    assert all(proposal.size >= 5 for proposal in proposals)
