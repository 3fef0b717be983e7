"""From texts to a served prompt, on a small RoBERTa of random weights made on the spot."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from backends.bundle import PROMPTS, current_id, list_bundles, verify  # noqa: E402 - after the check for torch
from backends.soft_prompt.classifier import Asked, PromptClassifier, classify  # noqa: E402
from training.cli import train  # noqa: E402
from training.dataset import Dataset, Example  # noqa: E402
from training.pipeline import train_bundle  # noqa: E402
from training.settings import Recipe, Technique  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]

THINGS = ("tent", "rope", "stove", "boots", "jacket", "map", "lamp", "pack", "poles", "socks")
SHAPES = {
    "order_status": "where is the {} I ordered",
    "cancel_order": "cancel the {} please",
    "refund_status": "I want my money for the {}",
}
TEXTS = [shape.format("kettle") for shape in SHAPES.values()]


def dataset() -> Dataset:
    rows = [Example(shape.format(thing), intent) for intent, shape in SHAPES.items() for thing in THINGS]
    return Dataset.of([*rows, *(Example(f"sing of {thing} and summer rain", "oos") for thing in THINGS)])


@pytest.fixture(scope="module")
def roberta(small_roberta: Callable[[Path, Sequence[str]], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small RoBERTa that knows the words of the data set."""
    texts = [row.text for row in (*dataset().examples, *dataset().oos)]
    return small_roberta(tmp_path_factory.mktemp("roberta"), texts)


@pytest.fixture(scope="module")
def home(roberta: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one prompt of each kind, `shallow` and `deep`."""
    home = tmp_path_factory.mktemp("home")
    kinds: dict[str, Technique] = {"shallow": "soft_prompt", "deep": "prefix"}
    for name, technique in kinds.items():
        recipe = Recipe(technique=technique, tokens=4, epochs=3, batch=8)
        train_bundle(dataset(), home=home, encoder=str(roberta), recipe=recipe, name=name)
    return home


def folder_of(home: Path, name: str) -> Path:
    return next(entry.path for entry in list_bundles(home, PROMPTS) if entry.card["name"] == name)


@pytest.mark.parametrize(("name", "rows"), [("shallow", {"soft": 4, "prefix": 0}), ("deep", {"soft": 0, "prefix": 4})])
def test_what_was_trained_is_served(home: Path, name: str, rows: dict[str, int]) -> None:
    folder = folder_of(home, name)
    verify(folder)
    card = json.loads((folder / "card.json").read_text())
    assert card["parity"]["answered_agreement"] >= 0.99
    assert card["parity"]["max_probability_difference"] < 0.1
    assert card["metrics"]["accuracy"] == 1.0
    assert sum(path.stat().st_size for path in folder.iterdir()) < 25_000
    served = PromptClassifier.load(folder, home)
    assert [parse.ranking[0][0] for parse in served.classify(TEXTS)] == list(SHAPES)
    assert {"soft": len(served.prompt.soft), "prefix": served.prompt.prefix.shape[2]} == rows


def test_all_prompts_use_one_encoder_that_is_written_once(home: Path) -> None:
    shallow, deep = (PromptClassifier.load(folder_of(home, name), home) for name in ("shallow", "deep"))
    assert shallow.frozen is deep.frozen
    assert len(list((home / "encoders").glob("*prompted*"))) == 1


def test_texts_of_both_prompts_in_one_batch_are_answered_as_alone(home: Path) -> None:
    both = [PromptClassifier.load(folder_of(home, name), home) for name in ("shallow", "deep")]
    asked = [Asked(text, each) for text in [*TEXTS, "sing", "where where where is it"] for each in both]
    for single, together in zip(asked, classify(asked), strict=True):
        alone = single.classifier.classify([single.text])[0]
        assert together.intent == alone.intent
        assert dict(together.ranking) == pytest.approx(dict(alone.ranking), abs=1e-4)


def test_the_command_writes_a_prompt_and_promotes_the_first(
    roberta: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path / "var"))
    file = tmp_path / "shop.csv"
    lines = [f'"{row.text}",{row.intent}' for row in dataset().examples]
    file.write_text("text,intent\n" + "\n".join(lines) + "\n")
    common = ["--data", str(file), "--encoder", str(roberta), "--epochs", "1", "--json"]
    first = CliRunner().invoke(train, [*common, "--technique", "soft_prompt"])
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert (told["promoted"], Path(told["bundle"]).parent.name) == (True, "prompts")
    second = CliRunner().invoke(train, [*common, "--technique", "prefix", "--name", "deep"])
    assert json.loads(second.stdout)["promoted"] is False
    home = tmp_path / "var"
    assert (current_id(home, PROMPTS), current_id(home)) == (told["id"], None)
    assert {entry.card["name"] for entry in list_bundles(home, PROMPTS)} == {"shop", "deep"}
