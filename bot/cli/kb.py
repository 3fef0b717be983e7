"""`switchboard kb`: builds the article index and searches it."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from backends.contract import BackendError, Place
from backends.rag.articles import read_articles
from backends.rag.injection import suspicious
from backends.rag.library import ARTICLES, Library
from backends.rag.relevance import relevance
from backends.rag.retriever import Hit
from backends.rag.settings import RagSettings
from bot.cli.output import REFUSED, WRONG_USAGE, Bot, Json, fail, note, print_json, stdout
from bot.errors import SettingsError
from bot.settings import bot_dir, home_dir, load

kb = typer.Typer(add_completion=False, no_args_is_help=True, help="Build and search the article index.")

QUOTE_CHARS = 240


@kb.command()
def index(bot: Bot = None, as_json: Json = False) -> None:
    """Read the articles and build the index; exit status 3 when an article is broken."""
    start = time.perf_counter()
    folder, library = _library(bot)
    shelf = library.shelf
    warnings = [str(problem) for problem in suspicious(read_articles(folder / ARTICLES).articles)]
    problems = [str(problem) for problem in library.problems]
    document = {
        "index": shelf.index.hash,
        "articles": len({chunk.article_id for chunk in shelf.index.chunks}),
        "passages": len(shelf.index.chunks),
        "sentences": len(shelf.index.sentences.texts),
        "dense_weight": shelf.retriever.dense_weight,
        "fit": shelf.fit._asdict(),
        "seconds": round(time.perf_counter() - start, 3),
        "warnings": [*warnings, *([library.warning] if library.warning else [])],
        "problems": problems,
    }
    if as_json:
        print_json(document)
    else:
        stdout.print(f"{document['articles']} articles, {document['passages']} passages → index {document['index']}")
    for line in (*problems, *warnings, library.warning):
        if line:
            note(line)
    if problems:
        raise typer.Exit(REFUSED)


@kb.command()
def search(
    text: Annotated[str, typer.Argument(help="What a customer would ask.")],
    bot: Bot = None,
    k: Annotated[int, typer.Option("--k", min=1, max=100, help="How many passages.")] = 5,
    as_json: Json = False,
) -> None:
    """Show the passages found for a text, best first."""
    if not text.strip():
        fail("expected a text to search for", WRONG_USAGE)
    _, library = _library(bot)
    shelf = library.shelf
    try:
        query = shelf.retriever.query(text)
    except BackendError as exc:
        fail(str(exc))
    hits = shelf.retriever.search(query, k=k)
    document = {
        "index": shelf.index.hash,
        "relevance": round(relevance(shelf.index, query, hits), 4),
        "passages": [_row(hit) for hit in hits],
    }
    if library.warning:
        note(library.warning)
    if as_json:
        print_json(document)
        return
    table = Table("score", "article", "section", "text")
    for hit in hits:
        table.add_row(f"{hit.score:.3f}", hit.chunk.article_id, hit.chunk.heading, hit.chunk.text[:QUOTE_CHARS])
    stdout.print(table)


def _library(bot: Path | None) -> tuple[Path, Library]:
    """Open the bot folder's index with its own settings, building it if need be."""
    try:
        folder = bot_dir(bot)
        settings = RagSettings.model_validate(load(folder).backends.get("rag", {}))
        return folder, Library(Place(folder, home_dir(), serves=False), dense_weight=settings.dense_weight)
    except (SettingsError, ValueError, BackendError) as exc:
        fail(str(exc))


def _row(hit: Hit) -> dict[str, Any]:
    chunk = hit.chunk
    return {
        "passage_id": chunk.id,
        "article_id": chunk.article_id,
        "title": chunk.title,
        "url": chunk.url,
        "section": chunk.heading,
        "text": chunk.text,
        "start": chunk.start,
        "end": chunk.end,
        "score": round(hit.score, 4),
        "dense": round(hit.dense, 4),
        "bm25": round(hit.lexical, 4),
    }
