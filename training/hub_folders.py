"""Reads and writes folders of the Hugging Face library `datasets`, without the network.

It knows texts and labels only, not what they are for: `dataset` and `formats` make examples of them.
"""

import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

LABELS = ("intent", "label_text", "label")
"""Columns that may hold the label; the first whose values are names wins, a ClassLabel's numbers have names."""
SAVED = ("dataset_info.json", "dataset_dict.json")
"""What `save_to_disk` leaves in a folder beside its shards: the first for one split, the second for several."""
BUILDERS = {".parquet": "parquet", ".csv": "csv", ".json": "json", ".jsonl": "json"}
SPLIT = re.compile(r"(?<![a-z])(train|test|validation|valid|val|dev)(?![a-z])")


class FolderError(ValueError):
    """A folder that is no data set of labelled texts; the message says what was found and what to do."""


class LabelledText(NamedTuple):
    """One row of a folder."""

    text: str
    label: str
    place: str
    """Folder and split, with the number of the row from 1."""


def read_folder(path: Path) -> tuple[LabelledText, ...]:
    """Read a folder that `save_to_disk` wrote, one of Parquet, CSV or JSON files, or one Parquet file.

    Of several splits `train` is read. To read another, name its folder (`save_to_disk`) or its file.

    Raises:
        FolderError: no such data in it, several splits but no `train`, other columns, or a row without text or label.
    """
    with tempfile.TemporaryDirectory(prefix="switchboard-data-") as scratch, _foreign_errors(path):
        split, table = _choose(path, _load(path, scratch))
        return tuple(_rows(table, f"{path}/{split}" if split else str(path)))


def write_folder(path: Path, texts: Sequence[str], labels: Sequence[str]) -> None:
    """Write a folder that `datasets.load_from_disk` reads: `text`, and `label` as a ClassLabel.

    An earlier folder of that kind is replaced.

    Raises:
        FolderError: nothing to write, something else is in the way, or the folder cannot be written.
    """
    from datasets import ClassLabel, Dataset, Features, Value

    if not texts:
        raise FolderError(f"{path}: expected rows to write, got none")
    if path.exists() and not _is_replaceable(path):
        raise FolderError(f"{path}: something else is there; give a new folder, or one that was exported before")
    names = sorted(set(labels))
    features = Features({"text": Value("string"), "label": ClassLabel(names=names)})
    number = {name: place for place, name in enumerate(names)}
    columns = {"text": list(texts), "label": [number[label] for label in labels]}
    with _foreign_errors(path):
        table = Dataset.from_dict(columns, features=features)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".draft-") as draft:
            table.save_to_disk(str(Path(draft) / "rows"))
            if path.exists():
                shutil.rmtree(path)
            (Path(draft) / "rows").rename(path)


def _load(path: Path, scratch: str) -> Mapping[str, Any]:
    """Tables by split; one without a name has the key ``."""
    from datasets import load_dataset, load_from_disk

    if any((path / name).is_file() for name in SAVED):
        saved = load_from_disk(str(path), keep_in_memory=True)
        return saved if isinstance(saved, dict) else {"": saved}
    builder, files = _files(path)
    options: dict[str, Any] = {"keep_default_na": False} if builder == "csv" else {}
    loaded: Mapping[str, Any] = load_dataset(
        builder, data_files=files, cache_dir=scratch, keep_in_memory=True, **options
    )
    return loaded


def _files(path: Path) -> tuple[str, dict[str, list[str]]]:
    """Give the library's name for the kind of files in a folder, and the files by split."""
    if (path / "bot.toml").is_file():
        raise FolderError(f"{path}: that is a bot folder, no folder of `datasets`; use --bot")
    found = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.suffix.lower() in BUILDERS)
    if not found:
        raise FolderError(
            f"{path}: expected a folder of `save_to_disk`, or one with {', '.join(BUILDERS)} files; found none"
        )
    builders = {BUILDERS[file.suffix.lower()] for file in found}
    if len(builders) > 1:
        raise FolderError(f"{path}: expected files of one kind, got {', '.join(sorted(builders))}; name one file")
    splits: dict[str, list[str]] = defaultdict(list)
    for file in found:
        name = SPLIT.search(str(file.relative_to(path.parent if path.is_file() else path)).lower())
        splits[name[1] if name else "train"].append(str(file))
    return builders.pop(), dict(splits)


def _choose(path: Path, tables: Mapping[str, Any]) -> tuple[str, Any]:
    if len(tables) == 1:
        return next(iter(tables.items()))
    if "train" not in tables:
        known = ", ".join(sorted(tables)) or "none"
        raise FolderError(f"{path}: expected one split or a split named train, got {known}; name one split's folder")
    return "train", tables["train"]


def _rows(table: Any, place: str) -> Iterator[LabelledText]:
    name, names = _label_column(table.features, place)
    for number, (text, label) in enumerate(zip(table["text"], table[name], strict=True), start=1):
        label = names[label] if names and isinstance(label, int) and 0 <= label < len(names) else label
        text, label = str(text or "").strip(), "" if label in {None, -1} else str(label).strip()
        if not text or not label:
            missing = "text" if not text else name
            raise FolderError(f"{place}:{number}: a row without {missing}; give every row both text and {name}")
        yield LabelledText(text, label, f"{place}:{number}")


def _label_column(features: Mapping[str, Any], place: str) -> tuple[str, Sequence[str]]:
    """Name the column of the labels, with the names of its numbers when it is a ClassLabel."""
    if "text" in features:
        for column in (name for name in LABELS if name in features):
            names = getattr(features[column], "names", None)
            if names or getattr(features[column], "dtype", "") in {"string", "large_string"}:
                return column, names or ()
    found = ", ".join(f"{name} ({getattr(kind, 'dtype', kind)})" for name, kind in features.items()) or "none"
    raise FolderError(
        f"{place}: expected the columns text and intent, or text and label with names (ClassLabel), got {found}"
    )


def _is_replaceable(path: Path) -> bool:
    return path.is_dir() and (not any(path.iterdir()) or (path / SAVED[0]).is_file())


@contextmanager
def _foreign_errors(path: Path) -> Iterator[None]:
    """Keep the library quiet, and turn what it raises into `FolderError`."""
    try:
        import datasets
        from pyarrow import ArrowException  # type: ignore[import-untyped]
    except ImportError as exc:
        raise FolderError(f"{path}: reading folders needs the extra `train` ({exc})") from exc
    were_disabled = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    except FolderError:
        raise
    except (datasets.exceptions.DatasetsError, ArrowException, OSError, ValueError, KeyError, TypeError) as exc:
        reason = str(exc.__cause__ or exc).strip().splitlines() or [type(exc).__name__]
        raise FolderError(f"{path}: no data set that can be read or written ({reason[0]})") from exc
    finally:
        if not were_disabled:
            datasets.enable_progress_bars()
