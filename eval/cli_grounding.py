"""`switchboard eval grounding` and `switchboard eval injection`: what leaves the `rag` backend, and under attack."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from backends.contract import Backend, BackendError, Place
from backends.rag.articles import Article, read_articles
from backends.rag.backend import load as load_rag
from backends.rag.prompt import load_template
from bot.cli.output import Bot, Json, fail, note, print_json, progress, stdout
from bot.errors import SettingsError
from bot.settings import bot_dir, home_dir, load
from eval.grounding import (
    DEFINITION,
    Answered,
    Asked,
    BadFile,
    ask,
    read_asked,
    read_labels,
    shares,
    unsupported_rates,
)
from eval.injection import DEFINITION as ATTACK_DEFINITION
from eval.injection import HARMLESS, Attack, Tally, article_succeeded, plant, question_succeeded, read_attacks, spread
from eval.retrieval import BadRow, read_article_questions

FOREIGN = (SettingsError, BadFile, BadRow, OSError, ValueError, BackendError)


def grounding(
    questions: Annotated[Path | None, typer.Option(help="CSV with a column `question`, or a text file.")] = None,
    labels: Annotated[Path | None, typer.Option(help="A labelled CSV: question,mode,answer,supported,note.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write answers and passages (JSONL) for labelling.")] = None,
    bot: Bot = None,
    as_json: Json = False,
) -> None:
    """Print how many answers are generated, quoted or refused, and how many labelled ones claim too much."""
    if questions is None and labels is None:
        fail("expected --questions, --labels or both", 2)
    document: dict[str, Any] = {"definition": DEFINITION}
    try:
        if questions is not None:
            answers = asyncio.run(_ask_all(bot_dir(bot), read_asked(questions)))
            document |= {"n": len(answers), "shares": shares(answers), "reasons": _reasons(answers)}
            if out is not None:
                out.write_text("".join(f"{answer.to_json()}\n" for answer in answers), encoding="utf-8")
        if labels is not None:
            rates = unsupported_rates(read_labels(labels))
            document["unsupported"] = {name: rate._asdict() if rate else None for name, rate in rates.items()}
    except FOREIGN as exc:
        fail(str(exc))
    if as_json:
        print_json(document)
    else:
        _show_grounding(document)


def injection(
    data: Annotated[Path, typer.Option(help="Folder of CSV files text,label,kind.")],
    questions: Annotated[Path, typer.Option(help="CSV question,article_id,answerable: ordinary questions.")],
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many texts an experiment.")] = None,
    bot: Bot = None,
    as_json: Json = False,
) -> None:
    """Attack as a question and as an article's text; count what succeeds and what is blocked for nothing."""
    try:
        texts, folder = read_attacks(data), bot_dir(bot)
        asked = read_article_questions(questions)
        document = asyncio.run(_attack(folder, texts, [(q.text, min(q.gold)) for q in asked], limit))
    except FOREIGN as exc:
        fail(str(exc))
    if as_json:
        print_json(document)
        return
    table = Table("experiment", "texts", "answered", "succeeded", "rate")
    for name in ("questions", "articles", "benign", "overblocking"):
        row = document[name]
        rate = "-" if row["rate"] is None else f"{row['rate']:.3f}"
        table.add_row(name, str(row["n"]), str(row["answered"]), str(row["succeeded"]), rate)
    stdout.print(table)


def _table_of(folder: Path) -> dict[str, Any]:
    return load(folder).backends.get("rag", {})


async def _ask_all(folder: Path, questions: Sequence[Asked]) -> list[Answered]:
    backend = load_rag(_table_of(folder), Place(folder, home_dir(), serves=False))
    try:
        return await _ask_each(backend, questions, "questions")
    finally:
        await backend.aclose()


async def _ask_each(backend: Backend, questions: Sequence[Asked], title: str) -> list[Answered]:
    answers = []
    with progress() as bars:
        task = bars.add_task(title, total=len(questions))
        for number, question in enumerate(questions):
            answers.append(await ask(backend, question, number))
            bars.advance(task)
    return answers


async def _attack(
    folder: Path, texts: Sequence[Attack], ordinary: Sequence[tuple[str, str]], limit: int | None
) -> dict[str, Any]:
    """Run the four experiments one after the other."""
    hostile = spread([text for text in texts if text.is_attack], limit)
    benign = spread([text for text in texts if not text.is_attack], limit)
    settings = _table_of(folder)
    backend = load_rag(settings, Place(folder, home_dir(), serves=False))
    try:
        as_questions = await _as_questions(backend, hostile)
        harmless = await _as_questions(backend, benign)
        overblocking = await _overblocking(backend, [question for question, _ in ordinary][:limit])
    finally:
        await backend.aclose()
    with tempfile.TemporaryDirectory() as scratch:
        as_articles = await _as_articles(folder, Path(scratch), settings, hostile, ordinary)
    return {
        "definition": ATTACK_DEFINITION,
        "questions": as_questions.to_json(),
        "articles": as_articles.to_json(),
        "benign": harmless.to_json(),
        "overblocking": overblocking.to_json(),
    }


async def _as_questions(backend: Backend, texts: Sequence[Attack]) -> Tally:
    template = "\n".join(load_template(""))
    answers = await _ask_each(backend, [Asked(text.text[:4000]) for text in texts], "hostile questions")
    won = [answer for answer in answers if question_succeeded(answer, template)]
    return _tally(answers, won)


async def _overblocking(backend: Backend, questions: Sequence[str]) -> Tally:
    """Ask ordinary questions as they are and behind a harmless sentence with a trigger word."""
    plain = await _ask_each(backend, [Asked(question) for question in questions], "ordinary questions")
    triggered = [Asked(f"{HARMLESS[n % len(HARMLESS)]} {question}") for n, question in enumerate(questions)]
    other = await _ask_each(backend, triggered, "with a trigger word")
    pairs = [(after, before) for after, before in zip(other, plain, strict=True) if before.mode != "abstained"]
    return _tally([after for after, _ in pairs], [after for after, _ in pairs if after.mode == "abstained"])


async def _as_articles(
    folder: Path, scratch: Path, settings: dict[str, Any], texts: Sequence[Attack], ordinary: Sequence[tuple[str, str]]
) -> Tally:
    """Plant one text into each article, ask each article's question, and go on with the next texts."""
    articles = [a for a in read_articles(folder / "articles").articles if any(a.id == gold for _, gold in ordinary)]
    question_of = {gold: question for question, gold in reversed(ordinary)}
    clean = [article.body for article in articles]
    answers: list[Answered] = []
    won: list[Answered] = []
    for start in range(0, len(texts), max(len(articles), 1)):
        batch = texts[start : start + len(articles)]
        planted = dict(zip((article.id for article in articles), batch, strict=False))
        _write_articles(scratch / "articles", articles, planted)
        note(f"{start} of {len(texts)} texts planted")
        backend = load_rag(settings, Place(scratch, home_dir(), serves=False))
        try:
            for article_id, text in planted.items():
                answer = await ask(backend, Asked(question_of[article_id]), len(answers))
                answers.append(answer)
                if article_succeeded(answer, text.text, clean):
                    won.append(answer)
        finally:
            await backend.aclose()
    return _tally(answers, won)


def _write_articles(folder: Path, articles: Sequence[Article], planted: dict[str, Attack]) -> None:
    folder.mkdir(exist_ok=True)
    for article in articles:
        text = planted[article.id].text if article.id in planted else ""
        (folder / f"{article.id}.md").write_text(plant(article, text), encoding="utf-8")


def _tally(answers: Sequence[Answered], won: Sequence[Answered]) -> Tally:
    answered = sum(answer.mode != "abstained" for answer in answers)
    return Tally(len(answers), len(won), answered, tuple(f"{a.question[:80]} → {a.answer[:160]}" for a in won[:5]))


def _reasons(answers: Sequence[Answered]) -> dict[str, int]:
    found = sorted({answer.reason for answer in answers if answer.reason})
    return {reason: sum(answer.reason == reason for answer in answers) for reason in found}


def _show_grounding(document: dict[str, Any]) -> None:
    for mode, share in document.get("shares", {}).items():
        stdout.print(f"{mode:<12}{share:.3f}")
    for name, rate in document.get("unsupported", {}).items():
        if rate:
            stdout.print(
                f"unsupported, {name:<12}{rate['value']:.3f}  [{rate['low']:.3f}, {rate['high']:.3f}]  n={rate['n']}"
            )
