/** The console's lists as pure functions of what the server said. */
import type { StoredFrame } from "../shared/frames.js";
import { INITIAL, reduce, type ChatMessage, type ChatState } from "../shared/state.js";
import type { OperatorEvent } from "../shared/wire.gen.js";
import type { ConversationDetail, ConversationSummary, Owner, Routing, TurnRecord } from "./types.js";

export type Filter = "all" | "queue" | "operator" | "open";

/** Newest first; the event's conversation moves up. Null when the list does not know it: fetch it. */
export function withEvent(
  list: readonly ConversationSummary[],
  { conversation_id: id, event }: OperatorEvent,
): ConversationSummary[] | null {
  const known = list.find((item) => item.conversation_id === id);
  if (!known) return null;
  const changed: ConversationSummary = {
    ...known,
    updated_at: event.at,
    owner: ownerAfter(known.owner, event),
  };
  if ("text" in event) {
    changed.last_text = event.text;
    changed.messages += 1;
  }
  return [changed, ...list.filter((item) => item !== known)];
}

function ownerAfter(owner: Owner, event: StoredFrame): Owner {
  if (event.type === "owner_changed") return event.owner;
  return event.type === "conversation_closed" ? "closed" : owner;
}

/** The conversation with one more event; the same object when it has it already. */
export function detailWithEvent(detail: ConversationDetail, event: StoredFrame): ConversationDetail {
  if (detail.events.some((known) => known.offset === event.offset)) return detail;
  const events = [...detail.events, event].sort((a, b) => a.offset - b.offset);
  return { ...detail, events, owner: ownerAfter(detail.owner, event) };
}

/** What a filter asks the server for; undefined for everything. */
export const FILTER_OWNERS: Record<Filter, string | undefined> = {
  all: undefined,
  queue: "queue",
  operator: "operator",
  open: "bot,queue,operator",
};

/** Live events may have moved a conversation out of what was asked for. */
export function matches(item: ConversationSummary, filter: Filter): boolean {
  return FILTER_OWNERS[filter]?.split(",").includes(item.owner) ?? true;
}

/** The same reducer as the customer's widget, so that both see the same conversation. */
export function transcript(detail: ConversationDetail): ChatState {
  return detail.events.reduce<ChatState>(reduce, INITIAL);
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

/** Share of new customers that each arm gets, 0..1, in order. */
export function shares(arms: Routing["arms"]): number[] {
  const total = arms.reduce((sum, arm) => sum + Math.max(0, arm.weight), 0);
  return arms.map((arm) => (total > 0 ? Math.max(0, arm.weight) / total : 0));
}

/** Why a draft cannot be saved; null when it can. The server has the last word. */
export function draftProblem(arms: Routing["arms"], errorBudget: number): string | null {
  const names = arms.map((arm) => arm.arm.trim());
  if (names.some((name) => !name)) return "Every arm needs a name.";
  if (new Set(names).size < names.length) return "Two arms have the same name.";
  if (arms.some((arm) => !arm.chain.length)) return "Every arm needs at least one backend.";
  if (arms.some((arm) => arm.chain.slice(0, -1).includes("handoff")))
    return "A person can only come last in a chain.";
  if (arms.some((arm) => !Number.isFinite(arm.weight) || arm.weight < 0))
    return "A weight is a number from 0 up.";
  if (!arms.some((arm) => arm.weight > 0)) return "At least one arm needs a weight above 0.";
  if (!(errorBudget > 0 && errorBudget < 1)) return "The error budget lies between 0 and 1.";
  return null;
}

// --- words and numbers -------------------------------------------------------------------------------------

export const OWNER_NAMES: Record<Owner, string> = {
  bot: "Bot",
  queue: "Waiting",
  operator: "Person",
  closed: "Closed",
};

/** "now", "5 min", "3 h", then the date. */
export function ago(at: string, nowMs: number): string {
  const minutes = Math.floor((nowMs - Date.parse(at)) / 60_000);
  if (Number.isNaN(minutes)) return "";
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  return new Date(at).toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

export function percent(value: number | null): string {
  return value === null ? "–" : `${(value * 100).toFixed(value < 0.995 ? 1 : 0)} %`;
}

export function milliseconds(value: number | null): string {
  if (value === null) return "–";
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

export function dollars(value: number | null): string {
  if (value === null) return "–";
  return value === 0 ? "$0" : `$${value.toPrecision(2)}`;
}
