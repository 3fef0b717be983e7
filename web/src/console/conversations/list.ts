/** The list of conversations as pure functions of what the server said. */
import type { StoredFrame } from "../../shared/frames.js";
import type { ConversationSummary, Owner } from "../types.js";

export type View = "open" | "queue" | "mine" | "bot" | "closed" | "all";

/** Empty for whatever. */
export interface ListFilter {
  arm: string;
  backend: string;
  intent: string;
  source: string;
}

export const NO_FILTER: ListFilter = { arm: "", backend: "", intent: "", source: "" };

export interface Row extends ConversationSummary {
  /** When it came into the queue, by this machine's clock, ms since 1970; null while it does not wait. */
  queuedAt: number | null;
}

/** What a view asks the server for; undefined for everything. */
export const VIEW_OWNERS: Record<View, string | undefined> = {
  open: "bot,queue,operator",
  queue: "queue",
  mine: "operator",
  bot: "bot",
  closed: "closed",
  all: undefined,
};

export function rowOf(summary: ConversationSummary, nowMs: number): Row {
  const { owner, waiting_s: waited, left_message: isMessage } = summary;
  const since =
    waited === null || waited === undefined ? Date.parse(summary.updated_at) : nowMs - waited * 1000;
  return { ...summary, queuedAt: owner === "queue" && !isMessage ? since : null };
}

/** What was fetched, unless something was heard since it was written. */
export function newerRow(fetched: Row, known: Row | undefined): Row {
  return known && Date.parse(known.updated_at) > Date.parse(fetched.updated_at) ? known : fetched;
}

export function ownerAfter(owner: Owner, event: StoredFrame): Owner {
  if (event.type === "owner_changed") return event.owner;
  return event.type === "conversation_closed" ? "closed" : owner;
}

/** The row after something happened in its conversation. */
export function rowAfter(row: Row, event: StoredFrame, nowMs: number): Row {
  const owner = ownerAfter(row.owner, event);
  const after: Row = { ...row, owner, updated_at: event.at };
  if (owner !== row.owner) {
    after.queuedAt = owner === "queue" ? nowMs : null;
    after.operator = null; // the event does not tell who; the next fetch does
  }
  if ("text" in event) {
    after.last_text = event.text;
    after.messages += 1;
  }
  if (event.type === "user_uttered") after.last_asked = event.text;
  if (event.type === "operator_uttered") after.operator = event.operator;
  if (event.type === "bot_uttered") {
    after.backend = event.backend;
    after.intent = event.intent ?? null;
    after.confidence = event.confidence ?? null;
  }
  return after;
}

/** Live events may have moved a conversation out of what was asked for. */
export function fits(row: Row, view: View, me: string): boolean {
  if (view === "mine") return row.owner === "operator" && (row.operator === me || row.operator === null);
  return VIEW_OWNERS[view]?.split(",").includes(row.owner) ?? true;
}

/** Whether an event of a conversation that is not in the list may bring it there. */
export function mayBring(view: View, event: StoredFrame): boolean {
  switch (view) {
    case "queue":
    case "mine":
      return event.type === "owner_changed";
    case "closed":
      return event.type === "conversation_closed";
    default:
      return true;
  }
}

/** In the order of their urgency: who waits longest first, then messages that were left, then what changed last. */
export function arranged(rows: Iterable<Row>, view: View): Row[] {
  const byNews = [...rows].sort(
    (a, b) => compare(b.updated_at, a.updated_at) || compare(b.conversation_id, a.conversation_id),
  );
  if (view !== "open" && view !== "queue") return byNews;
  const waiting = byNews.filter((row) => row.queuedAt !== null);
  waiting.sort((a, b) => (a.queuedAt ?? 0) - (b.queuedAt ?? 0));
  const rest = byNews.filter((row) => row.queuedAt === null);
  const messages = rest.filter((row) => row.owner === "queue");
  return [...waiting, ...messages, ...rest.filter((row) => row.owner !== "queue")];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The rows in the order in which they are on screen, so that nothing jumps under the pointer: known ones keep their
 * place, those that are gone are left out, new ones wait.
 */
export function held(rows: readonly Row[], order: readonly string[]): Row[] {
  const byId = new Map(rows.map((row) => [row.conversation_id, row]));
  return order.flatMap((id) => byId.get(id) ?? []);
}

/** The newest page with the older ones that were loaded before it; `next` leads on from the last of them. */
export function joined(
  page: { conversations: readonly Row[]; next: string | null },
  before: { rows: readonly Row[]; next: string | null },
): { rows: Row[]; next: string | null } {
  const last = page.conversations.at(-1);
  if (!page.next || !last) return { rows: [...page.conversations], next: null };
  const known = new Set(page.conversations.map((row) => row.conversation_id));
  const older = before.rows.filter(
    (row) => row.updated_at < last.updated_at && !known.has(row.conversation_id),
  );
  return { rows: [...page.conversations, ...older], next: older.length ? before.next : page.next };
}
