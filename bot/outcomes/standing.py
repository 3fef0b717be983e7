"""How the customer's problem stands in the course of a conversation, and what moves it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.outcomes.likeness import is_other_number, likeness
from bot.outcomes.rules import Rules
from bot.outcomes.transcript import AskedTurn

FLOW, TEMPLATE = "flow", "template"
"""How a reply was made: `turns.mode`."""


class Standing(StrEnum):
    """How the customer's problem stands."""

    NOTHING = "nothing"
    """Nothing was asked."""
    OPEN = "open"
    """Asked, and not answered: there was no answer, or the bot has asked back."""
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    """The customer says that it is solved."""
    DOUBTED = "doubted"
    """Answered with a refusal, or with what was said before: thanks is needed, silence is not enough."""
    FAILED = "failed"
    """Answered, there is a sign that it did not help, and nothing was asked since."""


SOLVED = frozenset({Standing.ANSWERED, Standing.CONFIRMED})


@dataclass(slots=True)
class Question:
    """Something the customer asked."""

    text: str
    at: datetime
    intent: str | None = None
    """As people labelled it, else as it was answered."""
    quote: str = ""
    """The passage that answered it."""
    was_solved: bool = False
    """It stood as solved when a silence began."""

    def is_same(self, other: "Question", rules: Rules) -> bool:
        """Whether both are about the same: same intent, same passage cited, or similar words."""
        if is_other_number(self.text, other.text):
            return False
        if (self.intent and self.intent == other.intent) or (self.quote and self.quote == other.quote):
            return True
        return likeness(self.text, other.text) >= rules.similar


@dataclass(slots=True)
class Course:
    """A conversation after the events so far."""

    rules: Rules
    standing: Standing = Standing.NOTHING
    questions: list[Question] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    owner: str = "bot"
    was_handed_off: bool = False
    had_person: bool = False
    came_back: bool = False
    """After a silence, with a question that stood as solved."""
    begun_at: datetime | None = None
    """Of the customer's first message."""
    solved_at: datetime | None = None
    answer: AskedTurn | None = None
    """The turn of the last answer."""
    backend: str | None = None
    """The one that replied last to a question."""
    open_flow: str | None = None
    has_asked: bool = False
    """The bot's last word was a question: of a flow, or "did you mean"."""
    bad_answers: set[str] = field(default_factory=set)
    """What was said and did not help."""

    @property
    def is_solved(self) -> bool:
        """Whether the problem stands as solved."""
        return self.standing in SOLVED

    def note(self, evidence: str) -> None:
        """Keep what was seen, once in a row."""
        if not self.evidence or self.evidence[-1] != evidence:
            self.evidence.append(evidence)

    def ask(self, text: str, at: datetime, intent: str | None) -> Question:
        """Take note of a question; one that was asked before says that the answer did not help."""
        question = Question(text, at, intent)
        earlier = next((known for known in self.questions if known.is_same(question, self.rules)), None)
        if earlier is not None:
            self.came_back = self.came_back or earlier.was_solved
            self.fail("came_back" if earlier.was_solved else "rephrased")
        self.questions.append(question)
        self.standing, self.solved_at = Standing.OPEN, None
        return question

    def recognise(self, question: Question) -> None:
        """See whether a question, by what it was answered with, is one that stood as solved before a silence."""
        is_old = any(known.was_solved and known.is_same(question, self.rules) for known in self.questions)
        if is_old and not question.was_solved and not self.came_back:
            self.came_back = True
            self.note("came_back")

    def answered(self, at: datetime, turn: AskedTurn | None) -> None:
        """Take note of an answer: of a backend, or of a person (None)."""
        self.standing, self.solved_at, self.answer = Standing.ANSWERED, at, turn
        self.note("answer:person" if turn is None else f"answer:{turn.backend}")

    def doubt(self, turn: AskedTurn, evidence: str) -> None:
        """Take note of an answer that may not be one."""
        self.standing, self.solved_at, self.answer = Standing.DOUBTED, None, turn
        self.note(evidence)

    def thank(self, at: datetime) -> None:
        """The customer says thanks, or something nice: no confirmation, but it takes away a doubt."""
        self.note("thanks")
        if self.standing == Standing.DOUBTED:
            self.standing, self.solved_at = Standing.ANSWERED, at

    def confirm(self, at: datetime, evidence: str) -> None:
        """The customer says that it is solved."""
        self.note(evidence)
        self.standing, self.solved_at = Standing.CONFIRMED, self.solved_at or at
        if self.answer is not None:
            self.bad_answers.discard(words_of(self.answer))

    def fail(self, sign: str) -> None:
        """Take note of a sign of failure; it takes back what stood as solved. Before a question nothing has failed."""
        if self.standing == Standing.NOTHING and sign != "asked_person":
            return
        self.note(sign)
        if self.is_solved or self.standing == Standing.DOUBTED:
            self.standing, self.solved_at = Standing.FAILED, None
            if self.answer is not None:
                self.bad_answers.add(words_of(self.answer))


def words_of(turn: AskedTurn) -> str:
    """What an answer says: two of the same tell the customer the same, in whatever variant of a template."""
    if turn.mode == FLOW:
        return turn.id  # it looked something up, for this message
    if turn.mode == TEMPLATE and turn.intent:
        return f"/{turn.intent}"
    return turn.reply.strip()
