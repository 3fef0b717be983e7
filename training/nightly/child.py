"""Training in a process of its own: what kills it (memory, a signal) leaves the night standing to tell of it.

The parent never imports torch, so its memory is that of the gate.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from backends.contract import BackendError
from training.dataset import DataError, Dataset
from training.settings import Recipe

Progress = Callable[[str, int, int], None]
"""Told what is going on: stage, steps done, steps in all."""
Train = Callable[[Dataset, Path, Recipe | None, Progress], None]
"""Trains a bundle into a folder that is not there yet."""


class TrainingFailed(RuntimeError):
    """No bundle came out; the message says why and what to do."""


def train_here(dataset: Dataset, out: Path, recipe: Recipe | None, progress: Progress) -> None:
    """Train in this process; imports torch.

    Raises:
        DataError: the data cannot train a classifier.
        TrainingFailed: the encoder is unknown, or the export does not agree with the trained model.
    """
    from training.onnx_export import ExportError
    from training.pipeline import train_bundle
    from training.pretrained import UnknownEncoder

    try:
        train_bundle(dataset, home=out.parent, out=out, recipe=recipe, progress=progress)
    except (UnknownEncoder, ExportError, BackendError) as exc:
        raise TrainingFailed(str(exc)) from exc


def train_in_child(
    dataset: Dataset, out: Path, recipe: Recipe | None, progress: Progress, *, train: Train = train_here
) -> None:
    """Train in a child process.

    Args:
        dataset: labelled texts.
        out: the bundle's folder, not there yet.
        recipe: how to train; the default one when None.
        progress: told how far it is.
        train: what the child does; a function of a module's top level.

    Raises:
        DataError: the data cannot train a classifier.
        TrainingFailed: no bundle came out, or the child was killed.
        OSError: the bundle could not be written.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(theirs, dataset, out, recipe, train), name="training", daemon=True)
    child.start()
    theirs.close()
    try:
        failure = _listen(ours, progress)
    except BaseException:  # nobody waits for the child any more
        child.kill()
        raise
    finally:
        ours.close()
        child.join()
    if failure is not None:
        raise failure
    if child.exitcode != 0:
        raise TrainingFailed(_ended(child.exitcode))


def _ended(code: int | None) -> str:
    if code is not None and code < 0:
        return (
            f"the training was killed by signal {-code} (9 often means that memory ran out); the champion goes on. "
            "Free some memory and run the night again"
        )
    return f"the training ended with exit code {code}; its traceback stands above. The champion goes on"


def _listen(pipe: Connection, progress: Progress) -> Exception | None:
    """Pass progress on until the child is done; what it could say about its failure, or None."""
    while True:
        try:
            kind, *told = pipe.recv()
        except EOFError:
            return None
        if kind == "progress":
            progress(*told)
        else:
            return _FAILURES[kind](*told)


_FAILURES: dict[str, Callable[..., Exception]] = {"data": DataError, "training": TrainingFailed, "system": OSError}


def _work(pipe: Connection, dataset: Dataset, out: Path, recipe: Recipe | None, train: Train) -> None:
    """The child: a parent that is gone breaks the pipe, which ends the training at its next step."""

    def tell(*told: Any) -> None:
        pipe.send(told)

    try:
        train(dataset, out, recipe, lambda stage, done, total: tell("progress", stage, done, total))
    except DataError as exc:
        tell("data", str(exc))
    except TrainingFailed as exc:
        tell("training", str(exc))
    except BrokenPipeError:
        raise
    except OSError as exc:
        tell("system", exc.errno, exc.strerror, exc.filename)
