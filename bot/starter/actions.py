"""The actions of this bot: coroutines that are handed the slots of their flow and who asks.

Return a dict of facts for the reply, or `ActionError(code)` with a code that the flow has a reply for. An action
that changes something finds its idempotency key in `backends.content.actions.this_call().key`.
"""

from collections.abc import Mapping

from backends.content.actions import ActionError
from backends.contract import Customer

REPAIRS = {
    "R-2041": ("ready", "You can collect it whenever we are open."),
    "R-2042": ("waiting for a spare part", "We write to you as soon as it has arrived."),
    "R-2043": ("on the stand", "It should be ready tomorrow evening."),
}
"""Replace this table by a call to your own system."""


async def look_up_repair(slots: Mapping[str, str], _customer: Customer) -> dict[str, str] | ActionError:
    """Tell how far a repair is."""
    repair = REPAIRS.get(slots["ticket"])
    if repair is None:
        return ActionError("not_found")
    state, next_step = repair
    return {"state": state, "next_step": next_step}
