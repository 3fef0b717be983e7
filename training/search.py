"""Chooses a recipe by cross-validation, with Optuna. The rows kept for the proof take no part; a search resumes."""

import hashlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import optuna
import torch
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from training.dataset import Dataset, Example
from training.finetune import finetune
from training.fitting import parts_of
from training.lesson import Lesson, lesson_of
from training.model import Tokens, predict
from training.pretrained import Pretrained
from training.settings import Recipe
from training.split import Split, folds

FOLDS = 3
VERSION = 2
"""Of the space and the measure; results of another version are not gone on with."""
Tell = Callable[[int, int], None]
"""Told after each trial: trials done, trials in all."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to."""

    recipe: Recipe
    accuracy: float
    """Mean over the folds, of the best trial."""
    trials: int
    """Finished ones, those of earlier runs included; what was cut off for being poor counts too."""
    table: tuple[Mapping[str, Any], ...]
    """Every trial: `number`, `state`, `accuracy`, `seconds`, and the settings tried."""
    file: Path
    """Where the trials are kept."""


class _Ground(NamedTuple):
    """What all trials have in common."""

    intents: tuple[str, ...]
    pretrained: Pretrained
    lesson: Lesson
    rows: Sequence[Example]
    """Those of the lesson, in its order."""


def search(
    dataset: Dataset,
    pretrained: Pretrained,
    recipe: Recipe,
    trials: int,
    folder: Path,
    tell: Tell = lambda _done, _all: None,
) -> Found:
    """Try recipes until so many have been tried, in this run and earlier ones of the same data, and take the best.

    Args:
        dataset: masked, without equal rows.
        pretrained: where to start from.
        recipe: what is the same in all trials: a technique or number of epochs given there is kept. The first trial
            is what a training without a search would take.
        trials: how many, at least 1.
        folder: where trials are kept, a line each.
        tell: told after each trial.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    parts = parts_of(dataset, recipe)
    places = sorted([*parts.learned, *parts.tuned])
    lesson, rows = lesson_of(dataset).only(places), [(*dataset.examples, *dataset.oos)[place] for place in places]
    settled = recipe.resolved(len(lesson.texts), lesson.outputs)
    file = folder / f"{_digest(dataset, pretrained, recipe)}.log"
    study = _study(file, recipe.seed)
    done = len(_ended(study.trials))
    if not study.trials:
        study.enqueue_trial({name: getattr(settled, name) for name in _asked(settled)})
    objective = partial(_measure, _Ground(dataset.intents, pretrained, lesson, rows), recipe)

    def after(study: optuna.Study, _trial: FrozenTrial) -> None:
        tell(len(_ended(study.trials)), trials)

    tell(done, trials)
    study.optimize(objective, n_trials=max(trials - done, 0), callbacks=[after])
    best = study.best_trial
    table = tuple(_row(trial) for trial in _ended(study.trials))
    return Found(recipe.model_copy(update=best.params), float(best.value or 0.0), len(table), table, file)


def suggest(trial: Trial, recipe: Recipe) -> Recipe:
    """Draw a recipe; what a technique does not use is not asked for."""
    techniques = [recipe.technique] if recipe.technique else ["head", "contrastive", "finetune"]
    chosen: dict[str, Any] = {"technique": trial.suggest_categorical("technique", techniques)}
    if chosen["technique"] == "finetune":
        if recipe.epochs is None:
            chosen["epochs"] = trial.suggest_int("epochs", 2, 20, log=True)
        chosen["learning_rate"] = trial.suggest_float("learning_rate", 2e-5, 6e-4, log=True)
        chosen["label_smoothing"] = trial.suggest_float("label_smoothing", 0.0, 0.3)
    else:
        chosen["strength"] = trial.suggest_float("strength", 1.0, 100.0, log=True)
        chosen["names"] = trial.suggest_categorical("names", [True, False])
    if chosen["technique"] == "contrastive":
        chosen["way"] = trial.suggest_float("way", 0.2, 1.0)
    return recipe.model_copy(update=chosen)


def _asked(settled: Recipe) -> tuple[str, ...]:
    """Settings that `suggest` asks for with this technique."""
    if settled.technique == "finetune":
        return "technique", "epochs", "learning_rate", "label_smoothing"
    return ("technique", "strength", "names", *(("way",) if settled.technique == "contrastive" else ()))


def _measure(ground: _Ground, recipe: Recipe, trial: Trial) -> float:
    """Mean accuracy over the folds; a trial that is worse than most after a fold is cut off."""
    tried, shares = suggest(trial, recipe), []
    for number, fold in enumerate(folds(ground.rows, FOLDS, seed=recipe.seed)):
        shares.append(_accuracy(ground, tried, fold))
        trial.report(float(np.mean(shares)), number)
        if number + 1 < FOLDS and trial.should_prune():
            raise optuna.TrialPruned
    return float(np.mean(shares))


def _accuracy(ground: _Ground, recipe: Recipe, fold: Split) -> float:
    """Share of the texts in scope of one fold whose top intent is right, trained on the others."""
    lesson, count = ground.lesson, len(ground.intents)
    seen = lesson.only(fold.train)
    settled = recipe.resolved(len(seen.texts), seen.outputs)
    model = finetune(ground.pretrained, seen.and_names(ground.intents) if settled.names else seen, settled)
    asked = [place for place in fold.held_out if lesson.targets[place] < count]
    tokens = Tokens(ground.pretrained, [lesson.texts[place] for place in asked], max_tokens=recipe.max_tokens)
    top = predict(model, tokens)[0][:, :count].argmax(dim=1)
    return float((top == torch.tensor([lesson.targets[place] for place in asked])).float().mean())


def _study(file: Path, seed: int) -> optuna.Study:
    file.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        storage = JournalStorage(JournalFileBackend(str(file)))
        return optuna.create_study(
            study_name="recipe",
            storage=storage,
            load_if_exists=True,
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
        )


def _ended(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    return [trial for trial in trials if trial.state in {TrialState.COMPLETE, TrialState.PRUNED}]


def _row(trial: FrozenTrial) -> dict[str, Any]:
    seconds = trial.duration.total_seconds() if trial.duration else None
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        "accuracy": trial.value,
        "seconds": None if seconds is None else round(seconds, 1),
        **trial.params,
    }


def _digest(dataset: Dataset, pretrained: Pretrained, recipe: Recipe) -> str:
    named = f"{VERSION} {dataset.digest()} {pretrained.digest()} {recipe.model_dump_json()}"
    return hashlib.sha256(named.encode()).hexdigest()[:16]
