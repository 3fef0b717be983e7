"""The script of one conversation: what a customer does next, given what was shown. It knows no socket and no clock."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from bot.scenarios import Customers
from eval.simulate.customer import Customer, Visit
from eval.simulate.move import (
    Asked,
    AskPerson,
    Button,
    Leave,
    Move,
    Press,
    Say,
    Seen,
    Shown,
    Solved,
    Thumb,
    fulfils,
)
from eval.simulate.phrasing import fill, hurried, last_paragraph, slip

TALK_TO_HUMAN, YES = "/talk_to_human", "/affirm"
"""Payloads of the buttons for a person and for a yes."""
NO_ANSWER = ("fallback", "handoff", "handoff_nobody")
"""Who speaks when nobody has an answer; nobody takes that for one."""
MOST_MESSAGES = 16
SAME_SLOT = 4
"""Times a customer answers the same question."""

Phrase = Callable[[str, Sequence[str]], str]


class Script:
    """One customer in one conversation. `begin` gives the first move, `next` each that follows."""

    def __init__(self, customers: Customers, customer: Customer, visit: Visit, rng: Random) -> None:
        """Take a customer and a source of chance for the surface alone."""
        errand = visit.errand
        self._customers = customers
        self._customer = customer
        self._visit = visit
        self._rng = rng
        self.asked = [Asked(errand.scenario, errand.values)]
        if errand.second is not None:
            self.asked.append(Asked(errand.second, {}))
        self.messages = 0
        """Messages sent so far, buttons included."""
        self.bad = 0
        """Bad answers so far."""
        self.bad_after: list[int] = []
        """Numbers of the messages that got one."""
        self.believed = False
        self._pressed: set[str] = set()
        self._slots: Counter[str] = Counter()
        self._is_greeting = visit.greets
        self._goodbye: Leave | None = None
        self._wants_person = False
        self._has_left_word = False
        self._owed: str | None = None
        """A slot that was answered in a form nobody can read; the real answer follows, asked for again or not."""

    def begin(self) -> Move:
        """Say hello, or come to the point."""
        return self._sent(self._remark("greet", "greet") if self._is_greeting else self._opening())

    def next(self, seen: Seen) -> Move:
        """Decide after what came."""
        move = self._decide(seen)
        return self._sent(move) if isinstance(move, Say | Press) else move

    # --- deciding ------------------------------------------------------------------------------------------

    def _decide(self, seen: Seen) -> Move:
        for asked in self.asked:
            asked.look(seen)
        if self._goodbye is not None:
            return self._goodbye
        if seen.is_closed:
            return Leave("silent", "closed")
        if seen.owner != "bot":
            return self._in_queue()
        if self._is_greeting:
            self._is_greeting = False
            is_plain = not self.asked[0].wish.met.person  # a person is asked for something, not just asked for
            return (self._fitting_button(seen.shown) if is_plain else None) or self._opening()
        if self.messages >= MOST_MESSAGES:
            return Leave("silent", "exhausted")
        if all(asked.is_met for asked in self.asked):
            return self._satisfied(seen)
        return self._helped_along(seen) or self._after_bad(seen)

    def _in_queue(self) -> Move:
        """Wait for a person, perhaps with a word for them."""
        is_wanted = all(asked.is_met for asked in self.asked)
        leave = Leave("handed_off", "met" if is_wanted else "person")
        if not self._has_left_word and self._rng.random() < 0.4:
            self._has_left_word = True
            self._goodbye = leave
            return self._remark("message", "message")
        return leave

    def _satisfied(self, seen: Seen) -> Move:
        errand = self._visit.errand
        if errand.follow_up is not None and len(self.asked) == 1:
            follow_up = errand.scenario.follow_ups[errand.follow_up]
            if not fulfils(seen, follow_up, errand.values):  # else it has been told already
                self.asked.append(Asked(follow_up, errand.values))
                return self._ask(self.asked[-1], "follow_up")
        return self._farewell(seen)

    def _farewell(self, seen: Seen) -> Move:
        """Leave as somebody who was helped, or believes so."""
        thanked = Leave("thanked", "met")
        match self._visit.when_met:
            case "thanks":
                self._goodbye = thanked
                return self._remark("thanks", "thanks")
            case "button":
                self._goodbye = thanked
                return Solved(True)
            case "thumbs" if seen.shown:
                self._goodbye = thanked
                return Thumb(seen.shown[-1].message_id, 1)
            case "grumble":
                self._goodbye = Leave("complained", "met")
                return self._remark("grumble", "grumble")
            case _:
                return Leave("silent", "met")

    def _helped_along(self, seen: Seen) -> Move | None:
        """The move that the bot has asked for, if it has and the customer can."""
        if not seen.shown:
            return None
        last = seen.shown[-1]
        if self._wants_person:
            return AskPerson()
        if (slot := self._slot_asked(last) or self._owed) is not None:
            return self._slot_answer(last, slot)
        is_own = any(asked.wish.met.action for asked in self.asked if not asked.is_met)
        if is_own and any(button.payload == YES for button in last.buttons):
            return self._confirm(last)
        return self._fitting_button(seen.shown)

    def _after_bad(self, seen: Seen) -> Move:
        self.bad += 1
        self.bad_after.append(self.messages)
        open_ = next(asked for asked in self.asked if not asked.is_met)
        if self._visit.believes and self._is_plausible(seen, open_):
            self.believed = True
            return self._farewell(seen)
        if self.bad >= self._visit.patience:
            return self._give_up(seen)
        return self._ask(open_, "again", self._interjection(seen))

    def _is_plausible(self, seen: Seen, asked: Asked) -> bool:
        """Whether the last reply could be taken for the answer to a plain question."""
        is_plain = not (asked.wish.met.action or asked.wish.met.person)
        has_answer = bool(seen.shown) and seen.shown[-1].backend not in NO_ANSWER
        return is_plain and has_answer and self._slot_asked(seen.shown[-1]) is None

    def _give_up(self, seen: Seen) -> Move:
        complained = Leave("complained", "enough")
        match self._visit.when_missed:
            case "person":
                return self._call_person(seen)
            case "grumble":
                self._goodbye = complained
                return self._remark("complain", "complain")
            case "button":
                self._goodbye = complained
                return Solved(False)
            case "thumbs" if seen.shown:
                self._goodbye = complained
                return Thumb(seen.shown[-1].message_id, -1)
            case _:
                return Leave("silent", "enough")

    def _call_person(self, seen: Seen) -> Move:
        button = next(
            ((shown, b) for shown in seen.shown for b in shown.buttons if b.payload == TALK_TO_HUMAN),
            None,
        )
        self._wants_person = True
        if button is not None and self._rng.random() < self._customer.persona.presses:
            return Press(button[0].message_id, button[1], "person")
        if self._rng.random() < 0.3:
            return AskPerson()
        return self._remark("person", "person")

    # --- answering what the bot asks -----------------------------------------------------------------------

    def _slot_asked(self, shown: Shown) -> str | None:
        """The slot that a message asks for, judged by its last paragraph as a reader would."""
        last = last_paragraph(shown.text)
        questions = self._customers.questions
        return next((slot for slot, asks in questions.items() if re.search(asks, last, re.IGNORECASE)), None)

    def _slot_answer(self, shown: Shown, slot: str) -> Move | None:
        """Give what was asked for; None when the customer has nothing of the kind, or has said it often enough."""
        values = next(asked.values for asked in self.asked if not asked.is_met)
        self._slots[slot] += 1
        self._owed = None
        if slot not in values or self._slots[slot] > SAME_SLOT:
            return None
        value = values[slot]
        button = next((one for one in shown.buttons if one.payload.casefold() == value.casefold()), None)
        if button is not None and self._presses():
            return Press(shown.message_id, button, "slot", slot)
        wrong = self._customers.remarks.wrong.get(slot, ())
        if wrong and self._slots[slot] == 1 and self._rng.random() < self._customer.persona.mistypes:
            self._owed = slot
            text = self._rng.choice(wrong)
            return Say(text, text, "wrong", slot)
        text = self._rng.choice(self._customers.remarks.give[slot]).replace("{value}", value)
        why = "slot" if self._slot_asked(shown) == slot else "owed"
        return Say(self._typed(text, [value]), text, why, slot)

    def _confirm(self, shown: Shown) -> Move:
        button = next(button for button in shown.buttons if button.payload == YES)
        if self._presses():
            return Press(shown.message_id, button, "yes", "confirm")
        text = self._rng.choice(self._customers.remarks.yes)
        return Say(text, text, "yes", "confirm")

    def _fitting_button(self, shown: Sequence[Shown]) -> Move | None:
        """A button that leads to what is still open; none that was pressed before."""
        for asked in self.asked:
            fitting = {f"/{intent}" for intent in asked.wish.evidence.intents}
            if asked.wish.met.person:
                fitting.add(TALK_TO_HUMAN)
            for message in () if asked.is_met else shown:
                for button in message.buttons:
                    if button.payload in fitting - self._pressed and self._presses():
                        return self._press(message, button, asked)
        return None

    def _press(self, shown: Shown, button: Button, asked: Asked) -> Press:
        self._pressed.add(button.payload)
        if asked.since is None:
            asked.since = self.messages + 1
        return Press(shown.message_id, button, "option")

    # --- words ---------------------------------------------------------------------------------------------

    def _opening(self) -> Say:
        first = self._worded(self.asked[0])
        if len(self.asked) == 1:
            return self._said(first, "ask", list(self.asked[0].values.values()))
        text = self._rng.choice(self._customers.remarks.join)
        self.asked[1].since = self.messages + 1
        second = self._worded(self.asked[1])
        return self._said(text.replace("{first}", first).replace("{second}", second), "ask", [])

    def _ask(self, asked: Asked, why: str, before: str = "") -> Say:
        return self._said(f"{before} {self._worded(asked)}".strip(), why, list(asked.values.values()))

    def _worded(self, asked: Asked) -> str:
        """A way to say it that was not used yet."""
        scenario = self._visit.errand.scenario
        brief = scenario.brief if self._visit.brief and asked.wish is scenario else ()
        fresh = [way for way in brief or asked.wish.say if way not in asked.said]
        fresh = fresh or [way for way in asked.wish.say if way not in asked.said] or list(asked.wish.say)
        way = self._rng.choice(fresh)
        asked.said.append(way)
        if asked.since is None:
            asked.since = self.messages + 1
        return fill(way, asked.values)

    def _interjection(self, seen: Seen) -> str:
        """What slips out before a question is put anew."""
        persona, remarks = self._customer.persona, self._customers.remarks
        words = []
        if self._rng.random() < persona.angry:
            words.append(self._rng.choice(remarks.anger))
        if seen.shown and self._slot_asked(seen.shown[-1]) is not None:
            words.append(self._rng.choice(remarks.beside))
        elif self._rng.random() < persona.wanders:
            words.append(self._rng.choice(remarks.aside))
        return " ".join(words)

    def _remark(self, name: str, why: str) -> Say:
        text = self._rng.choice(getattr(self._customers.remarks, name))
        return self._said(text, why, [])

    def _said(self, text: str, why: str, keep: Sequence[str]) -> Say:
        return Say(self._typed(text, keep), text, why)

    def _typed(self, text: str, keep: Sequence[str]) -> str:
        persona = self._customer.persona
        if self._visit.brief:
            text = hurried(text)
        return slip(text, persona.typos, self._rng, keep)

    def _presses(self) -> bool:
        return self._rng.random() < self._customer.persona.presses

    def _sent(self, move: Move) -> Move:
        self.messages += 1
        return move
