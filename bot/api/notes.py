"""What helps with one conversation: private notes, suggested answers, a summary, the transcript."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from sqlite_utils import Database
from starlette.responses import JSONResponse, PlainTextResponse, Response

from backends.settings import Section
from bot.accounts import Person
from bot.api.access import Operator, TheHouse
from bot.store.journal import write_change
from bot.store.notes import Kind, read_notes, write_note
from bot.store.queries import read_detail
from bot.store.tables import read_slots
from bot.store.transcripts import read_transcript, transcript_text
from bot.suggesting import read_question, suggest
from bot.summary import draft
from bot.tools import Tools
from bot.wire import Text

router = APIRouter(prefix="/api/conversations/{conversation_id}", tags=["conversations"])


class NoteIn(Section):
    """What an operator wants others to know."""

    text: Text


class Note(Section):
    """One note; the customer never sees it."""

    note_id: str
    kind: Kind
    by: str
    text: str
    """Masked."""
    at: str


class Notes(Section):
    """The notes on a conversation, oldest first."""

    notes: tuple[Note, ...]


class Suggested(Section):
    """What one backend would answer."""

    backend: str
    text: str
    citations: tuple[dict[str, Any], ...]
    intent: str | None
    confidence: float | None


class Suggestions(Section):
    """Answers an operator may send, in the order of the chains."""

    suggestions: tuple[Suggested, ...]


class Summary(Section):
    """A draft to hand back with."""

    summary: str


def note_writer(tools: Tools, conversation_id: str, kind: Kind, who: Person, text: str) -> Any:
    """Make the operation that stores a note, masked, with its line in the journal."""

    def write(db: Database) -> str:
        masked = tools.redact(tools.hider(read_slots(db, conversation_id))(text))
        note_id = write_note(db, conversation_id, kind, who.name, masked)
        write_change(db, who.change("conversation.note", conversation_id, kind=kind))
        return note_id

    return write


@router.post("/notes")
async def note(conversation_id: str, body: NoteIn, house: TheHouse, who: Operator) -> Notes:
    """Write a private note; gives all of them."""
    await house.writer.write(note_writer(house.tools, conversation_id, "note", who, body.text))
    found = await house.reader.read(lambda db: read_notes(db, conversation_id))
    return Notes(notes=tuple(map(Note.model_validate, found)))


@router.get("/suggestions")
async def suggestions(conversation_id: str, house: TheHouse, _: Operator) -> Suggestions:
    """Ask the backends for answers to the customer's newest message; what they took is stored, nothing is sent."""
    history = house.settings.engine.history
    question = await house.reader.read(lambda db: read_question(db, conversation_id, history))
    found = await suggest(house.tools, question) if question is not None else []
    return Suggestions(suggestions=tuple(Suggested.model_validate(one._asdict()) for one in found))


@router.get("/summary")
async def summary(conversation_id: str, house: TheHouse, _: Operator) -> Summary:
    """Draft a summary from what is stored, without a language model."""
    return Summary(summary=draft(await house.reader.read(lambda db: read_detail(db, conversation_id))))


@router.get(
    "/transcript",
    response_class=Response,
    responses={
        200: {
            "content": {
                "text/plain": {"schema": {"type": "string"}},
                "application/json": {"schema": {"type": "object"}},
            },
            "description": "The transcript",
        }
    },
)
async def transcript(
    conversation_id: str,
    house: TheHouse,
    _: Operator,
    form: Annotated[Literal["text", "json"], Field(description="Lines to read, or a document")] = "text",
) -> Response:
    """Give what was said, masked as it is stored, to hand to the customer; notes are no part of it."""
    found = await house.reader.read(lambda db: read_transcript(db, conversation_id))
    headers = {"Content-Disposition": f'attachment; filename="{found["conversation_id"]}.{_ENDINGS[form]}"'}
    if form == "json":
        return JSONResponse(found, headers=headers)
    return PlainTextResponse(transcript_text(found), headers=headers)


_ENDINGS = {"text": "txt", "json": "json"}
