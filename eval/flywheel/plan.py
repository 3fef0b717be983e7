"""How the simulated shop is made: every share that the result depends on, in one place. Knows no data."""

from dataclasses import dataclass

DEFINITION = "flywheel-2"
"""Name and version of the whole set-up; a change makes figures that cannot be compared with older ones."""

LATE_INTENTS = 4
"""Intents that the bot folder does not know and customers begin to ask for later: only operators can teach them."""
LATE_FROM, LATE_UNTIL = 0.15, 0.55
"""Part of the nights in which they come up, evenly."""
SPREAD, DRIFT = 0.5, 0.25
"""Standard deviations of the topics' log shares on the first day, and of the step they take each night. With the
second one topic in three has a fourfold or a quarter of its share after thirty nights."""
OPERATOR_OF_ANSWERED, OPERATOR_OF_UNANSWERED = 0.10, 0.50
"""Share of the turns that an operator labels: more of those that the bot left to a person."""
OPERATOR_ERRORS = 0.02
"""Share of the operators' labels that are wrong."""
WRONG_REPLIES = 0.15
"""Share of confident replies that are for another intent than the customer's. The classifier's own mistakes count
towards it and are topped up with made ones. Customers confirm wrong replies as readily as right ones: so this is the
share of wrong self-labels too."""
NEAR_WRONG = 0.5
"""Part of the made mistakes that are for the classifier's second choice; the others are for any intent."""
CONFIRMED = 0.5
"""Share of confident replies after which the customer says that this solved it."""
CHOOSING = 0.7
"""Share of the customers asked "did you mean" who press a button."""
CHOICE_ERRORS = 0.05
"""Share of these who press a wrong one."""
POISONED_AT = 0.6
"""Part of the nights after which the poisoned one comes."""
POISON = 0.05
"""Adversarial rows of the poisoned night beside its honest ones: texts of many other intents, from customers nobody
knows, half of them confirmed after a confident reply and half chosen after "did you mean", all for one intent."""
POISON_CONFIDENCE = 0.9
"""How sure the replies were that the attackers confirmed."""
CUSTOMERS = 1500
"""People who talk to the shop."""
LEAST_BELIEVED = 0.5
"""Confidence from which the naive loop takes a reply for right."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Size of a simulation."""

    nights: int = 30
    turns: int = 120
    """Customer messages a day, adversarial ones aside."""
    intents: int = 30
    own: int = 6
    """Examples of an intent in the bot folder."""

    @property
    def poisoned(self) -> int:
        """Number of the poisoned night; the first is 1."""
        return max(1, round(POISONED_AT * self.nights))

    @property
    def planted(self) -> int:
        """Adversarial rows of that night."""
        return max(2, round(POISON * self.turns))

    @property
    def late(self) -> int:
        """Intents that come up later."""
        return min(LATE_INTENTS, self.intents // 5)

    @property
    def late_days(self) -> tuple[int, ...]:
        """The days on which they do, one each."""
        step = (LATE_UNTIL - LATE_FROM) / max(self.late - 1, 1)
        return tuple(round((LATE_FROM + step * place) * self.nights) + 1 for place in range(self.late))
