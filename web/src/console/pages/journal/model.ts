/** The journal's entries in words, and which of them a filter leaves. */
import { titled } from "../parts/words.js";

export interface Entry {
  seq: number;
  at: string;
  who: string;
  role: string;
  /** `TOPIC.VERB` */
  action: string;
  target: string | null;
  details: Readonly<Record<string, unknown>>;
}

export interface Journal {
  entries: Entry[];
  next: number | null;
}

export interface JournalFilter {
  who: string;
  topic: string;
  words: string;
}

export const ALL: JournalFilter = { who: "", topic: "", words: "" };

const ACTIONS: Record<string, string> = {
  "conversation.take-over": "Took a conversation over",
  "conversation.take_over": "Took a conversation over",
  "conversation.reply": "Wrote to a customer",
  "conversation.hand-back": "Handed a conversation back",
  "conversation.hand_back": "Handed a conversation back",
  "conversation.close": "Closed a conversation",
  "conversation.note": "Wrote a note",
  "turn.label": "Labelled a message",
  "turn.correct": "Corrected an answer",
  "turn.correction": "Corrected an answer",
  "routing.put": "Changed the routing",
  "routing.undo": "Took the routing back",
  "model.promote": "Promoted a model",
  "model.rollback": "Rolled the model back",
  "model.nightly": "Started a nightly run",
  "operator.add": "Added an account",
  "operator.remove": "Removed an account",
  "duty.on": "Came on duty",
  "duty.off": "Went off duty",
  "duty.put": "Changed duty",
  "duty.set": "Changed duty",
  "proposal.accept": "Accepted a proposal",
  "proposal.reject": "Rejected a proposal",
  "audit.draw": "Drew a sample to judge",
  "audit.judge": "Judged a conversation",
  "customer.erase": "Erased a customer",
  "article.note": "Noted something on an article",
};

export function actionOf(action: string): string {
  return ACTIONS[action] ?? titled(action.replace(".", ": ").replaceAll("-", " "));
}

export function topicOf({ action }: Entry): string {
  return action.split(".")[0] ?? action;
}

/** Where in the console the target is shown; null when nowhere. */
export function linkOf(entry: Entry): string | null {
  const { target } = entry;
  if (!target) return null;
  const known = entry.details["conversation_id"];
  const conversation = topicOf(entry) === "conversation" ? target : typeof known === "string" ? known : null;
  if (conversation) return `#/conversations/${encodeURIComponent(conversation)}`;
  if (topicOf(entry) === "model") return `#/models/${encodeURIComponent(target)}`;
  return topicOf(entry) === "proposal" ? "#/articles/proposals" : null;
}

/** Details as pairs of words, nested ones as JSON; the conversation is what the entry links to. */
export function pairs(details: Entry["details"]): [name: string, value: string][] {
  return Object.entries(details)
    .filter(([name, value]) => value !== null && value !== "" && name !== "conversation_id")
    .map(([name, value]) => [titled(name), wordOf(value)]);
}

function wordOf(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(wordOf).join("; ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function matches(entry: Entry, { who, topic, words }: JournalFilter): boolean {
  if (who && entry.who !== who) return false;
  if (topic && topicOf(entry) !== topic) return false;
  const text =
    `${entry.who} ${actionOf(entry.action)} ${entry.target ?? ""} ${JSON.stringify(entry.details)}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Sorted names of something, each once, for a list to choose from. */
export function choices(entries: readonly Entry[], of: (entry: Entry) => string): string[] {
  return [...new Set(entries.map(of))].sort((a, b) => a.localeCompare(b));
}

/** What was loaded and what is newer, joined; newest first. */
export function joined(known: readonly Entry[], more: readonly Entry[]): Entry[] {
  const bySeq = new Map([...known, ...more].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq);
}
