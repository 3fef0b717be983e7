"""Goes through one conversation, event by event, and tells how the customer's problem stands in the end.

Pure: the same transcript gives the same course. It knows of no window, no other conversation and no store.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from backends.content.content import NONE_OF_THESE
from bot.outcomes.rules import Rules
from bot.outcomes.standing import FLOW, SOLVED, TEMPLATE, Course, Question, Standing, words_of
from bot.outcomes.transcript import AskedTurn, Event, Signal, Transcript
from bot.outcomes.words import FEW_WORDS, Heard, asks_back, hear, is_holding, matter

PRESSED = timedelta(seconds=5)
"""At most between a button for the host, whose title is stored as a message, and the change of owner it brings."""
VOICES = frozenset({"user_uttered", "operator_uttered"})


def walk(transcript: Transcript, rules: Rules, *, before: datetime) -> Course:
    """Go through what happened before a time."""
    walker = _walker(transcript, rules, before)
    for step in steps(transcript):
        if step.at >= before:
            break
        walker.step(step)
    return walker.course


def first_question(transcript: Transcript, rules: Rules, *, before: datetime) -> Question | None:
    """Find what was asked first, before a time, and how it was taken; goes no further than it must."""
    walker = _walker(transcript, rules, before)
    course = walker.course
    for step in steps(transcript):
        if step.at >= before:
            break
        walker.step(step)
        is_reply = isinstance(step, Event) and step.reply_to is not None
        if is_reply and course.questions and not (course.has_asked or course.open_flow):
            break
    return course.questions[0] if course.questions else None


def _walker(transcript: Transcript, rules: Rules, before: datetime) -> "_Walker":
    return _Walker(Course(rules), {turn.message_id: turn for turn in transcript.turns if turn.answered_at < before})


def steps(transcript: Transcript) -> Iterator[Event | Signal]:
    """Events in their order, and each signal after the events that were before it."""
    signals = sorted(transcript.signals, key=lambda signal: signal.at)
    place = 0
    for event in transcript.events:
        while place < len(signals) and signals[place].at < event.at:
            yield signals[place]
            place += 1
        yield event
    yield from signals[place:]


@dataclass(slots=True)
class _Before:
    """What a message changed, to be undone should it turn out to have been no question."""

    message_id: str
    at: datetime
    standing: Standing
    solved_at: datetime | None
    questions: int


@dataclass(slots=True)
class _Walker:
    course: Course
    turns: dict[str, AskedTurn]
    """By the customer's message."""
    asked: dict[str, Question] = field(default_factory=dict)
    """Messages whose replies may answer, with what they ask."""
    last_at: datetime | None = None
    before: _Before | None = None
    is_loud: bool = False
    """The customer shouted from the start, so that it is no sign."""
    is_by_itself: bool = False
    """The host's last message answered no message of the customer."""

    def step(self, step: Event | Signal) -> None:
        """Go on by one event or signal."""
        if isinstance(step, Signal):
            self._signal(step)
        else:
            self._event(step)

    def _event(self, event: Event) -> None:
        self._pause(event)
        match event.type:
            case "user_uttered":
                self._said(event)
            case "bot_uttered":
                self._bot_said(event)
            case "operator_uttered":
                self._person_said(event)
            case "owner_changed":
                self._owner_changed(event)
            case _:
                pass

    def _signal(self, signal: Signal) -> None:
        course = self.course
        is_last = course.answer is not None and course.answer.id == signal.turn_id
        match signal.kind, signal.value:
            case "resolved", 1 if course.standing != Standing.NOTHING:
                course.confirm(signal.at, "said_solved")
            case "resolved", 0:
                course.fail("said_unsolved")
            case "feedback", 1 if is_last and course.standing != Standing.OPEN:
                course.confirm(signal.at, "thumb_up")
            case "feedback", -1 if is_last:
                course.fail("thumb_down")
            case "feedback", value:
                course.note("thumb_up_before" if value > 0 else "thumb_down_before")
            case _:
                pass

    def _pause(self, event: Event) -> None:
        """After a silence, what was answered stood as solved."""
        course = self.course
        if event.type in VOICES:
            course.begun_at = course.begun_at or event.at
            is_silence = self.last_at is not None and event.at - self.last_at >= course.rules.silence
            if is_silence and course.is_solved:
                for question in course.questions:
                    question.was_solved = True
        if event.type != "conversation_closed":
            self.last_at = event.at

    # --- the customer ----------------------------------------------------------------------------------------

    def _said(self, event: Event) -> None:
        course, turn, heard = self.course, self.turns.get(event.message_id or ""), hear(event.text)
        standing = course.standing
        self.before = _Before(event.message_id or "", event.at, standing, course.solved_at, len(course.questions))
        if course.has_asked or course.open_flow:
            self._to_the_bots_question(event, turn, heard)
        elif self._is_small_talk(turn, heard) or (heard.is_closing and standing != Standing.NOTHING):
            self._small_talk(event, heard)
        elif heard.says_solved and heard.is_remark:
            if course.is_solved:
                course.confirm(event.at, "said_solved")
        elif self._fails(heard) and standing != Standing.NOTHING:
            pass
        else:
            question = course.ask(event.text, event.at, self._wanted(turn))
            if "asked_person" not in heard.signs:
                self.asked[event.message_id or ""] = question
        self.is_loud = self.is_loud or (standing == Standing.NOTHING and heard.is_capitals)

    def _to_the_bots_question(self, event: Event, turn: AskedTurn | None, heard: Heard) -> None:
        """An answer to what the bot asked, a choice, or something else altogether."""
        course = self.course
        course.has_asked = False
        for sign in heard.signs:
            course.fail(sign)
        is_thanks = heard.is_thanks and heard.is_small_talk
        if is_thanks or heard.says_solved or {"gave_up", "asked_person"} & set(heard.signs):
            return
        intent = self._wanted(turn)
        is_value = turn is not None and turn.mode == FLOW and turn.intent == course.open_flow
        if is_value or heard.is_small_talk or heard.is_remark or (turn is not None and turn.payload):
            question = course.questions[-1] if course.questions else course.ask(event.text, event.at, intent)
            question.intent = question.intent or intent
        else:
            question = course.ask(event.text, event.at, intent)
        self.asked[event.message_id or ""] = question

    def _is_small_talk(self, turn: AskedTurn | None, heard: Heard) -> bool:
        intent = _intent_of(turn)
        return heard.is_small_talk if intent is None else intent in self.course.rules.small_talk

    def _wanted(self, turn: AskedTurn | None) -> str | None:
        intent = _intent_of(turn)
        return None if intent in self.course.rules.small_talk else intent

    def _small_talk(self, event: Event, heard: Heard) -> None:
        for sign in heard.signs:
            self.course.fail(sign)
        if heard.is_thanks and self.course.standing != Standing.NOTHING:
            self.course.thank(event.at)

    def _fails(self, heard: Heard) -> bool:
        """Take in the signs of failure; whether the message is nothing else."""
        for sign in heard.signs:
            self.course.fail(sign)
        if heard.is_capitals and not self.is_loud:
            self.course.fail("capitals")
        return heard.is_remark or bool({"gave_up", "asked_person"} & set(heard.signs))

    # --- the bot ---------------------------------------------------------------------------------------------

    def _bot_said(self, event: Event) -> None:
        course = self.course
        turn = self.turns.get(event.reply_to or "")
        self.is_by_itself = event.reply_to is None
        if turn is None:
            return
        question = self.asked.get(turn.message_id)
        if turn.kind in {"question", "clarify"}:
            course.has_asked = True
            course.open_flow = turn.intent if turn.kind == "question" else course.open_flow
        elif turn.mode == FLOW:
            course.open_flow = None
        if question is not None:
            course.backend = turn.backend or course.backend
            self._reply(event, turn, question)
            course.recognise(question)

    def _reply(self, event: Event, turn: AskedTurn, question: Question) -> None:
        """Take in what was replied to a question."""
        course = self.course
        if turn.kind in {"question", "clarify"}:
            question.intent = question.intent or (turn.intent if turn.kind == "question" else None)
            course.note("asked_back")
        elif turn.outcome != "answered":
            course.note("no_answer")
        elif turn.mode == TEMPLATE and turn.intent in course.rules.small_talk:
            self._answered_as_small_talk(turn, question)
        elif course.open_flow:
            question.intent = question.intent or turn.intent
            course.note("question_open")
        elif turn.mode == FLOW and not (turn.actions and turn.actions[-1]):
            course.doubt(turn, "refused" if turn.actions else "dropped")
        else:
            question.intent, question.quote = question.intent or turn.intent, turn.quote
            self._answer(event, turn)

    def _answer(self, event: Event, turn: AskedTurn) -> None:
        course = self.course
        said = words_of(turn)
        if said in course.bad_answers or (course.answer is not None and said == words_of(course.answer)):
            course.bad_answers.add(said)
            course.doubt(turn, "same_answer")
        else:
            course.answered(event.at, turn)

    def _answered_as_small_talk(self, turn: AskedTurn, question: Question) -> None:
        """A greeting in words that the lists do not know; or a question that was not understood."""
        before, course = self.before, self.course
        is_new = before is not None and before.message_id == turn.message_id and course.questions[-1] is question
        was_solved = before is not None and before.standing in SOLVED
        if is_new and not hear(question.text).asks and (was_solved or matter(question.text) <= FEW_WORDS):
            self._undo()
        else:
            course.note("no_answer")

    def _undo(self) -> None:
        """Take the last message for no question."""
        before, course = self.before, self.course
        if before is not None and len(course.questions) > before.questions:
            del course.questions[before.questions :]
            course.standing, course.solved_at = before.standing, before.solved_at

    def _undo_button(self, event: Event) -> None:
        """A message that no turn answered, and that changed the owner at once, is the title of a button."""
        before = self.before
        if before is not None and before.message_id not in self.turns and event.at - before.at <= PRESSED:
            self._undo()

    # --- people ----------------------------------------------------------------------------------------------

    def _person_said(self, event: Event) -> None:
        course = self.course
        course.had_person = course.was_handed_off = True
        is_answer = not (is_holding(event.text) or asks_back(event.text) or hear(event.text).is_small_talk)
        if is_answer and course.standing in {Standing.OPEN, Standing.DOUBTED, Standing.FAILED}:
            course.answered(event.at, None)

    def _owner_changed(self, event: Event) -> None:
        course = self.course
        if event.owner == "bot":
            self._undo_button(event)
        else:
            course.was_handed_off, course.open_flow, course.has_asked = True, None, False
            course.had_person = course.had_person or event.owner == "operator"
            course.note("queue" if event.owner == "queue" else "person")
            if event.owner == "queue" and self.is_by_itself:  # a button asked for it, no message
                self._undo_button(event)
                course.fail("asked_person")
                course.standing = Standing.OPEN if course.standing == Standing.NOTHING else course.standing
        course.owner = event.owner


def _intent_of(turn: AskedTurn | None) -> str | None:
    """What a message wants by the word of people: a label, else the button that was pressed."""
    if turn is None:
        return None
    if turn.label is None and turn.payload and turn.payload.startswith("/"):
        pressed = turn.payload.removeprefix("/")
        return None if pressed == NONE_OF_THESE else pressed
    return turn.label
