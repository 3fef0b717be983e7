/** What the customer sees, as a pure function of what happened. Knows no socket, no clock and no DOM. */
import { assertNever, type ServerFrame } from "./frames.js";
import {
  append,
  fromStored,
  newMessage,
  patch,
  upsert,
  without,
  type ChatMessage,
  type Messages,
} from "./messages.js";
import type {
  BotUttered,
  ErrorOut,
  OperatorUttered,
  QueueOut,
  QuickReplyOut,
  SessionConfirm,
  StatusOut,
  UserUtteredOut,
} from "./wire.gen.js";

export type { ChatMessage, MessageState, Role } from "./messages.js";

export type Link = "idle" | "connecting" | "online" | "offline";

/** Things that happen on this side of the wire. */
export type LocalEvent =
  | { type: "local_link"; link: Link }
  | { type: "local_said"; message_id: string; text: string; at: string }
  | { type: "local_unsent"; message_id: string }
  | { type: "local_voted"; message_id: string; value: 1 | -1 }
  | { type: "local_asked"; message_id: string }
  | { type: "local_seen"; offset: number }
  | { type: "local_restored"; seen: number; votes: ChatState["votes"]; asked: readonly string[] }
  | { type: "local_notice_read" }
  | { type: "local_reset" };

export type ChatEvent = ServerFrame | LocalEvent;

export interface ChatState {
  readonly link: Link;
  readonly conversationId: string | null;
  /** Highest stored offset received. */
  readonly offset: number;
  readonly owner: SessionConfirm["owner"];
  /** The person who wrote last; null while nobody has. */
  readonly operator: string | null;
  /** Where one stands who waits for a person; null before the server has said so, and outside of the queue. */
  readonly queue: QueueOut | null;
  /** The other side is preparing an answer. */
  readonly typing: boolean;
  readonly messages: Messages;
  /** Highest offset that was on screen. */
  readonly seen: number;
  readonly votes: Readonly<Record<string, 1 | -1>>;
  /** Bot messages for which "did this solve it?" is settled. */
  readonly asked: readonly string[];
  /** Code of the newest error that belongs to no message. */
  readonly notice: string | null;
}

export const INITIAL: ChatState = {
  link: "idle",
  conversationId: null,
  offset: 0,
  owner: "bot",
  operator: null,
  queue: null,
  typing: false,
  messages: [],
  seen: 0,
  votes: {},
  asked: [],
  notice: null,
};

/** The next state; the same object when nothing visible changed. */
export function reduce(state: ChatState, event: ChatEvent): ChatState {
  switch (event.type) {
    case "session_confirm":
      return confirmed(state, event);
    case "user_uttered":
    case "bot_uttered":
    case "operator_uttered":
      return uttered(state, event);
    case "owner_changed":
      if (event.offset <= state.offset) return state;
      return { ...state, offset: event.offset, owner: event.owner, queue: null };
    case "queue":
      return state.owner === "queue" ? { ...state, queue: event } : state;
    case "conversation_closed":
      if (event.offset <= state.offset) return state;
      return { ...state, offset: event.offset, owner: "closed", queue: null, typing: false };
    case "status":
      return status(state, event);
    case "bot_started":
      return started(state, event.message_id, event.reply_to);
    case "bot_token":
      return { ...state, messages: append(state.messages, event.message_id, event.text) };
    case "bot_cancelled":
      return { ...state, typing: false, messages: dropStreaming(state.messages, event.message_id) };
    case "error":
      return failed(state, event);
    case "pong":
      return state;
    default:
      return local(state, event);
  }
}

function local(state: ChatState, event: LocalEvent): ChatState {
  switch (event.type) {
    case "local_link":
      return { ...state, link: event.link, typing: event.link === "online" && state.typing };
    case "local_said":
      return said(state, event);
    case "local_unsent":
      return markFailed(state, event.message_id, "unsent", true);
    case "local_voted":
      return { ...state, votes: { ...state.votes, [event.message_id]: event.value } };
    case "local_asked":
      return { ...state, asked: [...state.asked, event.message_id] };
    case "local_seen":
      return event.offset > state.seen ? { ...state, seen: event.offset } : state;
    case "local_restored":
      return { ...state, votes: event.votes, asked: event.asked, seen: Math.max(state.seen, event.seen) };
    case "local_notice_read":
      return { ...state, notice: null };
    case "local_reset":
      return { ...INITIAL, link: state.link === "idle" ? "idle" : "connecting" };
    default:
      return assertNever(event);
  }
}

function confirmed(state: ChatState, frame: SessionConfirm): ChatState {
  const same = state.conversationId === null || state.conversationId === frame.conversation_id;
  const base = same
    ? state
    : { ...INITIAL, messages: without(state.messages, (item) => item.state !== "sending") };
  return {
    ...base,
    link: "online",
    notice: null,
    typing: false,
    conversationId: frame.conversation_id,
    owner: frame.owner,
    queue: null,
    // Whatever was streaming when the line went dead comes back whole, or not at all.
    messages: without(base.messages, (item) => item.state === "streaming"),
  };
}

function uttered(state: ChatState, frame: UserUtteredOut | BotUttered | OperatorUttered): ChatState {
  const answered = frame.type === "bot_uttered" && frame.reply_to;
  const before = answered ? settle(state.messages, answered) : state.messages;
  const next = {
    ...state,
    offset: Math.max(state.offset, frame.offset),
    messages: upsert(before, fromStored(frame)),
  };
  if (frame.type === "user_uttered") return next;
  const operator = frame.type === "operator_uttered" ? frame.operator : state.operator;
  return { ...next, operator, typing: false, notice: null };
}

function status(state: ChatState, frame: StatusOut): ChatState {
  if (frame.state !== "acknowledged") return { ...state, typing: frame.state === "typing" };
  return frame.message_id ? { ...state, messages: settle(state.messages, frame.message_id) } : state;
}

/** A customer message that the server has, or has answered. */
function settle(messages: Messages, id: string): Messages {
  const open = messages.some(
    (item) => item.id === id && (item.state === "sending" || item.state === "failed"),
  );
  return open ? patch(messages, id, { state: "final", failure: null }) : messages;
}

function started(state: ChatState, id: string, replyTo: string): ChatState {
  if (state.messages.some((item) => item.id === id)) return state;
  const message = newMessage({ id, role: "bot", text: "", state: "streaming", replyTo });
  return { ...state, typing: false, messages: upsert(settle(state.messages, replyTo), message) };
}

function dropStreaming(messages: Messages, id: string): Messages {
  return without(messages, (item) => item.id === id && item.state === "streaming");
}

function failed(state: ChatState, frame: ErrorOut): ChatState {
  const about = frame.reply_to ?? null;
  if (about && state.messages.some((item) => item.id === about && item.role === "customer"))
    return markFailed({ ...state, typing: false }, about, frame.code, frame.retryable);
  return { ...state, typing: false, notice: frame.code };
}

function markFailed(state: ChatState, id: string, code: string, retryable: boolean): ChatState {
  return { ...state, messages: patch(state.messages, id, { state: "failed", failure: { code, retryable } }) };
}

function said(state: ChatState, event: Extract<LocalEvent, { type: "local_said" }>): ChatState {
  const message = newMessage({
    id: event.message_id,
    role: "customer",
    text: event.text,
    state: "sending",
    at: event.at,
  });
  // A retried message moves to the end, where its answer will appear.
  const messages = without(state.messages, (item) => item.id === event.message_id);
  return { ...state, notice: null, messages: upsert(messages, message) };
}

// --- what follows from a state -----------------------------------------------------------------------------

/** Messages of the other side that were never on screen. */
export function unreadCount(state: ChatState): number {
  return state.messages.filter((item) => item.role !== "customer" && (item.offset ?? 0) > state.seen).length;
}

/** Buttons of the last message; earlier ones have lost their meaning. */
export function openQuickReplies(state: ChatState): ChatMessage | null {
  const last = state.messages.at(-1);
  const open = last?.role === "bot" && last.state === "final" && last.quickReplies.length > 0;
  return open && state.owner === "bot" ? last : null;
}

/** Payloads of the buttons that are of use while one waits for a person. */
const WAITING = new Set(["/back_to_bot", "/leave_message"]);

/** What one may choose instead of waiting for a person, and the message that offered it. */
export function waitingChoices(state: ChatState): { replyTo: string; replies: QuickReplyOut[] } | null {
  if (state.owner !== "queue") return null;
  const offers = (reply: QuickReplyOut): boolean => WAITING.has(reply.payload);
  const message = state.messages.findLast((item) => item.quickReplies.some(offers));
  return message ? { replyTo: message.id, replies: message.quickReplies.filter(offers) } : null;
}

/** The bot message about which "did this solve it?" may be asked; null when that would be out of place. */
export function solvable(state: ChatState): ChatMessage | null {
  const last = state.messages.at(-1);
  if (last?.role !== "bot" || last.state !== "final" || last.replyTo === null) return null;
  const stillTalking = last.quickReplies.length > 0 || last.text.trimEnd().endsWith("?") || state.typing;
  const settled = state.owner !== "bot" || state.asked.includes(last.id);
  return stillTalking || settled ? null : last;
}
