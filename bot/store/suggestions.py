"""What answers suggested to operators took, as rows; the answers themselves are not stored."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database

from backends.contract import Usage
from bot.ids import new_id
from bot.store.rows import AttemptRow


class Spent(NamedTuple):
    """One try of one backend."""

    attempt: AttemptRow
    usage: Usage = Usage()
    """Zero unless it replied: nobody knows what a try in vain has used."""


def write_spent(db: Database, conversation_id: str, spent: Iterable[Spent], at: str) -> None:
    """Write what was spent on suggestions; for a conversation that was erased meanwhile nothing."""
    for attempt, usage in spent:
        db.execute(
            "INSERT INTO suggestions (id, conversation_id, at, backend, outcome, ms, prompt_tokens, completion_tokens,"
            " cost_usd) SELECT ?, id, ?, ?, ?, ?, ?, ?, ? FROM conversations WHERE id = ?",
            [
                new_id("g"),
                at,
                attempt.backend,
                attempt.outcome,
                attempt.ms,
                usage.prompt_tokens,
                usage.completion_tokens,
                usage.cost_usd,
                conversation_id,
            ],
        )
