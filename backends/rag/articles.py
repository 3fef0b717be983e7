"""Reads the help articles of a bot folder: front matter and markdown. Knows nothing of chunks or search."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import yaml

FENCE = "---"
KEYS = ("title", "url", "updated")
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Article:
    """One help article."""

    id: str
    """The file's stem: unique within the folder, and what a citation names."""
    title: str
    url: str
    updated: str
    """ISO date of the last change, as the front matter says; empty when it says nothing."""
    body: str
    """Markdown without the front matter."""
    body_line: int = 1
    """Line of the file on which the body begins, counted from 1."""


class Problem(NamedTuple):
    """Something an engineer must mend in an article."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class BrokenArticle(ValueError):
    """An article that cannot be read; carries where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Reading(NamedTuple):
    """What a folder holds: the articles that can be used, and what is wrong with the others."""

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]


def article_paths(folder: Path) -> list[Path]:
    """List the article files of a folder, sorted by name; none when the folder is missing."""
    return sorted(path for path in folder.glob("*.md") if path.is_file() and not path.name.startswith("."))


def read_articles(folder: Path) -> Reading:
    """Read every `*.md` of a folder; a broken one becomes a problem and is left out."""
    articles: list[Article] = []
    problems: list[Problem] = []
    for path in article_paths(folder):
        try:
            articles.append(read_article(path))
        except BrokenArticle as exc:
            problems.append(exc.problem)
    return Reading(tuple(articles), (*problems, *_shared_urls(articles)))


def read_article(path: Path) -> Article:
    """Read one file.

    Raises:
        BrokenArticle: it is unreadable, too long, or its front matter or text is wrong.
    """
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise _broken(path, 1, f"cannot be read: {exc.strerror}") from exc
    if len(raw) > MAX_BYTES:
        raise _broken(path, 1, f"is {len(raw)} bytes long, at most {MAX_BYTES} are read: split the article")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw[: exc.start].count(b"\n") + 1
        raise _broken(path, line, "is not UTF-8: save the file as UTF-8") from exc
    return parse_article(path, text.replace("\r\n", "\n"))


def parse_article(path: Path, text: str) -> Article:
    """Take an article's text apart.

    Raises:
        BrokenArticle: front matter or body is missing or wrong.
    """
    head, body, body_line = _split(path, text)
    table = _front_matter(path, head)
    if not re.search(r"\w", body):
        raise _broken(path, body_line, "has no text below the front matter")
    return Article(path.stem, table["title"], table["url"], table["updated"], body, body_line)


def hash_articles(articles: Iterable[Article]) -> str:
    """Name a set of articles by its content (sha256, hex)."""
    digest = hashlib.sha256()
    for article in articles:
        for part in (article.id, article.title, article.url, article.updated, article.body):
            digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _split(path: Path, text: str) -> tuple[str, str, int]:
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        raise _broken(path, 1, "expected `---` and front matter (title, url, updated) on the first line")
    for number, line in enumerate(lines[1:], start=2):
        if line.rstrip() == FENCE:
            return "\n".join(lines[1 : number - 1]), "\n".join(lines[number:]), number + 1
    raise _broken(path, 1, "the front matter is never closed: put `---` below it")


def _front_matter(path: Path, head: str) -> dict[str, str]:
    try:
        table = yaml.safe_load(head)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = mark.line + 2 if mark else 2
        raise _broken(path, line, f"the front matter is no YAML: {getattr(exc, 'problem', exc)}") from exc
    if not isinstance(table, dict):
        raise _broken(path, 2, "the front matter must be `key: value` lines with a title")
    for key in table:
        if key not in KEYS:
            line = _line_of(head, str(key))
            raise _broken(path, line, f"unknown key {key!r} in the front matter; known: {', '.join(KEYS)}")
    title = table.get("title")
    if not isinstance(title, str) or not title.strip():
        raise _broken(path, _line_of(head, "title"), "the front matter needs a `title`")
    url = _url(path, table.get("url", f"/help/{path.stem}"), _line_of(head, "url"))
    updated = _date(path, table.get("updated", ""), _line_of(head, "updated"))
    return {"title": " ".join(title.split()), "url": url, "updated": updated}


def _url(path: Path, url: object, line: int) -> str:
    parts = urlsplit(url) if isinstance(url, str) else None
    is_address = parts is not None and parts.scheme in {"http", "https"} and bool(parts.netloc)
    if not isinstance(url, str) or not (is_address or re.match(r"/(?!/)\S*$", url)):
        raise _broken(path, line, f"`url` must be http(s)://… or a path from the root such as /help/x, got {url!r}")
    return url


def _date(path: Path, value: object, line: int) -> str:
    if value in ("", None):
        return ""
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as exc:
        raise _broken(path, line, f"`updated` must be a date such as 2026-03-31, got {value!r}") from exc


def _line_of(head: str, key: str) -> int:
    for number, line in enumerate(head.split("\n"), start=2):
        if line.startswith(key):
            return number
    return 2


def _shared_urls(articles: Iterable[Article]) -> list[Problem]:
    first: dict[str, str] = {}
    problems = []
    for article in articles:
        if article.url in first:
            other = first[article.url]
            problems.append(Problem(f"{article.id}.md", 1, f"has the url {article.url}, which {other}.md has too"))
        first.setdefault(article.url, article.id)
    return problems


def _broken(path: Path, line: int, message: str) -> BrokenArticle:
    return BrokenArticle(Problem(path.name, line, message))
