"""`switchboard train`: data in, verified bundle out."""

from dataclasses import asdict
from functools import partial
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from backends.bundle import PROMPTS, current_id, promote
from backends.contract import BackendError
from bot.cli.output import WRONG_USAGE, Bot, Json, fail, note, print_json, stages
from bot.errors import SettingsError
from bot.settings import bot_dir, home_dir
from training.calibrate import DEFAULT_BUDGET
from training.dataset import DataError, Dataset, read_bot, read_data
from training.export import export_encoder
from training.onnx_export import ExportError
from training.pipeline import OtherProcess, Progress, Trained, prepare, shelf_of, train_bundle
from training.pretrained import UnknownEncoder, load_pretrained
from training.search import Found
from training.search import search as search_recipe
from training.settings import Recipe, Technique

_share = attrgetter("share_answered")
train = typer.Typer(add_completion=False)

Files = Annotated[
    list[Path] | None,
    typer.Option("--data", help="CSV, JSONL or Rasa YAML with text and intent instead of a bot folder; repeatable."),
]
OosFiles = Annotated[list[Path] | None, typer.Option("--oos", help="File whose rows are all out of scope; repeatable.")]
EncoderName = Annotated[
    str | None, typer.Option("--encoder", help="Hugging Face name or folder; all-MiniLM-L6-v2 when not given.")
]
Trials = Annotated[
    int | None, typer.Option("--search", min=1, help="Recipes to try by cross-validation; it goes on where it was.")
]
Named = Annotated[
    str | None, typer.Option("--name", help="What a prompt is called in bot.toml; by default as the bot folder.")
]
Out = Annotated[Path | None, typer.Option("--out", help="The bundle's folder; by default one in the home folder.")]
Chosen = Annotated[
    Literal[Technique, "lora"] | None,
    typer.Option("--technique", help="What is trained; by the amount of data when not given."),
]


@train.command()
def run(
    bot: Bot = None,
    data: Files = None,
    oos: OosFiles = None,
    encoder: EncoderName = None,
    out: Out = None,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, max=200, help="Passes over the data.")] = None,
    search: Trials = None,
    technique: Chosen = None,
    name: Named = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of every random choice.")] = 0,
    as_json: Json = False,
) -> None:
    """Fine-tune, calibrate, export and verify a model bundle, or a prompt for the frozen encoder.

    It becomes the current one only if there is none yet and no --out was given. With a bot folder that has
    articles, the retrieval encoder is exported too. With --technique soft_prompt or prefix it is a small prompt
    for the backend soft_prompt. With --technique lora it is an adapter of the embedded language model.
    """
    if bot is not None and data:
        fail("give either --bot or --data, not both", WRONG_USAGE)
    if technique == "lora":
        refused = {"--data": data, "--oos": oos, "--encoder": encoder, "--out": out, "--search": search}
        _lora(refused, {"bot": bot, "name": name, "seed": seed, "epochs": epochs, "as_json": as_json})
    home = home_dir()
    try:
        folder = None if data else bot_dir(bot)
        dataset = _read(folder, data or [], oos or [])
        recipe = Recipe(technique=technique, epochs=epochs, seed=seed)
        with stages() as show:
            found = _search(dataset, encoder, recipe, (search, home), show) if search else None
            recipe = found.recipe if found else recipe
            run_with = partial(train_bundle, home=home, out=out, encoder=encoder, recipe=recipe, progress=show)
            trained = run_with(dataset, name=_called(name, folder, data))
        shelf = shelf_of(recipe)
        promoted = out is None and current_id(home, shelf) is None
        if promoted:
            promote(home, trained.path.name, why="first", shelf=shelf)
        retrieval = export_encoder(None, home) if folder and (folder / "articles").is_dir() else None
    except OtherProcess:
        return
    except (DataError, SettingsError, UnknownEncoder, ExportError, BackendError) as exc:
        fail(str(exc))
    except OSError as exc:
        fail(f"cannot write the bundle: {exc.strerror}; what was there before is as it was")
    report = {**_report(trained, promoted, retrieval), "search": _searched(found)}
    if as_json:
        print_json(report)
    else:
        _tell(trained, promoted=promoted, at_home=out is None, shelf=shelf)


def _lora(refused: dict[str, Any], given: dict[str, Any]) -> NoReturn:
    """Train an adapter, which has nothing to do with some of the options."""
    if wrong := [option for option, value in refused.items() if value]:
        why = "the language model learns from a bot folder and its logs"
        fail(f"--technique lora does not take {', '.join(wrong)}: {why}", WRONG_USAGE)
    import_module("training.cli_lora").train_lora(**given)
    raise typer.Exit


def _called(name: str | None, folder: Path | None, data: list[Path] | None) -> str:
    """What a prompt is called: as told, or as the bot folder, or as the first file."""
    return name or (folder or (data or [Path("prompt")])[0]).resolve().stem


def _search(dataset: Dataset, encoder: str | None, recipe: Recipe, wanted: tuple[int, Path], show: Progress) -> Found:
    trials, home = wanted
    tell = partial(show, "search")
    return search_recipe(prepare(dataset), load_pretrained(encoder), recipe, trials, home / "search", tell)


def _searched(found: Found | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"accuracy": found.accuracy, "trials": list(found.table), "file": str(found.file)}


def _read(folder: Path | None, data: list[Path], oos: list[Path]) -> Dataset:
    if folder is None:
        return read_data(data, oos)
    own, extra = read_bot(folder), read_data([], oos)
    return Dataset(own.examples, (*own.oos, *extra.oos))


def _report(trained: Trained, promoted: bool, retrieval: Path | None) -> dict[str, Any]:
    return {
        "bundle": str(trained.path),
        "id": trained.id,
        "examples": trained.examples,
        "intents": trained.intents,
        "seconds": trained.seconds,
        "accuracy": trained.accuracy,
        "promoted": promoted,
        "metrics": trained.metrics,
        "certificates": [asdict(item) for item in trained.certificates],
        "parity": {
            "quantisation": trained.parity.quantisation,
            "fusion": trained.parity.fusion,
            "label_agreement": trained.parity.label_agreement,
            "max_probability_difference": trained.parity.max_probability_difference,
        },
        "encoder": None if retrieval is None else str(retrieval),
    }


def _tell(trained: Trained, *, promoted: bool, at_home: bool, shelf: str) -> None:
    metrics = trained.metrics
    note(
        f"Trained on {trained.examples} examples of {trained.intents} intents in {trained.seconds:.0f} s.\n"
        f"Held-out accuracy {100 * trained.accuracy:.1f} % "
        f"[{100 * metrics['accuracy_low']:.1f}, {100 * metrics['accuracy_high']:.1f}], n = {metrics['n']}."
    )
    proven = max(
        (c for c in trained.certificates if not c.intent and c.budget <= DEFAULT_BUDGET), default=None, key=_share
    )
    if proven is not None:
        note(
            f"Proven ({100 * proven.confidence:.1f} % sure): with at most {100 * proven.budget:g} % wrong it answers "
            f"{100 * proven.share_answered:.0f} % of {proven.n} texts it never learned."
        )
    option = " --prompts" if shelf == PROMPTS else ""
    if promoted:
        note(f"It is the current {shelf.removesuffix('s')} now.")
    elif at_home:
        promotion = f"switchboard models promote {trained.path.name}{option}"
        note(f"Another {shelf.removesuffix('s')} is current; promote this one with `{promotion}`.")
    print(trained.path)
