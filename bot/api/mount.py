"""Puts every HTTP edge on an application whose `state.house` is the house it serves."""

from fastapi import FastAPI

from bot.api import (
    accounts,
    articles,
    compat,
    conversations,
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
from bot.api.faults import add_handlers
from bot.api.pages import SecurityHeaders, add_pages


def mount(app: FastAPI) -> None:
    """Add routers, error handlers and headers; to be called after every other route was added."""
    add_handlers(app)
    app.add_middleware(SecurityHeaders)
    for edge in (
        health,
        articles,
        routing,
        versions,
        conversations,
        notes,
        people,
        teaching,
        labelling,
        knowledge,
        models,
        nights,
        operators,
        accounts,
        journal,
        compat,
        openai,
    ):
        app.include_router(edge.router)
    add_pages(app)
