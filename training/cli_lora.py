"""`switchboard train --technique lora`: the embedded language model learns to answer from a bot's articles."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from backends.bundle import ADAPTERS, current_id, promote
from backends.contract import BackendError
from bot.cli.output import fail, note, print_json, stages
from bot.errors import SettingsError, StoreError
from bot.settings import bot_dir, home_dir
from training.dataset import DataError
from training.lora.adapter import TrainedAdapter, train_adapter
from training.lora.fitting import LoraRecipe
from training.lora.proof import NotEqual
from training.lora.reading import lessons_of


def train_lora(bot: Path | None, *, name: str | None, seed: int, epochs: int | None, as_json: bool) -> None:
    """Train an adapter and make it the current one if there is none yet."""
    home = home_dir()
    recipe = LoraRecipe(seed=seed, **({} if epochs is None else {"epochs": epochs}))
    try:
        folder = bot_dir(bot)
        lessons = lessons_of(folder, home)
        with stages() as show:
            trained = train_adapter(lessons, home, recipe, name=name or folder.resolve().name, progress=show)
        promoted = current_id(home, ADAPTERS) is None
        if promoted:
            promote(home, trained.id, why="first", shelf=ADAPTERS)
    except (DataError, SettingsError, NotEqual, BackendError, StoreError, ValueError) as exc:
        fail(str(exc))
    except OSError as exc:
        fail(f"cannot write the adapter: {exc}; what was there before is as it was")
    if as_json:
        print_json(_report(trained, promoted))
    else:
        _tell(trained, promoted)


def _report(trained: TrainedAdapter, promoted: bool) -> dict[str, Any]:
    document = {**asdict(trained), "likeness": trained.likeness._asdict()}
    return {**document, "adapter": str(trained.path), "path": str(trained.path), "promoted": promoted}


def _tell(trained: TrainedAdapter, promoted: bool) -> None:
    origins = ", ".join(f"{count} {origin}" for origin, count in trained.by_origin.items())
    note(f"Trained on {trained.lessons} answers ({origins}) in {trained.seconds:.0f} s.")
    if trained.loss_before is not None and trained.loss_after is not None:
        note(
            f"Loss on {trained.judged} answers about articles it never saw:"
            f" {trained.loss_before:.3f} before, {trained.loss_after:.3f} after."
        )
    like = trained.likeness
    note(
        f"Served and trained log probabilities differ by {like.mean_difference:.3f} on average"
        f" ({like.tokens} tokens at {like.places} places); without the adapter it would be {like.mean_from_plain:.3f}."
    )
    note(
        'It is the current adapter now: set lora = "current" under [backends.rag] and start the server again.'
        if promoted
        else f"Another adapter is current; promote this one with `switchboard models promote {trained.id} --adapters`."
    )
    print(trained.path)
