"""`train --technique lora`: lessons in, an adapter proven equal to what was trained out."""

import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from backends.bundle import ADAPTERS, DRAFT, bundles_dir
from backends.contract import BackendError
from backends.rag.adapter import ADAPTER, CARD, hash_weights
from backends.rag.local_llm import EmbeddedEndpoint, Model
from backends.sealed import seal
from training.lora.fitting import LoraRecipe, Step, fit_adapter, mean_loss
from training.lora.gguf_file import write_gguf
from training.lora.language_model import LanguageModel
from training.lora.lesson import Lesson, balanced, count_by_origin, split_lessons
from training.lora.proof import Likeness, check, compare
from training.weights import find_weights

LIBRARIES = ("torch", "transformers", "peft", "gguf", "xllamacpp")
PROVEN_ON = 3
"""Lessons whose answers served and trained model are compared at."""
Progress = Callable[[str, int, int], None]
"""Told the stage, steps done, and steps in all."""


@dataclass(frozen=True, slots=True)
class TrainedAdapter:
    """What came of a training."""

    id: str
    path: Path
    lessons: int
    by_origin: dict[str, int]
    loss_before: float | None
    """Mean loss of answers about articles that were kept apart, without the adapter; None with a single article."""
    loss_after: float | None
    judged: int
    likeness: Likeness
    seconds: float


def train_adapter(
    lessons: Sequence[Lesson],
    home: Path,
    recipe: LoraRecipe,
    *,
    name: str,
    progress: Progress,
    file: Path | None = None,
) -> TrainedAdapter:
    """Train, write, serve and compare, then shelve the adapter.

    Args:
        lessons: of `lesson.read_lessons`.
        home: the `var/` folder.
        recipe: how.
        name: what it is called in `bot.toml`.
        progress: told how far it is.
        file: weights; those of the installation when None.

    Raises:
        NoWeights: there are none.
        NotEqual: what would be served is not what was trained.
        BackendError: the server did not start.
        OSError: the adapter cannot be written.
    """
    file = file or find_weights()
    began = datetime.now(UTC)
    learned, kept = split_lessons(lessons, recipe.seed)
    taught = balanced(learned, recipe.lessons, recipe.seed)
    judged = balanced(kept, recipe.judged, recipe.seed)
    model = LanguageModel(file, rank=recipe.rank, alpha=recipe.alpha, seed=recipe.seed)
    before, after = _fitted(model, taught, judged, recipe, lambda *far: progress("lora", *far))
    shelf = bundles_dir(home, ADAPTERS)
    shelf.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=shelf))
    try:
        numbers = write_gguf(model.model, draft / ADAPTER, alpha=recipe.alpha)
        likeness = _proven(draft / ADAPTER, model, (judged or taught)[:PROVEN_ON], file)
        id_ = f"{began:%Y%m%dT%H%M%SZ}-{sha256((draft / ADAPTER).read_bytes()).hexdigest()[:8]}"
        seconds = (datetime.now(UTC) - began).total_seconds()
        done = TrainedAdapter(
            id_, shelf / id_, len(taught), dict(count_by_origin(taught)), before, after, len(judged), likeness, seconds
        )
        _write_card(draft, done, name, recipe, taught, {"numbers": numbers, "weights_sha256": hash_weights(file)})
        seal(draft)
        draft.chmod(0o755)
        draft.rename(done.path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return done


def _fitted(
    model: LanguageModel, taught: Sequence[Lesson], judged: Sequence[Lesson], recipe: LoraRecipe, step: Step
) -> tuple[float | None, float | None]:
    """Train, and give the loss of the judged lessons before and after."""
    rows = [model.row(lesson) for lesson in judged]
    before = mean_loss(model, rows)
    fit_adapter(model, [model.row(lesson) for lesson in taught], recipe, step)
    return before, mean_loss(model, rows)


def _proven(adapter: Path, model: LanguageModel, lessons: Sequence[Lesson], file: Path) -> Likeness:
    """Serve an adapter for a moment, apart from whatever else is served, and compare."""
    with tempfile.TemporaryDirectory(prefix="lora-") as scratch:
        endpoint = EmbeddedEndpoint(Path(scratch), model=Model(adapter, file))
        try:
            likeness = compare(endpoint.ensure(), model, lessons)
        except OSError as exc:
            raise BackendError(f"embedded language model: it ended while it was compared: {exc}") from exc
        finally:
            endpoint.end()
    check(likeness)
    return likeness


def _write_card(
    folder: Path,
    done: TrainedAdapter,
    name: str,
    recipe: LoraRecipe,
    taught: Sequence[Lesson],
    more: dict[str, Any],
) -> None:
    turns = sorted({lesson.turn_id for lesson in taught if lesson.turn_id})
    card = {
        "id": done.id,
        "name": name,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "recipe": recipe.model_dump(),
        "reads_question": True,
        "data": {"examples": done.lessons, "by_origin": done.by_origin, "turns": turns},
        "metrics": {"loss_before": done.loss_before, "loss_after": done.loss_after, "n": done.judged},
        "parity": done.likeness._asdict(),
        "versions": {library: version(library) for library in LIBRARIES} | {"python": platform.python_version()},
        **more,
    }
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
