"""The protocol of a study, `study.toml`: what is compared, on which data, within which limits and tariffs."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from backends.settings import Section
from eval.study.point import ALL, MAIN, OUT_OF_SCOPE, SHIFT, UNSEEN
from training.dataset import DataError
from training.techniques.table import TABLE, Place, build

NOISE = {"noise-10": 0.1, "noise-20": 0.2}
"""Share of the drawn examples whose label is another one."""
SETTINGS = (MAIN, *NOISE, SHIFT, UNSEEN, OUT_OF_SCOPE)


def _size(value: Any) -> str:
    text = str(value).strip().lower()
    if text != ALL and not (text.isdigit() and int(text) > 0):
        raise ValueError(f"expected a number of examples an intent above 0, or all, got {value!r}")
    return text


def _check_names(kind: str, names: Any, known: Sequence[str] | Mapping[str, Any]) -> None:
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValueError(f"no {kind} {unknown[0]!r}; known: {', '.join(known)}")


Size = Annotated[str, BeforeValidator(_size)]
"""Examples an intent: a number above 0, or `all`."""


class Data(Section):
    """Where the labelled texts are; paths are relative to the file."""

    train: Path | None = None
    """CSV, JSONL or Rasa NLU with text and intent; rows with the intent `oos` are left out of training."""
    test: Path | None = None
    oos: Path | None = None
    """Texts out of scope to test with; None takes the rows of `test` whose intent is `oos`."""
    bot: Path | None = None
    """A bot folder instead of files: a share of its examples becomes the test."""
    test_share: float = Field(0.3, gt=0, lt=1)
    """Share of a bot folder's examples."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.bot is None) == (self.train is None) or (self.train is None) != (self.test is None):
            raise ValueError("give either bot, or train and test")
        return self


class Shift(Section):
    """Texts with flags that tell their style, for the setting `shift`."""

    data: Path
    """CSV with text (or instruction), intent and flags, a set of letters."""
    style: str = Field("QZ", min_length=1)
    """Letters of the style that is tested and never trained on: a row with any of them."""
    test_rows: int = Field(1000, ge=10)
    """Rows of either style."""


class Plan(Section):
    """What is compared, and how far."""

    techniques: tuple[str, ...] = tuple(TABLE)
    sizes: tuple[Size, ...] = ("1", "3", "5", "10", "20", "50", ALL)
    llm_sizes: tuple[Size, ...] = ("1", "5", "20", ALL)
    sizes_of: Mapping[str, tuple[Size, ...]] = Field(default_factory=dict)
    """Sizes of single techniques, instead of the above."""
    seeds: int = Field(3, ge=1)
    """Draws of the examples."""
    test_rows: int | Literal["all"] = "all"
    llm_test_rows: int | Literal["all"] = 200
    cell_minutes: float = Field(15.0, gt=0, le=1440)
    """A cell that takes longer is cut, and larger ones of the same line are not tried."""
    settings: tuple[str, ...] = (MAIN,)
    setting_sizes: tuple[Size, ...] = ("5", "20")
    """Sizes of all settings but `main`."""
    setting_techniques: tuple[str, ...] | None = None
    """Techniques in all settings but `main`; None for all."""
    setting_seeds: int = Field(1, ge=1)
    """Draws in all settings but `main`, at most `seeds`."""
    unseen_share: float = Field(0.2, gt=0, lt=1)
    """Share of the intents that come later (`unseen`), or stay out of scope (`oos`)."""
    unseen_base: Size = "20"
    """Examples an intent that the older intents have when new ones come."""
    jobs: int = Field(1, ge=1)
    """Cells at once."""
    threads: int = Field(1, ge=1)
    """Of one cell."""
    encoder: str | None = None
    """As `train --encoder`."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        named = {*self.techniques, *(self.setting_techniques or ()), *self.sizes_of}
        _check_names("technique", named, TABLE)
        _check_names("setting", self.settings, SETTINGS)
        return self


class Budget(Section):
    """The hard stop of paid calls."""

    usd: float | None = Field(None, ge=0)


class Tariffs(Section):
    """What people, machines and storage cost, and how much is asked of them."""

    label_seconds: float = Field(10.0, ge=0)
    labeller_usd_per_hour: float = Field(30.0, ge=0)
    cpu_usd_per_hour: float = Field(0.05, ge=0)
    """Of one core."""
    gb_month_usd: float = Field(3.0, ge=0)
    """Of memory that is held."""
    turns_a_month: int = Field(100_000, ge=1)
    months: int = Field(12, ge=1)
    """Over which labelling and training are written off."""


class Protocol(Section):
    """The whole file."""

    data: Data
    shift: Shift | None = None
    study: Plan = Plan()
    endpoint: Mapping[str, Any] = Field(default_factory=dict)
    budget: Budget = Budget()
    prices: Mapping[str, Any] = Field(default_factory=dict)
    tariffs: Tariffs = Tariffs()
    techniques: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    """Options of single techniques."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _check_names("technique", self.techniques, TABLE)
        if SHIFT in self.study.settings and self.shift is None:
            raise ValueError("the setting shift needs the table [shift] with data whose rows have flags of their style")
        return self


def read_protocol(path: Path) -> Protocol:
    """Read a file; its relative paths become absolute.

    Raises:
        DataError: no such file, not TOML, or not a protocol.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise DataError(f"{path}: cannot be read as TOML ({exc})") from exc
    return protocol_of(document, path)


def protocol_of(document: Mapping[str, Any], path: Path) -> Protocol:
    """Check values; relative paths start at the folder of `path`.

    Raises:
        DataError: a key is unknown or a value impossible.
    """
    try:
        protocol = Protocol.model_validate(dict(document))
        _check_endpoint(protocol)
        _check_options(protocol, path)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(map(str, first["loc"])) or exc.title
        raise DataError(f"{path}: [{where}] {first['msg']}") from exc
    return protocol.model_copy(
        update={
            "data": _absolute(protocol.data, path.parent),
            "shift": None if protocol.shift is None else _absolute(protocol.shift, path.parent),
        }
    )


def _check_endpoint(protocol: Protocol) -> None:
    """Find what is misspelt before the first cell, not hours later at the first that asks."""
    if protocol.endpoint or protocol.prices:
        from training.techniques.prompted.settings import EndpointSettings, Price  # brings the `openai` library

        EndpointSettings.model_validate(dict(protocol.endpoint))
        for price in protocol.prices.values():
            Price.model_validate(price)


def _check_options(protocol: Protocol, path: Path) -> None:
    """Build what has options, as a cell will; what is built holds nothing until it is fitted."""
    for name, options in protocol.techniques.items():
        if options:
            try:
                build(name, Place(Path(), protocol.study.encoder, options=options)).close()
            except (TypeError, ValueError) as exc:
                first = exc.errors()[0] if isinstance(exc, ValidationError) else {"loc": (), "msg": str(exc)}
                where = ".".join(map(str, ("techniques", name, *first["loc"])))
                raise DataError(f"{path}: [{where}] {first['msg']}") from exc


def _absolute(section: Any, folder: Path) -> Any:
    moved = {
        name: (folder / value).resolve()
        for name in type(section).model_fields
        if isinstance(value := getattr(section, name), Path)
    }
    return section.model_copy(update=moved)


def hash_of(*values: Any) -> str:
    """Sixteen hexadecimal digits of some JSON values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]
