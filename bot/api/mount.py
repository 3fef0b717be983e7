"""Puts every HTTP edge on an application whose `state.house` is the house it serves."""

from fastapi import FastAPI

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
    routing,
    teaching,
    versions,
)
from bot.api.description import REFUSED, REFUSED_V1
from bot.api.faults import add_handlers
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
)


def mount(app: FastAPI) -> None:
    """Add routers, error handlers and headers; to be called after every other route was added."""
    add_handlers(app)
    app.add_middleware(SecurityHeaders)
    for edge in PUBLIC:
        app.include_router(edge.router)
    for edge in (*OPERATORS, compat):
        app.include_router(edge.router, responses=REFUSED)
    app.include_router(openai.router, responses=REFUSED_V1)
    app.include_router(operators.router)
    app.include_router(description.router)
    add_pages(app)
