"""The one settings object: `bot.toml` and `SWITCHBOARD__…` variables, validated once and passed down.

It never opens a backend's own table: that goes to the backend's `load` as it is. Nobody else reads the
environment.
"""

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from backends.settings import Section
from bot.errors import SettingsError
from bot.queueing import Patience
from bot.routing import Arm

PREFIX = "SWITCHBOARD__"
SECRET = re.compile(r"(^|_)(key|secret|token|password)$")
PLACEHOLDER = re.compile(r"^(change[-_ ]?me|secret|password|xxx+|todo|your[-_ ].*|)$", re.IGNORECASE)


class BotSection(Section):
    """The `[bot]` table."""

    name: str = Field("Switchboard", description="what the bot calls itself")
    languages: tuple[str, ...] = Field(("en",), description="languages of the replies; the first is the default")


class ServerSection(Section):
    """The `[server]` table."""

    host: str = Field("127.0.0.1", description="address to bind; HOST and --host win")
    port: int = Field(8080, ge=0, le=65535, description="port to bind; PORT and --port win")
    workers: int = Field(1, ge=1, le=64, description="server processes sharing the port and the store")
    allowed_origins: tuple[str, ...] = Field(
        (), description="origins of pages that may open the chat, `*` for any; the server's own always may"
    )
    identity_secret: SecretStr | None = Field(
        None, description="HMAC secret that vouches for customer ids; environment only"
    )
    send_queue: int = Field(256, ge=8, description="frames waiting for one slow client before it is cut off")
    send_timeout_s: float = Field(20.0, gt=0, description="seconds one frame may take to leave for a client")
    shutdown_grace_s: float = Field(8.0, ge=0, description="seconds turns in flight get at a graceful stop")


class EngineSection(Section):
    """The `[engine]` table."""

    deadline_s: float = Field(10.0, gt=0, description="seconds one backend may take for one turn")
    deadlines_s: dict[str, float] = Field(default_factory=dict, description="the same for single backends, by name")
    history: int = Field(12, ge=0, le=100, description="earlier messages a backend sees")

    def deadline_of(self, backend: str) -> float:
        """Seconds this backend may take."""
        return self.deadlines_s.get(backend, self.deadline_s)


class RoutingSection(Section):
    """The `[routing]` table: the first version; later ones live in the store."""

    arms: tuple[Arm, ...] = Field(
        (Arm("main", 1.0, ("intent", "rag")),), description="named chains with their share of new customers"
    )
    seed: str = Field("switchboard", description="seed of the hash that assigns customers to arms")
    error_budget: float = Field(0.02, gt=0, lt=1, description="share of wrong canned answers put up with")


class StoreSection(Section):
    """The `[store]` table."""

    synchronous: Literal["FULL", "NORMAL"] = Field("FULL", description="SQLite's synchronous mode")
    idle_close_minutes: float = Field(60 * 24, gt=0, description="minutes of silence that end a conversation")


class LimitSection(Section):
    """The `[limits]` table."""

    session_messages_per_minute: int = Field(30, ge=1, description="messages of one conversation")
    session_frames_per_second: int = Field(50, ge=1, description="frames of one connection")
    address_messages_per_minute: int = Field(120, ge=1, description="messages of one address; loopback is exempt")
    address_connections: int = Field(50, ge=1, description="open sockets of one address; loopback is exempt")
    trusted_proxies: tuple[str, ...] = Field((), description="addresses whose X-Forwarded-For is believed")


class HandoffSection(Section):
    """The `[handoff]` table."""

    on_duty: bool = Field(
        True, description="false: nobody ever answers the queue; true: whoever is on duty in the console does"
    )


class PeopleSection(Section):
    """The `[people]` table: customers who wait for a person, and operators."""

    queue_minutes: float = Field(
        10.0, ge=0, description="minutes in the queue after which the bot takes a customer back; 0: never"
    )
    operator_minutes: float = Field(
        10.0, ge=0, description="minutes without an answer of the operator after which it does so; 0: never"
    )
    away_minutes: float = Field(5.0, gt=0, description="minutes without an open console that end somebody's duty")
    message_days: float = Field(14.0, gt=0, description="days a message that was left waits for an operator")
    suggestion_s: float = Field(8.0, gt=0, description="seconds a backend may take for a suggested answer")

    @property
    def patience(self) -> Patience:
        """How long customers are kept waiting."""
        return Patience(self.queue_minutes * 60, self.operator_minutes * 60)


class RetentionSection(Section):
    """The `[retention]` table: how long is kept what customers wrote; 0 keeps it for good."""

    transcript_days: float = Field(0.0, ge=0, description="days after its end that a conversation keeps its texts")
    slot_days: float = Field(0.0, ge=0, description="days that slot values are kept in open conversations")
    note_days: float = Field(0.0, ge=0, description="days that operators' notes are kept")


class NightlySection(Section):
    """The `[nightly]` table: how the logs become tonight's classifier."""

    at: str | None = Field(
        None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="local time of the nightly run, HH:MM; absent: no run"
    )
    margin: float = Field(0.01, ge=0, lt=0.5, description="accuracy a new model may lose against the one in service")
    gold_share: float = Field(0.2, gt=0, lt=0.9, description="share of the labelled conversations kept for the gate")
    customer_cap: int = Field(20, ge=1, description="labels of one customer that are used")
    keep_days: int = Field(90, ge=1, description="days a bundle that was in service is kept")
    teacher: bool = Field(False, description="let the language model label turns where retrieval agrees with it")


class OutcomeSection(Section):
    """The `[outcomes]` table: when a conversation counts as resolved. See `docs/resolution.md`."""

    silence_minutes: float = Field(30.0, gt=0, description="minutes without a word after which an answer stands")
    reopen_days: float = Field(
        7.0, ge=0, description="days in which the customer's coming back with the same problem takes it back"
    )
    similar: float = Field(0.4, gt=0, le=1, description="likeness of wording from which two questions are the same")
    small_talk: tuple[str, ...] = Field(
        ("greet", "goodbye", "thanks", "affirm", "deny", "bot_challenge"),
        description="intents that are no question, and whose replies answer none",
    )
    judge_minutes: float = Field(10.0, gt=0, description="minutes between two looks at what can be judged")


class TariffSection(Section):
    """The `[tariffs]` table: what things cost, for the cost of a resolved conversation. See `docs/comparison.md`."""

    cpu_hour_usd: float = Field(0.05, ge=0, description="an hour of backends' work, US dollars")
    operator_minute_usd: float = Field(0.6, ge=0, description="a minute of a person's work, US dollars")
    training_usd: float = Field(
        0.0, ge=0, description="training in the span looked at, US dollars, shared by its users"
    )
    trained_backends: tuple[str, ...] = Field(
        ("intent", "soft_prompt"), description="backends that trainings are for; arms with one share the cost"
    )


class ComparisonSection(Section):
    """The `[comparison]` table: what is looked for between arms. See `docs/comparison.md`."""

    effect: float = Field(0.1, gt=0, lt=1, description="difference in resolution worth finding soon, 0..1")
    alpha: float = Field(0.05, gt=0, lt=0.5, description="probability of ever claiming a difference where none is")
    handoff_margin: float = Field(0.05, gt=0, lt=1, description="more handoffs than this are not put up with, 0..1")
    latency_margin_ms: float = Field(1000.0, gt=0, description="slower than this is not put up with, milliseconds")
    cost_margin_usd: float = Field(
        0.1, gt=0, description="dearer than this is not put up with, US dollars a conversation"
    )


class Settings(BaseSettings):
    """Everything a person can set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings' own
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, whose table comes as arguments."""
        return env_settings, init_settings

    bot: BotSection = BotSection()
    server: ServerSection = ServerSection()
    engine: EngineSection = EngineSection()
    routing: RoutingSection = RoutingSection()
    store: StoreSection = StoreSection()
    limits: LimitSection = LimitSection()
    handoff: HandoffSection = HandoffSection()
    people: PeopleSection = PeopleSection()
    retention: RetentionSection = RetentionSection()
    nightly: NightlySection = NightlySection()
    outcomes: OutcomeSection = OutcomeSection()
    tariffs: TariffSection = TariffSection()
    comparison: ComparisonSection = ComparisonSection()
    backends: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @field_validator("server")
    @classmethod
    def _no_placeholder(cls, server: ServerSection) -> ServerSection:
        secret = server.identity_secret
        if secret is not None and PLACEHOLDER.match(secret.get_secret_value()):
            raise ValueError("identity_secret is a placeholder; set a random one of 32 or more characters")
        return server

    @model_validator(mode="after")
    def _arms_are_named_once(self) -> "Settings":
        names = [arm.arm for arm in self.routing.arms]
        if len(set(names)) != len(names) or not names:
            raise ValueError(f"routing.arms needs distinct names, got {names}")
        return self

    @model_validator(mode="after")
    def _outcomes_are_judged_before_texts_go(self) -> "Settings":
        days, least = self.retention.transcript_days, self.outcomes.reopen_days + 1
        if 0 < days < least:
            raise ValueError(
                f"retention.transcript_days: expected 0 or at least outcomes.reopen_days + 1 = {least:g}, got {days:g}:"
                " outcomes are judged by the texts; shorten reopen_days too"
            )
        return self

    def backend_names(self) -> tuple[str, ...]:
        """Backends to load: all with a table or in a chain, in a stable order."""
        chained = [name for arm in self.routing.arms for name in arm.chain]
        return tuple(dict.fromkeys(n for n in [*chained, *self.backends] if n != "handoff"))

    def hash(self) -> str:
        """Short hash of the effective settings, stored on every turn."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


def home_dir() -> Path:
    """The folder for everything the product writes: `SWITCHBOARD_HOME`, else `var/`."""
    return Path(os.environ.get("SWITCHBOARD_HOME") or "var").resolve()


def bot_dir(given: Path | None = None) -> Path:
    """The bot folder: the one given, else `.` if it holds a `bot.toml`, else `demo/`.

    Raises:
        SettingsError: there is no such folder, or it has no `bot.toml`.
    """
    folder = given or (Path() if Path("bot.toml").is_file() else Path("demo"))
    if not (folder / "bot.toml").is_file():
        raise SettingsError(
            f"{folder} is not a bot folder: expected a bot.toml in it. Make one with `switchboard init {folder}`."
        )
    return folder.resolve()


def load(folder: Path) -> Settings:
    """Read `bot.toml` and the environment.

    Raises:
        SettingsError: unreadable TOML, an unknown key, a wrong value, or a secret in the file. Says which.
    """
    path = folder / "bot.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise SettingsError(f"{path}: expected a readable TOML file, got: {exc}") from exc
    _refuse_unknown_variables()
    for key, _ in _flatten(table):
        if SECRET.search(key.rpartition(".")[2]):
            variable = PREFIX + key.replace(".", "__").upper()
            raise SettingsError(f"{path}: {key} is a secret and must not stand in a file; set {variable} instead")

    try:
        return Settings(**table)
    except ValidationError as exc:
        raise SettingsError(f"{path}: {'; '.join(map(_told, exc.errors()))}") from exc


def _told(error: Mapping[str, Any]) -> str:
    """One mistake in a line. A whole table is not shown: secrets from the environment are part of it."""
    place, given = ".".join(map(str, error["loc"])), error.get("input")
    is_shown = not isinstance(given, Mapping | BaseModel) and not SECRET.search(place.rpartition(".")[2])
    return f"{place or 'settings'}: {error['msg']}" + (f" (got {given!r:.80})" if is_shown else "")


def _refuse_unknown_variables() -> None:
    sections = set(Settings.model_fields)
    for name in os.environ:
        section = name.removeprefix(PREFIX).partition("__")[0].lower()
        if name.startswith(PREFIX) and section not in sections:
            raise SettingsError(f"{name}: no section {section!r}; known: {', '.join(sorted(sections))}")


class Effective(NamedTuple):
    """One setting as it holds, and where it comes from."""

    key: str
    value: Any
    origin: Literal["default", "bot.toml", "environment"]


def effective(settings: Settings, folder: Path) -> list[Effective]:
    """List every setting with its origin; secrets are shown as asterisks."""
    table = dict(_flatten(tomllib.loads((folder / "bot.toml").read_text(encoding="utf-8"))))
    variables = {name.removeprefix(PREFIX).replace("__", ".").lower() for name in os.environ if name.startswith(PREFIX)}
    rows = []
    for key, value in _flatten(settings.model_dump(mode="json")):
        origin: Literal["default", "bot.toml", "environment"] = "default"
        if key in variables:
            origin = "environment"
        elif key in table:
            origin = "bot.toml"
        shown = "********" if SECRET.search(key.rpartition(".")[2]) and value is not None else value
        rows.append(Effective(key, shown, origin))
    return rows


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
