"""Two nights with real trainings: fine-tuning, calibration, export, gate; on a small RoBERTa of random weights."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("torch")

from tests.training.nightly.conftest import (
    FILLERS,
    NOW,
    WORDS,
    Shop,
    own_rows,
    write_nlu,
)
from training.dataset import Dataset, read_bot
from training.nightly.child import Progress
from training.pipeline import train_bundle
from training.settings import Recipe

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]
RECIPE = Recipe(technique="finetune", epochs=12, learning_rate=1e-3, batch=8, threads=1)


def test_two_nights_with_real_trainings(
    shop: Shop, small_roberta: Callable[[Path, list[str]], Path], tmp_path: Path
) -> None:
    said = {name: [f"{word} {filler}" for word in words for filler in FILLERS] for name, words in WORDS.items()}
    outside = [f"{verb} of {thing}" for verb in ("sing", "dream", "talk") for thing in ("rain", "cats", "wine", "mars")]
    write_nlu(shop.bot, {**own_rows(), **said, "oos": outside})
    own = read_bot(shop.bot)
    encoder = small_roberta(tmp_path / "encoder", [row.text for row in (*own.examples, *own.oos)])

    def train(dataset: Dataset, out: Path, recipe: Recipe | None, progress: Progress) -> None:
        train_bundle(dataset, home=out.parent, out=out, encoder=str(encoder), recipe=recipe, progress=progress)

    first = shop.night(train=train, recipe=RECIPE)
    assert first.decision == "promoted", first.reasons
    shop.day(0, 90, at=NOW + timedelta(hours=1))
    second = shop.night(train=train, recipe=RECIPE, now=NOW + timedelta(days=1), page=True)
    told = second.sections
    assert second.decision in {"promoted", "refused"}, second.reasons
    assert (second.decision == "promoted") == (shop.current == second.challenger)
    assert {check["name"] for check in told["checks"]} >= {"parity with torch", "canaries", "p95 latency", "memory"}
    assert told["training"]["from_logs"] > 40
    assert told["overall"][0]["n"] > 20
    card = json.loads((shop.home / "bundles" / str(second.challenger) / "card.json").read_text())
    assert card["data"]["digest"] == told["training"]["digest"]
    assert not list((shop.home / "nights" / second.night).glob("challenger"))
