/** One conversation as pure functions of what the server said: events, notes and turns in one line of time. */
import type { StoredFrame } from "../../shared/frames.js";
import { INITIAL, reduce, type ChatMessage, type ChatState } from "../../shared/state.js";
import { ownerAfter } from "./list.js";
import type { ConversationDetail, Note, TurnRecord } from "../types.js";

/** The conversation with one more event; the same object when it has it already. */
export function detailWithEvent(detail: ConversationDetail, event: StoredFrame): ConversationDetail {
  if (detail.events.some((known) => known.offset === event.offset)) return detail;
  const events = [...detail.events, event].sort((a, b) => a.offset - b.offset);
  return {
    ...detail,
    events,
    owner: ownerAfter(detail.owner, event),
    operator: operatorAfter(detail, event),
  };
}

/** A change of owner does not tell who; what is fetched next does. */
function operatorAfter({ operator = null }: ConversationDetail, event: StoredFrame): string | null {
  if (event.type === "operator_uttered") return event.operator;
  return event.type === "owner_changed" ? null : operator;
}

/** The newer of two answers about one conversation: the one that has seen more events. */
export function newer(known: ConversationDetail | null, fetched: ConversationDetail): ConversationDetail {
  if (known?.conversation_id !== fetched.conversation_id) return fetched;
  const missing = known.events.filter((event) => event.offset > (fetched.events.at(-1)?.offset ?? 0));
  return missing.reduce(detailWithEvent, fetched);
}

/** The same reducer as the customer's widget, so that both see the same conversation. */
export function transcript(detail: ConversationDetail): ChatState {
  return detail.events.reduce<ChatState>(reduce, INITIAL);
}

export type Entry =
  | { kind: "event"; key: string; at: string; event: StoredFrame }
  | { kind: "note"; key: string; at: string; note: Note };

/** What happened and what was noted, in order of time. */
export function timeline(detail: ConversationDetail): Entry[] {
  const events = detail.events.map((event): Entry => ({
    kind: "event",
    key: `e${event.offset}`,
    at: event.at,
    event,
  }));
  const notes = (detail.notes ?? []).map((note): Entry => ({
    kind: "note",
    key: `n${note.note_id}`,
    at: note.at,
    note,
  }));
  if (!notes.length) return events;
  // A stable sort: events keep their own order.
  return [...events, ...notes].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** The turn behind a message: for a bot message what answered, for a customer's what was tried. */
export function turnOf(detail: ConversationDetail, message: ChatMessage): TurnRecord | null {
  switch (message.role) {
    case "operator":
      return null;
    case "bot":
      return detail.turns.find((turn) => turn.bot_message_id === message.id) ?? null;
    case "customer":
      return detail.turns.find((turn) => turn.message_id === message.id) ?? null;
  }
}

/** Whether the bot is at work on the customer's last message. */
export function isAnswering(detail: ConversationDetail): boolean {
  const last = detail.events.at(-1);
  if (detail.owner !== "bot" || last?.type !== "user_uttered") return false;
  return !detail.turns.some((turn) => turn.message_id === last.message_id && turn.outcome !== null);
}

/** The customer's newest words; null before the first. */
export function lastAsked(detail: ConversationDetail): string | null {
  return detail.events.findLast((event) => event.type === "user_uttered")?.text ?? null;
}

/** Whether the customer waits for this operator's word. */
export function isUnanswered(detail: ConversationDetail): boolean {
  const said = detail.events.filter((event) => "text" in event);
  return said.at(-1)?.type === "user_uttered";
}

/** The conversation in plain text, for a server that does not make transcripts. */
export function plainTranscript(detail: ConversationDetail): string {
  const lines = detail.events.flatMap((event) => {
    switch (event.type) {
      case "user_uttered":
        return `[${event.at}] Customer: ${event.text}`;
      case "bot_uttered":
        return `[${event.at}] Bot (${event.backend}): ${event.text}`;
      case "operator_uttered":
        return `[${event.at}] ${event.operator}: ${event.text}`;
      default:
        return [];
    }
  });
  return `${lines.join("\n")}\n`;
}
