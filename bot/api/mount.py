"""Puts every HTTP edge on an application whose `state.house` is the house it serves."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from bot.api import (
    accounts,
    articles,
    audits,
    compat,
    conversations,
    description,
    health,
    journal,
    knowledge,
    labelling,
    models,
    nights,
    notes,
    openai,
    operators,
    people,
    reports,
    routing,
    teaching,
    versions,
)
from bot.api.description import REFUSED, REFUSED_V1
from bot.api.faults import add_handlers
from bot.api.gate import Gate
from bot.api.pages import SecurityHeaders, add_pages

PUBLIC = (health, articles)
OPERATORS = (
    routing,
    versions,
    conversations,
    notes,
    people,
    teaching,
    labelling,
    audits,
    knowledge,
    models,
    nights,
    accounts,
    journal,
    reports,
)


def guarded(app: ASGIApp, most_bytes: int) -> ASGIApp:
    """Put the gate and the headers before everything else, the framework's own layers too.

    Args:
        app: serves what is let in.
        most_bytes: length of a request's body at most.
    """
    return SecurityHeaders(Gate(app, most_bytes=most_bytes))


def mount(app: FastAPI) -> None:
    """Add routers and error handlers; to be called after every other route was added."""
    add_handlers(app)
    for edge in PUBLIC:
        app.include_router(edge.router)
    for edge in (*OPERATORS, compat):
        app.include_router(edge.router, responses=REFUSED)
    app.include_router(openai.router, responses=REFUSED_V1)
    app.include_router(operators.router)
    app.include_router(description.router)
    add_pages(app)
