"""The base of every settings section: frozen, no unknown keys."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of a settings file, defined next to the code that uses it. A misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
