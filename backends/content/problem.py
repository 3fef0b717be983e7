"""What is wrong with a bot folder's content, as values that a command can list."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing an engineer should change in the bot folder."""

    where: str
    """File and place in it, e.g. `responses.yml: responses.utter_greet`."""
    message: str
    """What was expected, what came, what to do."""
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class ContentError(ValueError):
    """The content cannot be used as it is; carries every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
