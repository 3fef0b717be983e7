/** What `/api/models` tells, and the sentences made of it. Fields that older bundles lack are null or absent. */
import { count, duration, percent, spoken, wholePercent } from "../parts/words.js";

export interface Certificate {
  /** Share of wrong answers that it holds, 0..1. */
  budget: number;
  confidence: number;
  min_confidence: number | null;
  /** Messages it was tested on. */
  n: number;
  errors: number;
  /** 0..1 */
  share_answered: number | null;
  /** Null for all of them together. */
  intent: string | null;
}

export interface Night {
  night: string;
  at: string | null;
  decision: string | null;
  reasons: string[];
}

export interface Figures {
  n?: number | null;
  accuracy?: number | null;
  accuracy_low?: number | null;
  accuracy_high?: number | null;
  macro_f1?: number | null;
  ece?: number | null;
  oos_auroc?: number | null;
}

export interface BundleCard extends Figures {
  id: string;
  is_current: boolean;
  problem: string | null;
  created_at?: string | null;
  encoder?: string | null;
  intents?: number | null;
  size_bytes?: number | null;
  in_service_at?: string | null;
  why?: string | null;
  certificates?: Certificate[] | null;
  metrics?: Figures | null;
  night?: Night | null;
}

export interface NightlyRun {
  by?: string | null;
  started_at?: string | null;
  ended_at?: string | null;
  seconds?: number | null;
  result?: string | null;
  reasons?: string[] | null;
  detail?: string | null;
}

export interface ModelsView {
  bundles: BundleCard[];
  current: string | null;
  rollback_to?: string | null;
  nightly?: { next_run_at: string | null; running: NightlyRun | null; last: NightlyRun | null } | null;
}

/** Newest first, whatever the order of the answer. */
export function newestFirst(bundles: readonly BundleCard[]): BundleCard[] {
  return [...bundles].sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** The figures, whether the server gives them beside the id or below `metrics`. */
export function figuresOf(bundle: BundleCard): Figures {
  return { ...bundle.metrics, ...present(bundle) };
}

function present(bundle: BundleCard): Figures {
  const { n, accuracy, accuracy_low, accuracy_high, macro_f1, ece, oos_auroc } = bundle;
  const own = { n, accuracy, accuracy_low, accuracy_high, macro_f1, ece, oos_auroc };
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value != null));
}

/** "80.6 to 89.2 %", empty without an interval. */
export function intervalOf({ accuracy_low: low, accuracy_high: high }: Figures): string {
  return low == null || high == null ? "" : `${(low * 100).toFixed(1)} to ${percent(high)}`;
}

/** The certificates of all intents together, the strictest first. */
export function promises(bundle: BundleCard): Certificate[] {
  return (bundle.certificates ?? []).filter((one) => one.intent === null).sort((a, b) => a.budget - b.budget);
}

export function promise({ budget, share_answered: share }: Certificate): string {
  return `At most ${wholePercent(budget)} wrong: answers ${percent(share)}`;
}

export function evidence({ errors, n, confidence, min_confidence: least }: Certificate): string {
  const asked = least === null ? "" : `, from confidence ${least.toFixed(2)} up`;
  return `${errors} wrong of ${count(n)} tested${asked}; certain to ${wholePercent(confidence)}`;
}

const DECISIONS: Record<string, [words: string, tone: string]> = {
  promoted: ["Passed the gate", "good"],
  kept: ["Kept aside", ""],
  refused: ["Refused by the gate", "bad"],
  nothing_to_do: ["Nothing to do", ""],
  failed: ["Failed", "bad"],
  stopped: ["Stopped with the server", "warn"],
  interrupted: ["Interrupted", "warn"],
};

export function decisionOf(decision: string | null | undefined): [words: string, tone: string] {
  return DECISIONS[decision ?? ""] ?? [spoken(decision ?? "unknown"), ""];
}

/** "ran 12 min 4 s": how long the last run took; empty when it is not told. */
export function tookOf(run: NightlyRun): string {
  return run.seconds == null ? "" : `took ${duration(run.seconds)}`;
}

export interface Moment {
  at: string;
  id: string;
  what: string;
  why: string;
}

/** What became of the bundles, newest first: each coming into service, and each night's word on one. */
export function history(bundles: readonly BundleCard[]): Moment[] {
  const moments = bundles.flatMap((bundle): Moment[] => {
    const { id, in_service_at: served, why, night } = bundle;
    const came = served ? [{ at: served, id, what: "In service", why: why ?? "" }] : [];
    const judged = night?.at
      ? [{ at: night.at, id, what: decisionOf(night.decision)[0], why: night.reasons[0] ?? "" }]
      : [];
    return [...came, ...judged];
  });
  return moments.sort((a, b) => (a.at < b.at ? 1 : -1));
}
