"""The errors of the server package.

SwitchboardError
├── SettingsError      bot folder or settings are wrong; shown to the person at the terminal
├── StoreError         the store could not be read or written (disk full, locked, damaged)
├── Refused            the caller asked for something that cannot be; carries a public code
│   ├── Invalid        it makes no sense; the message is meant for the caller
│   ├── NotFound       no such conversation, turn or session
│   ├── Conflict       someone else was faster (version, owner)
│   │   ├── Taken      another operator has the conversation
│   │   └── Clash      it does not fit what is there; the message is meant for the caller
│   └── TooMany        a rate limit

`backends.contract.BackendError` is the backends' own. Customers see `PUBLIC[code]`, never `str(exc)`.
"""

from collections.abc import Mapping
from typing import ClassVar


class SwitchboardError(Exception):
    """Base of all errors raised on purpose by this package."""


class SettingsError(SwitchboardError, ValueError):
    """The bot folder or the settings are wrong; the message says where and what to do."""


class StoreError(SwitchboardError):
    """The store could not be read or written."""


class Refused(SwitchboardError):
    """The request cannot be carried out; `code` is public."""

    code: ClassVar[str] = "refused"


class Invalid(Refused):
    """The request makes no sense; the message says why and is meant for the caller."""

    code = "invalid"


class NotFound(Refused):
    """No such thing."""

    code = "not_found"


class Conflict(Refused):
    """Someone else was faster."""

    code = "conflict"


class Taken(Conflict):
    """Another operator has the conversation; the message is meant for the caller."""

    code = "taken"

    def __init__(self, operator: str) -> None:
        """Say who has it."""
        super().__init__(f'{operator} has this conversation; to take it over all the same, send "over": "{operator}"')
        self.operator = operator


class Clash(Conflict):
    """The request does not fit what is there already; the message says how and is meant for the caller."""


class TooMany(Refused):
    """A rate limit was reached."""

    code = "rate_limited"


PUBLIC: Mapping[str, tuple[str, bool]] = {
    "bad_json": ("Expected a JSON object in a text frame.", False),
    "bad_frame": ("Expected one of the documented frames with exactly its fields.", False),
    "binary_frame": ("Expected a text frame with JSON, got a binary one.", False),
    "too_long": ("A message may have at most 4,000 characters. Please shorten it.", False),
    "too_large": ("The frame is too large.", False),
    "no_session": ("Send a session_request first.", False),
    "session_open": ("This connection already has its session.", False),
    "unknown_message": ("There is no such message in this conversation.", False),
    "rate_limited": ("Too many messages in a short time. Please wait a moment.", True),
    "storage": ("Your message could not be saved. Please try again.", True),
    "internal": ("Something went wrong on our side. Please try again.", True),
    "closed": ("This conversation is closed.", False),
    "taken": ("Another operator has this conversation.", False),
    "bad_identity": ("The customer's identity could not be verified.", False),
    "unauthorized": ("Expected the operator token.", False),
    "not_found": ("Not found.", False),
    "conflict": ("It was changed by someone else meanwhile. Load it again.", True),
}
"""Public text and whether trying again helps, by error code."""
