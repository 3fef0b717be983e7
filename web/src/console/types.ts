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
  language: string | null;
  messages: number;
  resolved: boolean | null;
}

export interface Attempt {
  backend: string;
  outcome: string;
  ms: number | null;
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
  labels: {
    label_id: string;
    intent: string | null;
    provenance: string;
    by: string | null;
    note: string | null;
  }[];
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
  events: StoredFrame[];
  /** Thumbs and "did this solve it?". */
  signals: { turn_id: string | null; kind: string; value: number; reason: string | null; at: string }[];
  turns: TurnRecord[];
}

export type ConversationVerb = "take-over" | "reply" | "hand-back" | "close";

export interface Bundle {
  id: string;
  is_current: boolean;
  /** Why it cannot serve; null when it can. */
  problem: string | null;
  intents?: number | null;
  /** 0..1 */
  accuracy?: number | null;
}

export interface Models {
  bundles: Bundle[];
  current: string | null;
}

export interface Resolution {
  definition: unknown;
  /** Rates and bounds lie in 0..1; null where there is nothing to judge. */
  arms: {
    arm: string;
    n: number;
    resolved: number;
    rate: number | null;
    low: number | null;
    high: number | null;
  }[];
}
