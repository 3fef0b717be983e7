"""`switchboard eval retrieval` and `switchboard eval articles`: how well passages are found, by arm."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

from backends.contract import BackendError, Place
from backends.encoder import load_current
from backends.rag.fit import choose
from backends.rag.index import Encoder, assemble
from backends.rag.library import Library
from backends.rag.retriever import Retriever
from bot.cli.output import REFUSED, WRONG_USAGE, Bot, Json, fail, note, print_json, stdout
from bot.errors import SettingsError
from bot.settings import bot_dir, home_dir
from eval.retrieval import (
    ARMS,
    DEFINITION,
    BadRow,
    Question,
    Run,
    read_article_questions,
    read_passages,
    read_questions,
    run,
)

TARGET_FIRST_3 = 0.9
"""Share of questions whose article must be among the first three."""


def retrieval(
    passages: Annotated[Path, typer.Option(help="JSONL: passage_id, doc_id, title, section, text.")],
    questions: Annotated[Path, typer.Option(help="JSONL: question, history, gold_passage_ids, domain.")],
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Ask each question without what came before.")
    ] = False,
    tune_domain: Annotated[
        str | None, typer.Option(help="Fit the weight on this domain's questions and report the others only.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many questions, spread evenly.")] = None,
    as_json: Json = False,
) -> None:
    """Measure retrieval on questions with known passages: BM25, embeddings, and both together."""
    try:
        chunks, asked = read_passages(passages), read_questions(questions)
        encoder = load_current(home_dir(), threads=2)
        with tempfile.TemporaryDirectory() as scratch:
            note(f"embedding {len(chunks)} passages")
            index = assemble(chunks, encoder, Path(scratch) / "index")
            retriever = Retriever(index, encoder)
            if tune_domain is not None:
                retriever = _tuned(retriever, encoder, asked, tune_domain)
                asked = tuple(question for question in asked if question.group != tune_domain)
            note(f"asking {len(_spread(asked, limit))} questions")
            result = run(retriever, _spread(asked, limit), history=not no_history)
    except (BadRow, OSError, ValueError, BackendError) as exc:
        fail(str(exc), WRONG_USAGE if isinstance(exc, BadRow | OSError) else 1)
    document = _document(result, retriever.dense_weight, tune_domain, uses_history=not no_history)
    if as_json:
        print_json(document)
        return
    _show(result)


def articles(
    questions: Annotated[Path, typer.Option(help="CSV: question, article_id (several joined by |), answerable.")],
    bot: Bot = None,
    as_json: Json = False,
) -> None:
    """Tell for how many questions the right article comes first, among three, among five; BM25 alone beside it.

    Exit status 3 when fewer than 90 % have it among the first three.
    """
    try:
        asked = read_article_questions(questions)
        library = Library(Place(bot_dir(bot), home_dir(), serves=False))
        if library.warning:
            note(library.warning)
        result = run(library.shelf.retriever, asked, by_article=True)
    except (SettingsError, BadRow, OSError, BackendError) as exc:
        fail(str(exc))
    fused, misses = result.figures("fused"), _misses(result)
    is_met = fused.recall_3 is not None and fused.recall_3 >= TARGET_FIRST_3
    document = {
        "definition": DEFINITION,
        "index": library.shelf.index.hash,
        **fused.to_json(),
        "arms": {arm: result.figures(arm).to_json() for arm in ARMS},
        "target_recall@3": TARGET_FIRST_3,
        "met": is_met,
        "misses": misses,
    }
    if as_json:
        print_json(document)
    else:
        _show_articles(result, misses)
    if not is_met:
        raise typer.Exit(REFUSED)


def _tuned(retriever: Retriever, encoder: Encoder, questions: Sequence[Question], domain: str) -> Retriever:
    """Fit the weight on one domain's questions."""
    chosen = [question for question in questions if question.group == domain]
    if not chosen:
        known = ", ".join(sorted({question.group for question in questions}))
        raise ValueError(f"no question of the domain {domain!r}; known: {known}")
    number = {chunk.id: at for at, chunk in enumerate(retriever.index.chunks)}
    scored = []
    for question in chosen:
        right = np.zeros(len(number), dtype=np.bool_)
        right[[number[name] for name in question.gold if name in number]] = True
        scored.append((retriever.score(retriever.query(question.text, question.history)), right, None))
    return Retriever(retriever.index, encoder, dense_weight=choose(scored).dense_weight)


def _spread(questions: Sequence[Question], limit: int | None) -> Sequence[Question]:
    return questions[:: max(1, len(questions) // limit)][:limit] if limit else questions


def _document(result: Run, dense_weight: float, tuned_on: str | None, *, uses_history: bool) -> dict[str, Any]:
    opening = {arm: result.figures(arm, lambda q: not q.history) for arm in ARMS}
    groups = sorted({question.group for question in result.questions})
    p50, p99 = np.percentile(result.search_ms, [50, 99]) if result.search_ms else (None, None)
    return {
        "definition": DEFINITION,
        **result.figures("fused").to_json(),
        "history": uses_history,
        "dense_weight": dense_weight,
        "tuned_on": tuned_on,
        "opening": {**opening["fused"].to_json(), "arms": {arm: ranks.to_json() for arm, ranks in opening.items()}},
        "arms": {arm: result.figures(arm).to_json() for arm in ARMS},
        "domains": {name: result.figures("fused", lambda q, n=name: q.group == n).to_json() for name in groups},  # type: ignore[misc]
        "search_ms": {"p50": p50, "p99": p99},
    }


def _show(result: Run) -> None:
    table = Table("questions", "arm", "n", "nDCG@10", "recall@1", "recall@5", "MRR@10")
    for name, keep in (("opening", lambda q: not q.history), ("all", lambda _: True)):
        for arm in ARMS:
            ranks = result.figures(arm, keep)
            figures = (ranks.ndcg, ranks.recall_1, ranks.recall_5, ranks.mrr)
            table.add_row(name, arm, str(ranks.n), *("-" if x is None else f"{x:.3f}" for x in figures))
    stdout.print(table)
    if result.search_ms:
        stdout.print("search: p50 {:.2f} ms, p99 {:.2f} ms".format(*np.percentile(result.search_ms, [50, 99])))


def _show_articles(result: Run, misses: Sequence[dict[str, Any]]) -> None:
    table = Table("arm", "n", "first", "first 3", "first 5")
    for arm in ARMS:
        ranks = result.figures(arm)
        figures = (ranks.recall_1, ranks.recall_3, ranks.recall_5)
        table.add_row(arm, str(ranks.n), *("-" if x is None else f"{x:.3f}" for x in figures))
    stdout.print(table)
    for miss in misses:
        stdout.print(f"missed: {miss['question']} → {', '.join(miss['found'])}", markup=False, highlight=False)


def _misses(result: Run) -> list[dict[str, Any]]:
    pairs = zip(result.questions, result.found["fused"], strict=True)
    return [
        {"question": question.text, "gold": sorted(question.gold), "found": found[:3]}
        for question, found in pairs
        if not question.gold & set(found[:3])
    ]
