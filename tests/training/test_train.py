"""Training from files to a served bundle, on a small RoBERTa of random weights made on the spot."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")

from backends.bundle import current_id, list_bundles  # noqa: E402 - after the check that torch is there
from backends.contract import BackendError  # noqa: E402
from backends.encoder import load_current  # noqa: E402
from backends.intent.classifier import Classifier  # noqa: E402
from training.cli import train  # noqa: E402
from training.dataset import DataError, Dataset, Example  # noqa: E402
from training.export import export_encoder  # noqa: E402
from training.pipeline import prepare, train_bundle  # noqa: E402
from training.pretrained import UnknownEncoder, load_pretrained  # noqa: E402
from training.settings import Recipe  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]

THINGS = ("tent", "rope", "stove", "boots", "jacket", "map", "lamp", "pack", "poles", "socks")
SHAPES = {
    "order_status": "where is the {} I ordered",
    "cancel_order": "cancel the {} please",
    "refund_status": "I want my money for the {}",
}


def dataset(examples: int = 10) -> Dataset:
    """So many texts of each of three intents, and ten texts out of scope."""
    rows = [Example(shape.format(thing), intent) for intent, shape in SHAPES.items() for thing in THINGS[:examples]]
    return Dataset.of([*rows, *(Example(f"sing of {thing} and summer rain", "oos") for thing in THINGS)])


@pytest.fixture(scope="module")
def roberta(small_roberta: Callable[[Path, list[str]], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small RoBERTa that knows the words of the data set."""
    texts = [row.text for row in (*dataset().examples, *dataset().oos)]
    return small_roberta(tmp_path_factory.mktemp("roberta"), texts)


@dataclass(frozen=True)
class Run:
    """A finished training."""

    home: Path
    bundle: Path
    accuracy: float


RECIPE = Recipe(technique="finetune", names=False, epochs=16, learning_rate=1e-3, batch=8)


@pytest.fixture(scope="module")
def trained(roberta: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A bundle trained on the small RoBERTa."""
    home = tmp_path_factory.mktemp("home")
    result = train_bundle(dataset(), home=home, encoder=str(roberta), recipe=RECIPE)
    return Run(home, result.path, result.accuracy)


def test_what_was_trained_is_served(trained: Run) -> None:
    classifier = Classifier.load(trained.bundle)
    parses = classifier.classify(["where is the kettle I ordered", "cancel the kettle please"])
    assert [parse.ranking[0][0] for parse in parses] == ["order_status", "cancel_order"]
    assert trained.accuracy == 1.0


def test_the_served_model_agrees_with_torch(trained: Run) -> None:
    parity = json.loads((trained.bundle / "card.json").read_text())["parity"]
    assert parity["label_agreement"] >= 0.99
    assert parity["max_probability_difference"] < 0.2


def test_padding_changes_nothing_although_roberta_counts_positions_by_it(trained: Run) -> None:
    classifier = Classifier.load(trained.bundle)
    texts = ["cancel the tent", "where is the rope I ordered " * 4, "money"]
    together = classifier.outputs(texts)[0]
    alone = np.concatenate([classifier.outputs([text])[0] for text in texts])
    assert together == pytest.approx(alone, abs=0.35)
    assert (together.argmax(axis=1) == alone.argmax(axis=1)).all()


def test_a_text_longer_than_the_position_table_is_cut(trained: Run) -> None:
    assert Classifier.load(trained.bundle).classify(["rope " * 500])[0].confidence > 0


def test_strangers_score_higher_than_customers(trained: Run) -> None:
    classifier = Classifier.load(trained.bundle)
    known = [parse.oos_score for parse in classifier.classify([row.text for row in dataset().examples])]
    strange = [parse.oos_score for parse in classifier.classify(["sing of kettles and summer rain"])]
    assert strange[0] > max(known)


def test_the_card_tells_how_the_bundle_came_about(trained: Run) -> None:
    card = json.loads((trained.bundle / "card.json").read_text())
    assert card["id"] == trained.bundle.name
    assert card["data"]["examples"] == 30
    assert card["data"]["digest"] == prepare(dataset()).digest()
    assert card["recipe"]["seed"] == 0
    assert card["versions"]["torch"] == torch.__version__
    assert card["metrics"]["n"] == 6


def test_the_same_seed_gives_the_same_classifier(trained: Run, roberta: Path, tmp_path: Path) -> None:
    again = train_bundle(dataset(), home=tmp_path, encoder=str(roberta), recipe=RECIPE).path
    texts = ["where is the tent", "sing"]
    left, right = Classifier.load(trained.bundle).outputs(texts), Classifier.load(again).outputs(texts)
    assert left[0] == pytest.approx(right[0], abs=1e-4)


def test_two_examples_an_intent_are_enough_to_begin(roberta: Path, tmp_path: Path) -> None:
    result = train_bundle(dataset(2), home=tmp_path, encoder=str(roberta), recipe=Recipe(epochs=1))
    assert result.examples == 6
    assert Classifier.load(result.path).intents == ("cancel_order", "order_status", "refund_status")


def test_one_example_an_intent_works_and_says_that_nothing_was_held_out(roberta: Path, tmp_path: Path) -> None:
    result = train_bundle(dataset(1), home=tmp_path, encoder=str(roberta), recipe=Recipe(epochs=1))
    assert result.metrics["held_out"] is False


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([Example("hi", "greet"), Example("hey", "greet")], "at least two intents, got greet"),
        ([], "at least two intents, got none"),
        ([Example("hi", "a", "x.csv:2"), Example("HI", "b", "x.csv:3")], "is labelled a .x.csv:2. and b"),
    ],
)
def test_data_that_cannot_train_a_classifier_is_refused(rows: list[Example], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        train_bundle(Dataset.of(rows), home=tmp_path)


def test_personal_data_is_masked_before_training() -> None:
    rows = [Example("mail me at ann@web.example", "a"), Example("bye", "b")]
    assert "ann@web.example" not in prepare(Dataset.of(rows)).examples[0].text


def test_a_folder_with_other_files_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="holds other files"):
        train_bundle(dataset(), home=tmp_path / "home", out=tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_an_encoder_that_is_nowhere_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(UnknownEncoder, match="no-such-encoder"):
        load_pretrained(str(tmp_path / "no-such-encoder"))


def test_the_packaged_encoder_is_exported_once_and_agrees_with_torch(tmp_path: Path) -> None:
    folder = export_encoder(None, tmp_path)
    written = (folder / "model.onnx").stat().st_mtime_ns
    assert export_encoder(None, tmp_path) == folder
    assert (folder / "model.onnx").stat().st_mtime_ns == written
    vectors = load_current(tmp_path).encode(["where is my parcel", "track my package", "gift card"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_a_damaged_encoder_is_exported_anew(roberta: Path, tmp_path: Path) -> None:
    folder = export_encoder(str(roberta), tmp_path)
    (folder / "model.onnx").write_text("x")
    with pytest.raises(BackendError):
        load_current(tmp_path)
    export_encoder(str(roberta), tmp_path)
    assert load_current(tmp_path).dim == 64


def command(home: Path, *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `train` in this home folder."""
    result = CliRunner(env={"SWITCHBOARD_HOME": str(home)}).invoke(train, [str(item) for item in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_promotes_the_first_bundle_only(roberta: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    rows = "".join(f"{row.text},{row.intent}\n" for row in (*dataset(4).examples, *dataset().oos))
    data.write_text("text,intent\n" + rows)
    options = ("--data", data, "--encoder", roberta, "--epochs", 1, "--json")
    code, out, _ = command(tmp_path, *options)
    first = json.loads(out)
    assert code == 0
    assert first["promoted"] is True
    assert (first["examples"], first["intents"]) == (12, 3)
    assert current_id(tmp_path) == Path(first["bundle"]).name
    second = json.loads(command(tmp_path, *options, "--seed", 1)[1])
    assert second["promoted"] is False
    apart = json.loads(command(tmp_path, *options, "--out", tmp_path / "mine")[1])
    assert apart["bundle"] == str(tmp_path / "mine")
    assert len(list_bundles(tmp_path)) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "must have the columns"),
        ("utterance,label\nhi,greet\n", "must have the columns"),
        ("text,intent\n", "no rows in it"),
        ("text,intent\nhi,greet\n", "at least two intents"),
    ],
)
def test_data_that_is_wrong_ends_with_a_sentence_and_no_stack_trace(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "data.csv").write_text(content)
    code, out, err = command(tmp_path, "--data", tmp_path / "data.csv", "--json")
    assert (code, out) == (1, "")
    assert message in " ".join(err.split())
    assert "Traceback" not in err


def test_a_bot_folder_and_a_file_together_are_wrong_usage(tmp_path: Path) -> None:
    assert command(tmp_path, "--bot", tmp_path, "--data", tmp_path / "a.csv")[0] == 2
