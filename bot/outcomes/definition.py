"""The definition `resolution/1`: from a conversation, and the customer's later ones, to its outcome. Pure.

`docs/resolution.md` says the same in plain words. An outcome depends only on what happened before its window ended, so
it is the same whenever it is judged after that.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import NamedTuple

from bot.outcomes.rules import Rules
from bot.outcomes.standing import Course, Question, Standing
from bot.outcomes.transcript import AskedTurn, Event, Suggested, Transcript
from bot.outcomes.walk import first_question, walk
from bot.store.outcomes import Kind, OutcomeRow

LONGEST_PAUSE = timedelta(minutes=10)
"""Of a person's work at a conversation; what is longer counts as this, as nobody waits for hours."""
PASSAGES = frozenset({"owner_changed", "conversation_closed"})


class Window(NamedTuple):
    """When a conversation ended, and until when its outcome can change."""

    ended_at: datetime
    ends_at: datetime


def window_of(transcript: Transcript, rules: Rules) -> Window:
    """Find the first silence that is as long as the window; what comes after it belongs to no outcome.

    What customers and people say and press counts, and what is replied to it. Notices of the host and the closing do
    not.
    """
    acts = [event.at for event in transcript.events if _is_act(event)]
    acts += [signal.at for signal in transcript.signals]
    last = transcript.started_at
    for at in sorted(acts):
        if at - last >= rules.window:
            break
        last = max(last, at)
    return Window(last, last + rules.window)


def _is_act(event: Event) -> bool:
    if event.type == "bot_uttered":
        return event.reply_to is not None
    return event.type != "conversation_closed" and not (event.type == "owner_changed" and event.owner == "bot")


def outcome_of(
    transcript: Transcript, later: Iterable[Transcript], rules: Rules, *, window: Window, judged_at: str
) -> OutcomeRow:
    """Judge one conversation.

    Args:
        transcript: the conversation.
        later: conversations of the same customer that began after it, in order; the others are passed over.
        rules: what it is judged by.
        window: as `window_of` gives it.
        judged_at: noted on the row.
    """
    course = walk(transcript, rules, before=window.ends_at)
    is_back = _came_back(course, later, rules, window) or course.came_back
    stands = course.is_solved and not is_back
    kind = kind_of(course, is_back=is_back)
    turns = [turn for turn in transcript.turns if turn.answered_at < window.ends_at]
    suggested = [each for each in transcript.suggested if each.at < window.ends_at]
    spent: list[AskedTurn | Suggested] = [*turns, *suggested]
    return OutcomeRow(
        conversation_id=transcript.id,
        definition=rules.definition,
        kind=kind,
        resolved=kind in {"confirmed", "assumed"},
        assisted=kind == "handed_off" and stands,
        reopened=is_back,
        handed_off=course.was_handed_off,
        unit=transcript.unit,
        source=transcript.source,
        language=transcript.language,
        arm=transcript.arm,
        propensity=transcript.propensity,
        routing_version=transcript.routing_version,
        backend=course.backend,
        intent=next((question.intent for question in course.questions if question.intent), None),
        first_text=course.questions[0].text if course.questions else None,
        turns=len(turns),
        started_at=stamp(transcript.started_at),
        ended_at=stamp(window.ended_at),
        window_ends_at=stamp(window.ends_at),
        judged_at=judged_at,
        resolution_s=_seconds(course) if stands else None,
        latency_ms=fmean(turn.latency_ms for turn in turns) if turns else None,
        prompt_tokens=sum(each.prompt_tokens for each in spent),
        completion_tokens=sum(each.completion_tokens for each in spent),
        cost_usd=sum(each.cost_usd for each in spent),
        backend_s=sum(each.backend_ms for each in spent) / 1000,
        operator_s=operator_seconds(transcript.events, window.ends_at),
        evidence=tuple(course.evidence),
    )


def kind_of(course: Course, *, is_back: bool) -> Kind:
    """Name how a conversation ended.

    Args:
        course: the conversation from its first to its last event.
        is_back: whether the customer came back with the same problem.
    """
    if course.standing == Standing.NOTHING and not course.was_handed_off:
        return "no_question"
    if course.is_solved and is_back:
        return "reopened"
    if course.had_person or (course.was_handed_off and not course.is_solved):
        return "handed_off"
    if not course.is_solved:
        return "abandoned"
    return "confirmed" if course.standing == Standing.CONFIRMED else "assumed"


def _came_back(course: Course, later: Iterable[Transcript], rules: Rules, window: Window) -> bool:
    back = next((other.id for other in later if _is_back(course.questions, other, rules, window)), None)
    if back is not None:
        course.note(f"came_back:{back}")
    return back is not None


def _is_back(questions: Sequence[Question], other: Transcript, rules: Rules, window: Window) -> bool:
    """Whether another conversation begins, before the window ends, with something that was asked in this one."""
    if not questions or other.started_at >= window.ends_at:
        return False
    begun = first_question(other, rules, before=window.ends_at)
    return begun is not None and any(question.is_same(begun, rules) for question in questions)


def _seconds(course: Course) -> float | None:
    if course.solved_at is None or course.begun_at is None:
        return None
    return (course.solved_at - course.begun_at).total_seconds()


def operator_seconds(events: Sequence[Event], before: datetime) -> float:
    """Seconds a person owned the conversation, until it was handed back or closed, or nothing more was said.

    Long pauses count as `LONGEST_PAUSE`; a closing long after the last word belongs to nobody.
    """
    spent, since = timedelta(0), None
    for event in events:
        if event.at >= before:
            break
        if since is not None:
            pause = event.at - since
            is_late = event.type == "conversation_closed" and pause > LONGEST_PAUSE
            spent += timedelta(0) if is_late else min(pause, LONGEST_PAUSE)
            since = event.at
        if event.type in PASSAGES:
            since = event.at if event.owner == "operator" else None
    return spent.total_seconds()


def stamp(at: datetime) -> str:
    """Write a time as the store keeps it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Read a time of the store, or one that a person typed; without a zone it is UTC.

    Raises:
        ValueError: it is no ISO-8601 time.
    """
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
