"""What is wrong with a bot folder, all at once: settings, backends, examples, replies, flows, articles, scenarios.

It opens no bundle and no store, and writes nothing.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from backends import registry
from backends.content.content import Content
from backends.content.problem import ContentError, Problem
from backends.contract import BackendError, Place, UnknownBackend
from backends.rag.articles import read_articles
from backends.rag.injection import suspicious
from bot import routing as routes
from bot.errors import SettingsError
from bot.routing import HANDOFF, Routing
from bot.scenarios import FOLDER as SCENARIOS
from bot.scenarios import ScenarioError, load_scenarios, unknown_names
from bot.settings import Settings, load

OOS = "oos"
"""The intent name of texts that no intent covers."""
LEAST_EXAMPLES = 2
LINE = re.compile(r"\bline (\d+)")
ARTICLES = "articles"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an engineer should change."""

    file: str
    """Path within the bot folder."""
    line: int | None
    """Counted from 1; None when it belongs to no line."""
    message: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.level}: {self.message}"


def check_folder(folder: Path) -> list[Finding]:
    """Check everything a bot folder holds; errors would stop a server or leave customers unanswered."""
    findings: list[Finding] = []
    try:
        settings = load(folder)
    except SettingsError as exc:
        findings += _settings_findings(folder, str(exc))
    else:
        findings += [*_routing(folder, settings), *_backends(folder, settings)]
    intents = read_intents(folder, findings)
    findings += [*_content(folder, intents), *_articles(folder), *_scenarios(folder, intents)]
    return findings


def read_intents(folder: Path, findings: list[Finding]) -> dict[str, int]:
    """Count the examples of each intent under `nlu/`; what is wrong there is added to `findings`."""
    counts: dict[str, int] = {}
    paths = sorted(path for path in (folder / "nlu").rglob("*.y*ml") if path.suffix in {".yml", ".yaml"})
    found = len(findings)
    if not paths:
        findings.append(Finding("nlu", None, "no *.yml file with intents and examples; the classifier needs them"))
    for path in paths:
        name = str(path.relative_to(folder))
        try:
            entries = _entries(path)
        except (yaml.YAMLError, UnicodeDecodeError, ValueError) as exc:
            findings.append(Finding(name, _line_in(str(exc)), f"not readable: {_short(exc)}"))
            continue
        for entry in entries:
            _count(entry, counts, name, path, findings)
    if paths and not counts.keys() - {OOS} and len(findings) == found:
        findings.append(Finding("nlu", None, "no intent in any file; the classifier needs some to learn"))
    for intent, count in counts.items():
        if count < LEAST_EXAMPLES and intent != OOS:
            findings.append(Finding("nlu", None, f"the intent {intent!r} has {count} examples; write at least two"))
    return counts


def _entries(path: Path) -> list[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    if document is None:
        return []
    if not isinstance(document, dict) or not isinstance(document.get("nlu", []), list):
        raise ValueError("expected `nlu:` with a list of `- intent: …`")
    return list(document.get("nlu", []))


def _count(entry: Any, counts: dict[str, int], name: str, path: Path, findings: list[Finding]) -> None:
    intent = entry.get("intent") if isinstance(entry, dict) else None
    if not isinstance(intent, str):
        if not (isinstance(entry, dict) and {"synonym", "regex", "lookup"} & set(entry)):
            findings.append(Finding(name, None, f"expected `- intent: NAME`, got {str(entry)[:60]!r}"))
        return
    examples = entry.get("examples")
    lines = examples.splitlines() if isinstance(examples, str) else []
    texts = [line for line in lines if line.strip().startswith("- ") and line.strip("- ")]
    strange = [line for line in lines if line.strip() and not line.strip().startswith("-")]
    if not texts or strange:
        line = _line_of(path, (intent,))
        shown = f", not {strange[0].strip()[:60]!r}" if strange else ""
        findings.append(
            Finding(name, line, f"examples of {intent!r}: expected `examples: |` with lines `- TEXT`{shown}")
        )
    counts[intent] = counts.get(intent, 0) + len(texts)


def _settings_findings(folder: Path, message: str) -> Iterator[Finding]:
    text = message.removeprefix(f"{folder / 'bot.toml'}: ")
    for part in text.split("; "):
        keys = tuple(re.match(r"[\w.]+", part)[0].split(".")) if re.match(r"[\w.]+:", part) else ()  # type: ignore[index]
        yield Finding("bot.toml", _line_in(part) or _line_of(folder / "bot.toml", keys), part)


def _routing(folder: Path, settings: Settings) -> Iterator[Finding]:
    routing = Routing(0, settings.routing.arms, error_budget=settings.routing.error_budget)
    try:
        routes.check(routing, registry.known())
    except ValueError as exc:
        arm = re.search(r"arm '([^']*)'", str(exc))
        line = _line_with(folder / "bot.toml", f'arm = "{re.escape(arm[1])}"') if arm else None
        yield Finding("bot.toml", line or _line_of(folder / "bot.toml", ("routing",)), f"routing: {exc}")
    for name in settings.engine.deadlines_s.keys() - set(settings.backend_names()):
        line = _line_of(folder / "bot.toml", ("deadlines_s", name))
        yield Finding("bot.toml", line, f"engine.deadlines_s.{name}: no chain and no table names {name!r}", "warning")


def _backends(folder: Path, settings: Settings) -> Iterator[Finding]:
    """Load each backend in an empty place: its own table is checked by itself."""
    with TemporaryDirectory() as home:
        for name in settings.backend_names():
            if name == HANDOFF:
                continue
            line = _line_of(folder / "bot.toml", (f"backends.{name}",))
            try:
                registry.load(name, settings.backends.get(name, {}), Place(folder, Path(home), serves=False))
            except (ContentError, UnknownBackend):
                continue  # told by the checks of the content and of the routing
            except ValidationError as exc:
                for error in exc.errors(include_url=False, include_input=False):
                    key = ".".join(map(str, error["loc"]))
                    at = _line_of(folder / "bot.toml", (f"backends.{name}", key)) or line
                    yield Finding("bot.toml", at, f"backends.{name}.{key}: {error['msg']}")
            except ValueError as exc:
                yield Finding("bot.toml", line, f"backends.{name}: {exc}")
            except BackendError as exc:
                yield Finding("bot.toml", line, f"backends.{name} cannot be loaded: {exc}", "warning")


def _content(folder: Path, intents: dict[str, int]) -> Iterator[Finding]:
    try:
        content = Content.load(folder)
    except ContentError as exc:
        yield from (_placed(folder, problem) for problem in exc.problems)
        return
    labels = intents.keys() - {OOS}
    if labels:
        yield from (_placed(folder, problem) for problem in content.check(labels))


def _placed(folder: Path, problem: Problem) -> Finding:
    file, _, place = problem.where.partition(":")
    keys = tuple(place.strip().split(".")) if place else ()
    message = f"{place.strip()}: {problem.message}" if place else problem.message
    return Finding(file, _line_in(problem.message) or _line_of(folder / file, keys), message, problem.level)


def _articles(folder: Path) -> Iterator[Finding]:
    reading = read_articles(folder / ARTICLES)
    for problem in reading.problems:
        yield Finding(f"{ARTICLES}/{problem.file}", problem.line, problem.message)
    for problem in suspicious(reading.articles):
        yield Finding(f"{ARTICLES}/{problem.file}", problem.line, problem.message, "warning")


def _scenarios(folder: Path, intents: dict[str, int]) -> Iterator[Finding]:
    """Check the simulated customers, if there are any."""
    if not (folder / SCENARIOS).is_dir():
        return
    try:
        book = load_scenarios(folder)
    except ScenarioError as exc:
        yield from (Finding(flaw.file, flaw.line, flaw.message) for flaw in exc.flaws)
        return
    articles = {article.id for article in read_articles(folder / ARTICLES).articles}
    with suppress(ContentError):
        actions = Content.load(folder).actions
        known = actions.functions.keys() | actions.sections.keys()
        for flaw in unknown_names(book, intents=intents, articles=articles, actions=known):
            yield Finding(flaw.file, flaw.line, flaw.message)


def _line_in(message: str) -> int | None:
    found = LINE.search(message)
    return int(found[1]) if found else None


def _line_of(path: Path, keys: tuple[str, ...]) -> int | None:
    """Find the line on which the last of some nested keys stands; None when the file or the first key is missing."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    found = None
    for key in keys:
        pattern = re.compile(rf"^[\s\[\-]*(?:intent:\s*)?[\"']?{re.escape(key)}[\"']?\s*(?:[:=\]]|$)")
        start = found or 0
        number = next((n for n in range(start, len(lines)) if pattern.match(lines[n])), None)
        if number is None:
            break
        found = number + 1
    return found


def _line_with(path: Path, pattern: str) -> int | None:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if re.search(pattern, line)), None)


def _short(exc: Exception) -> str:
    return " ".join(str(exc).split())[:200]
