"""Which chains are compared before customers, and which of them a home folder can serve."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from backends.bundle import BUNDLES, PROMPTS, current_id
from bot.routing import HANDOFF


class Chain(NamedTuple):
    """One arm of the comparison."""

    arm: str
    chain: tuple[str, ...]
    needs: tuple[str, ...] = ()
    """Shelves of the home folder that must have a current model."""


CHAINS = (
    Chain("nobody", ("scripted",)),
    Chain("intent", ("intent",), (BUNDLES,)),
    Chain("soft_prompt", ("soft_prompt",), (PROMPTS,)),
    Chain("articles", ("rag",)),
    Chain("cascade", ("intent", "rag"), (BUNDLES,)),
    Chain("prompt_cascade", ("soft_prompt", "rag"), (PROMPTS,)),
)
"""`nobody` answers nothing: what customers get by asking for a person at once."""
HOW = {
    BUNDLES: "no trained model; run `switchboard train`",
    PROMPTS: "no prompt; run `switchboard train --technique soft_prompt`",
}


class Ready(NamedTuple):
    """What can be compared, and why the rest cannot."""

    chains: tuple[Chain, ...]
    notes: tuple[str, ...]


def ready(home: Path, backends: Collection[str], chains: tuple[Chain, ...] = CHAINS) -> Ready:
    """Leave out the arms that cannot be served, and say why.

    Args:
        home: the `var/` folder with the models.
        backends: those of the bot folder; `soft_prompt` needs no table of its own here.
        chains: to choose from.
    """
    found, notes = [], []
    for chain in chains:
        why = _lacks(chain, home, backends)
        if why is None:
            found.append(chain)
        else:
            notes.append(f"The arm {chain.arm} is left out: {why}.")
    return Ready(tuple(found), tuple(notes))


def _lacks(chain: Chain, home: Path, backends: Collection[str]) -> str | None:
    unknown = next((name for name in chain.chain if name not in {*backends, "soft_prompt", HANDOFF}), None)
    if unknown is not None:
        return f"the bot folder has no backend {unknown}"
    return next((HOW[shelf] for shelf in chain.needs if not current_id(home, shelf)), None)
