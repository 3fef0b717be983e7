/** What the operators' HTTP interface answers. Fields a server may leave out are optional. */
import type { StoredFrame } from "../shared/frames.js";
import type { CitationOut, SessionConfirm } from "../shared/wire.gen.js";

export type Owner = SessionConfirm["owner"];

export interface Arm {
  arm: string;
  weight: number;
  chain: string[];
}

export interface Routing {
  version: number;
  backends: Record<string, { enabled: boolean }>;
  arms: Arm[];
  error_budget: number;
}

export interface BackendStatus {
  name: string;
  enabled?: boolean;
  state?: "ok" | "degraded" | "down";
  detail?: string;
}

export interface ConversationSummary {
  conversation_id: string;
  owner: Owner;
  /** Who took it over; null while nobody has. */
  operator: string | null;
  source: string;
  arm: string | null;
  started_at: string;
  updated_at: string;
  last_text: string | null;
  /** The customer's newest words. */
  last_asked?: string | null;
  language: string | null;
  messages: number;
  resolved: boolean | null;
  customer_id?: string | null;
  /** Written while nobody was on duty: it waits for an answer, but nobody waits in line. */
  left_message?: boolean;
  /** Seconds in the queue so far; null while not waiting. */
  waiting_s?: number | null;
  /** Of the newest turn. */
  backend?: string | null;
  intent?: string | null;
  confidence?: number | null;
}

export interface Attempt {
  backend: string;
  outcome: string;
  ms: number | null;
  intent?: string | null;
  confidence?: number | null;
  detail?: string | null;
}

export interface Label {
  label_id: string;
  intent: string | null;
  provenance: string;
  by: string | null;
  note: string | null;
}

export interface TurnRecord {
  turn_id: string;
  /** The customer's message. */
  message_id: string | null;
  /** The answer; null when there was none. */
  bot_message_id: string | null;
  text: string;
  reply: string | null;
  backend: string | null;
  outcome: string | null;
  reason: string | null;
  intent: string | null;
  confidence: number | null;
  /** How the answer came about, for backends that have several ways. */
  mode: string | null;
  bundle_id: string | null;
  latency_ms: number | null;
  cost_usd: number | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  stages_ms: Record<string, number>;
  attempts: Attempt[];
  citations: CitationOut[];
  labels: Label[];
  arm?: string | null;
  /** Share of new customers that this arm had, 0..1. */
  propensity?: number | null;
  routing_version?: number | null;
  prompt_hash?: string | null;
  index_hash?: string | null;
  settings_hash?: string | null;
  kind?: string | null;
  asked_at?: string;
  /** What the flow did in the shop's systems. */
  actions?: Record<string, unknown>[];
}

/** A note among operators; customers never see it. */
export interface Note {
  note_id: string | number;
  kind: "note" | "summary";
  by: string;
  text: string;
  at: string;
}

export interface ConversationDetail {
  conversation_id: string;
  owner: Owner;
  source: string;
  arm: string | null;
  slots: Record<string, unknown>;
  resolved: boolean | null;
  customer_id: string | null;
  close_reason: string | null;
  operator?: string | null;
  language?: string | null;
  started_at?: string;
  waiting_s?: number | null;
  notes?: Note[];
  events: StoredFrame[];
  /** Thumbs and "did this solve it?". */
  signals: { turn_id: string | null; kind: string; value: number; reason: string | null; at: string }[];
  turns: TurnRecord[];
}

export type ConversationVerb = "take-over" | "reply" | "hand-back" | "close";

/** What the erasure of a customer removed. */
export interface Certificate {
  erasure_id?: string;
  erased_at: string;
  conversations: number;
  turns: number;
  labels: number;
}

export type TranscriptForm = "text" | "json";

/** What a backend would say now. */
export interface Suggestion {
  backend: string;
  text: string;
  citations?: CitationOut[];
  intent?: string | null;
  confidence?: number | null;
}

/** What an operator says about a turn; whatever is left out stays as it is. */
export interface Correction {
  intent?: string;
  reply?: string;
  article_id?: string;
  article_note?: string;
  note?: string;
}

/** A correction on its way, or what became of it. */
export interface Correcting {
  turnId: string;
  stage: "sending" | "saved" | "refused";
  /** Why it was refused; empty otherwise. */
  problem: string;
}

export interface Intent {
  intent: string;
  title?: string | null;
  examples?: number | null;
  has_reply?: boolean;
}

export interface Duty {
  /** Names of who takes conversations. */
  on_duty: string[];
  waiting: number;
  longest_wait_s: number | null;
  /** Left while nobody was on duty, and not taken up yet. */
  messages?: number;
}

export interface RoutingVersion {
  version: number;
  at: string;
  who: string | null;
  why: string | null;
  /** What it changed, in words; left out by a server that does not tell. */
  changes?: string[];
  document: Omit<Routing, "version">;
}

/** What a draft would have done to the turns of last week. */
export interface Preview {
  since: string;
  turns: number;
  changed: number;
  by_backend: { now: Record<string, number>; then: Record<string, number> };
  answered_now: number | null;
  answered_then: number | null;
  cost_now: number | null;
  cost_then: number | null;
  caveat: string | null;
}
