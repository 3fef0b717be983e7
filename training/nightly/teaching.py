"""Asks a language model about turns that nobody labelled, each turn once in its life."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import numpy as np

from training.dataset import Example
from training.harvest.finding import Known
from training.harvest.labels import harvest
from training.harvest.logged import LoggedTurn
from training.harvest.teacher import Ask, teach, unlabelled
from training.nightly.intake import Embed

Open = Callable[[], AbstractAsyncContextManager[Ask]]
MOST = 500
"""Turns asked about in one night, the newest first: a language model takes seconds for each."""


def ask_teacher(
    turns: Sequence[LoggedTurn], own: Sequence[Example], asked: Mapping[str, str], embed: Embed, teacher: Open
) -> dict[str, str]:
    """Ask about the turns that were not asked about before.

    Args:
        turns: what was read from the logs.
        own: rows of the bot's NLU files: what retrieval compares with.
        asked: turn → intent the teacher and retrieval agreed on, empty where they did not.
        embed: turns texts into vectors.
        teacher: opens the language model.

    Returns:
        `asked`, with what was learned now. A turn whose question failed is asked again another night.
    """
    labelled = frozenset(row.turn_id for row in harvest(turns, cap=len(turns) + 1).labelled)
    fresh = [turn for turn in unlabelled(turns, labelled) if turn.turn_id not in asked]
    fresh = sorted(fresh, key=lambda turn: turn.asked_at, reverse=True)[:MOST]
    if not fresh or not own:
        return dict(asked)
    vectors = np.asarray(embed([*(turn.text for turn in fresh), *(row.text for row in own)]), dtype=np.float32)
    known = Known(tuple(row.text for row in own), tuple(row.intent for row in own), vectors[len(fresh) :])
    heard: set[str] = set()

    async def run() -> dict[str, str]:
        async with teacher() as ask:

            async def listen(text: str, candidates: Sequence[str]) -> str | None:
                answer = await ask(text, candidates)
                if answer is not None:
                    heard.add(text)
                return answer

            return await teach(fresh, vectors[: len(fresh)], known, listen)

    agreed = asyncio.run(run())
    answered = {turn.turn_id: agreed.get(turn.turn_id, "") for turn in fresh if turn.text in heard}
    return {**asked, **answered}
