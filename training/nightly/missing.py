"""Intents that are missing, as the report proposes them: clusters of turns that no intent took."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from training.dataset import Example
from training.harvest.discovery import Proposal, discover, open_turns
from training.harvest.finding import Known
from training.harvest.logged import LoggedTurn
from training.nightly.intake import Embed


def propose(
    turns: Sequence[LoggedTurn], own: Sequence[Example], embed: Embed, *, now: datetime, days: int
) -> list[dict[str, Any]]:
    """Propose intents from the turns of the last days.

    Args:
        turns: what was read from the logs.
        own: rows of the bot's NLU files.
        embed: turns texts into vectors.
        now: aware.
        days: how far back to look.
    """
    since = (now - timedelta(days=days)).isoformat()
    recent = [turn for turn in turns if turn.asked_at >= since]
    if not open_turns(recent):
        return []
    vectors = np.asarray(embed([row.text for row in own]), dtype=np.float32) if own else np.empty((0, 0), np.float32)
    known = Known(tuple(row.text for row in own), tuple(row.intent for row in own), vectors)
    return [_told(proposal) for proposal in discover(recent, known, embed)]


def _told(proposal: Proposal) -> dict[str, Any]:
    return {
        "name": proposal.name,
        "size": proposal.size,
        "customers": proposal.customers,
        "turns_per_month": proposal.turns_per_month,
        "examples": [example._asdict() for example in proposal.examples],
        "reply": proposal.reply,
        "sources": [source._asdict() for source in proposal.sources],
        "nearest_intent": proposal.nearest_intent,
        "similarity": proposal.similarity,
        "is_new": proposal.is_new,
    }
