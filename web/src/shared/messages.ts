/** The list of messages as a value: insert, replace, drop. Knows no frame order but offsets. */
import type { BotUttered, CitationOut, OperatorUttered, QuickReplyOut, UserUtteredOut } from "./wire.gen.js";

export type Role = "customer" | "bot" | "operator";
export type MessageState = "sending" | "streaming" | "final" | "failed";

export interface ChatMessage {
  readonly id: string;
  readonly role: Role;
  readonly text: string;
  readonly state: MessageState;
  /** Place in the stored conversation; null while unknown. */
  readonly offset: number | null;
  /** UTC ISO-8601; null while streaming. */
  readonly at: string | null;
  /** Name of the person who wrote it; null unless the role is operator. */
  readonly operator: string | null;
  readonly replyTo: string | null;
  readonly citations: readonly CitationOut[];
  readonly quickReplies: readonly QuickReplyOut[];
  /** Why it failed; null unless the state is failed. */
  readonly failure: { readonly code: string; readonly retryable: boolean } | null;
}

export type Messages = readonly ChatMessage[];

const EMPTY: Omit<ChatMessage, "id" | "role" | "text" | "state"> = {
  offset: null,
  at: null,
  operator: null,
  replyTo: null,
  citations: [],
  quickReplies: [],
  failure: null,
};

export function newMessage(
  fields: Pick<ChatMessage, "id" | "role" | "text" | "state"> & Partial<ChatMessage>,
): ChatMessage {
  return { ...EMPTY, ...fields };
}

export function fromStored(frame: UserUtteredOut | BotUttered | OperatorUttered): ChatMessage {
  const common = {
    id: frame.message_id,
    text: frame.text,
    state: "final",
    offset: frame.offset,
    at: frame.at,
  } as const;
  switch (frame.type) {
    case "user_uttered":
      return newMessage({ ...common, role: "customer" });
    case "operator_uttered":
      return newMessage({ ...common, role: "operator", operator: frame.operator });
    case "bot_uttered":
      return newMessage({
        ...common,
        role: "bot",
        replyTo: frame.reply_to,
        citations: frame.citations ?? [],
        quickReplies: frame.quick_replies ?? [],
      });
  }
}

/** Replaces the message of that id, or inserts it where its offset belongs, unsent messages staying last. */
export function upsert(messages: Messages, message: ChatMessage): Messages {
  const known = messages.findIndex((item) => item.id === message.id);
  if (known >= 0) return messages.with(known, message);
  let at = messages.length;
  while (at > 0 && comesBefore(message, messages[at - 1])) at -= 1;
  return messages.toSpliced(at, 0, message);
}

function comesBefore(message: ChatMessage, other: ChatMessage | undefined): boolean {
  if (message.offset === null || !other) return false;
  return other.offset === null ? other.state === "sending" : other.offset > message.offset;
}

/** Changes one message, if it is there. */
export function patch(messages: Messages, id: string, change: Partial<ChatMessage>): Messages {
  return messages.map((item) => (item.id === id ? { ...item, ...change } : item));
}

/** Adds text to a streaming message; tokens for a message that is unknown or done are ignored. */
export function append(messages: Messages, id: string, text: string): Messages {
  return messages.map((item) =>
    item.id === id && item.state === "streaming" ? { ...item, text: item.text + text } : item,
  );
}

export function without(messages: Messages, drop: (message: ChatMessage) => boolean): Messages {
  return messages.filter((item) => !drop(item));
}
