"""Replies that people accepted while the bot was running: a file of the home folder, merged over the bot folder's.

The engineer's files are never edited and always win: a reply that no longer fits them is left out and said so in the
log, and a file that cannot be read adds nothing. Who writes the file is not known here.
"""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import Field

from backends.content.problem import ContentError
from backends.content.responses import Nonempty, ResponseName, Responses, Variant, places_in
from backends.content.yaml_file import read_yaml
from backends.sealed import replace_text
from backends.settings import Section

logger = logging.getLogger(__name__)

ACCEPTED = Path("content") / "responses.accepted.yml"
"""Where the file is in the home folder."""
HEAD = "# Replies that operators proposed and an admin accepted. Written by the server: take one back in the console.\n"


class AcceptedReply(NamedTuple):
    """One more way to answer an intent."""

    intent: str
    text: str
    proposal: str
    """Where it came from."""


class _Variant(Section):
    text: Nonempty
    proposal: Nonempty


class _File(Section):
    responses: dict[ResponseName, tuple[_Variant, ...]] = Field(default_factory=dict)


def write_accepted(path: Path, replies: Iterable[AcceptedReply]) -> bool:
    """Write the file, if that changes it; tells whether it did.

    Raises:
        OSError: it could not be written.
    """
    responses: dict[str, list[dict[str, str]]] = {}
    for reply in replies:
        row = {"text": reply.text, "proposal": reply.proposal}
        responses.setdefault(f"utter_{reply.intent}", []).append(row)
    text = HEAD + yaml.safe_dump({"responses": responses}, allow_unicode=True, sort_keys=False, width=110)
    if (path.read_text(encoding="utf-8") if path.is_file() else None) == text or (not responses and not path.exists()):
        return False
    replace_text(path, text)
    return True


def merged(responses: Responses, flows: Iterable[str], path: Path) -> Responses:
    """Add the accepted replies to those of the bot folder.

    Args:
        responses: of the bot folder.
        flows: intents that a flow answers.
        path: the file; a missing one adds nothing.
    """
    if not path.is_file():
        return responses
    try:
        file = read_yaml(path, _File)
    except (ContentError, OSError) as exc:
        logger.error("accepted_replies_not_read", extra={"detail": str(exc)})
        return responses
    return Responses(_with(responses, frozenset(flows), file.responses), responses.titles, responses.deferred)


def misfit(responses: Responses, flows: Iterable[str], intent: str, text: str) -> str | None:
    """Tell why a text cannot be one more reply to an intent; None when it can."""
    if intent in flows:
        return f"{intent} is answered by a flow; its replies are changed in flows.yml and responses.yml"
    if intent in responses.deferred:
        return f"{intent} is left to the articles (`deferred` in responses.yml); give it a reply there first"
    return unfilled(responses, intent, text)


def unfilled(responses: Responses, intent: str, text: str) -> str | None:
    """Tell which places of a reply nothing would fill in, and which are known; None when all are filled in."""
    known = frozenset[str]().union(*map(places_in, responses.variants.get(f"utter_{intent}", ())))
    strange = places_in(Variant(text=text)) - known
    if not strange:
        return None
    here = _braced(known) or "none"
    return f"nothing fills in {_braced(strange)} in a reply to {intent}; known here: {here}; write it without"


def _braced(places: Iterable[str]) -> str:
    return ", ".join(f"{{{place}}}" for place in sorted(places))


def _with(
    responses: Responses, flows: frozenset[str], found: Mapping[str, tuple[_Variant, ...]]
) -> Mapping[str, tuple[Variant, ...]]:
    variants = dict(responses.variants)
    for name, rows in found.items():
        for row in rows:
            problem = misfit(responses, flows, name.removeprefix("utter_"), row.text)
            if problem is not None:
                logger.warning("accepted_reply_left_out", extra={"detail": f"{row.proposal}: {problem}"})
                continue
            own = responses.variants.get(name, ())
            buttons = own[0].buttons if own and all(each.buttons == own[0].buttons for each in own) else ()
            variants[name] = (*variants.get(name, ()), Variant(text=row.text, buttons=buttons))
    return variants
