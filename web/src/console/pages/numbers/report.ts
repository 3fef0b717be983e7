/** The document of `switchboard eval resolution`, made into rows, sentences and a chart. Missing figures are null. */
import { signed, type Whiskers } from "../charts/spec.js";
import { count, dollars, duration, milliseconds, percent } from "../parts/words.js";
import type { Grouping } from "./days.js";

/** A figure with its interval; rates lie in 0..1. */
export interface Estimate {
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface Group {
  name: string;
  n: number;
  resolved: number | null;
  rate: Estimate;
  /** The rate by the rules alone, where an audit corrected it. */
  uncorrected: number | null;
  /** What a simulation knows. */
  truth: number | null;
  assisted: number | null;
  handed_off: number | null;
  reopened: number | null;
  latency_ms: number | null;
  resolution_s: number | null;
  cost_per_resolved: number | null;
}

/** The first arm against the second. */
export interface Difference {
  a: string;
  b: string;
  /** By the rules alone. */
  difference: Estimate;
  /** From rates that audits corrected; null without enough of them. */
  corrected: Estimate | null;
  guards: readonly Guard[];
  verdict: string;
}

/** Whether the first arm is worse in something that matters too. */
export interface Guard {
  name: string;
  state: "held" | "broken" | "open";
}

export interface Report {
  definition: string;
  since: string | null;
  as_of: string | null;
  verdict: string;
  audits: number | null;
  groups: Readonly<Record<Grouping, readonly Group[]>>;
  differences: readonly Difference[];
  /** What makes the figures doubtful, in sentences. */
  warnings: readonly string[];
  computed_at: string | null;
  is_stale: boolean;
  /** Why a newer one could not be made; empty when it could. */
  problem: string;
}

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isJson) : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The first of several fields that is a number; a figure with an interval counts with its value. */
function figure(row: Json, ...names: string[]): number | null {
  for (const name of names) {
    const value = row[name];
    if (typeof value === "number") return value;
    if (isJson(value)) return figure(value, "p50", "value", "rate");
  }
  return null;
}

function estimate(row: Json, ...names: string[]): Estimate {
  return { value: figure(row, ...names), low: figure(row, "low"), high: figure(row, "high") };
}

/** Null while the report is being made. */
export function reportOf(document: Json): Report | null {
  if (document["state"] === "running") return null;
  return {
    definition: textOf(document["definition"]) || JSON.stringify(document["definition"] ?? ""),
    since: textOf(document["since"]) || null,
    as_of: textOf(document["as_of"]) || null,
    verdict: textOf(document["verdict"]),
    audits: figure(document, "audits"),
    groups: {
      arm: groups(document["arms"], "arm"),
      backend: groups(document["backends"], "backend"),
      intent: groups(document["intents"], "intent"),
    },
    differences: listOf(document["differences"]).map(difference),
    warnings: warnings(document),
    computed_at: textOf(document["computed_at"]) || null,
    is_stale: document["stale"] === true,
    problem: textOf(document["problem"]),
  };
}

function groups(value: unknown, name: string): Group[] {
  return listOf(value).map((row) => ({
    name: textOf(row[name]) || "–",
    n: figure(row, "n") ?? 0,
    resolved: figure(row, "resolved"),
    rate: estimate(row, "rate"),
    uncorrected: figure(row, "uncorrected"),
    truth: figure(row, "truth"),
    assisted: figure(row, "assisted_rate"),
    handed_off: figure(row, "handed_off"),
    reopened: figure(row, "reopened"),
    latency_ms: figure(row, "latency_ms"),
    resolution_s: figure(row, "resolution_s"),
    cost_per_resolved: figure(row, "cost_per_resolved_usd"),
  }));
}

function difference(row: Json): Difference {
  const { corrected } = row;
  return {
    a: textOf(row["a"]),
    b: textOf(row["b"]),
    difference: estimate(row, "difference"),
    corrected: isJson(corrected) ? estimate(corrected, "difference") : null,
    guards: listOf(row["guardrails"]).map((guard) => ({
      name: textOf(guard["name"]),
      state: guard["state"] === "held" || guard["state"] === "broken" ? guard["state"] : "open",
    })),
    verdict: textOf(row["verdict"]),
  };
}

function warnings(document: Json): string[] {
  const { warnings: told } = document;
  return Array.isArray(told) ? told.map(textOf).filter(Boolean) : [];
}

const MOST_ROWS = 12;

/** Dots and whiskers of one grouping; of many, those with the most conversations. */
export function ratesOf(rows: readonly Group[]): Whiskers {
  const most = [...rows].sort((a, b) => b.n - a.n).slice(0, MOST_ROWS);
  return {
    kind: "whiskers",
    unit: "percent",
    from: 0,
    to: 1,
    rows: most.map(({ name, rate }) => ({ name, ...rate })),
  };
}

export function differencesOf(differences: readonly Difference[]): Whiskers {
  const rows = differences.flatMap(({ a, b, difference: byRules, corrected }) => [
    { name: `${a} − ${b}`, ...byRules },
    ...(corrected ? [{ name: `${a} − ${b}, audited`, ...corrected }] : []),
  ]);
  const known = rows.filter((row) => row.value !== null);
  return { kind: "whiskers", unit: "points", from: null, to: null, line: 0, rows: known };
}

/** "+3.1 points (−1.0 to 7.2)". */
export function points({ value, low, high }: Estimate): string {
  if (value === null) return "–";
  const range = low === null || high === null ? "" : ` (${signed(low, 1)} to ${signed(high, 1)})`;
  return `${signed(value, 1)} points${range}`;
}

/** Columns of the table of a grouping; those that nobody has a figure for are left out. */
export const COLUMNS: readonly [
  title: string,
  of: (group: Group) => string,
  has: (group: Group) => boolean,
][] = [
  ["Judged", ({ n }) => count(n), () => true],
  ["Resolved", ({ rate }) => percent(rate.value), () => true],
  ["95 % interval", ({ rate }) => interval(rate), () => true],
  ["By the rules", ({ uncorrected }) => percent(uncorrected), ({ uncorrected }) => uncorrected !== null],
  ["In truth", ({ truth }) => percent(truth), ({ truth }) => truth !== null],
  ["With a person's help", ({ assisted }) => percent(assisted), ({ assisted }) => assisted !== null],
  ["Handed off", ({ handed_off }) => percent(handed_off), ({ handed_off }) => handed_off !== null],
  ["Came back", ({ reopened }) => percent(reopened), ({ reopened }) => reopened !== null],
  [
    "Time to resolution",
    ({ resolution_s }) => duration(resolution_s),
    ({ resolution_s }) => resolution_s !== null,
  ],
  ["Latency, median", ({ latency_ms }) => milliseconds(latency_ms), ({ latency_ms }) => latency_ms !== null],
  [
    "Cost per resolved",
    ({ cost_per_resolved }) => dollars(cost_per_resolved),
    ({ cost_per_resolved }) => cost_per_resolved !== null,
  ],
];

export function interval({ low, high }: Estimate): string {
  return low === null || high === null ? "–" : `${(low * 100).toFixed(1)} to ${percent(high)}`;
}

/** Names as columns, then a row for each group: what is copied. */
export function tabbedGroups(groups: readonly Group[]): string {
  const columns = columnsOf(groups);
  const head = ["", ...columns.map(([title]) => title)];
  return [head, ...groups.map((group) => [group.name, ...columns.map(([, of]) => of(group))])]
    .map((row) => row.join("\t"))
    .join("\n");
}

export function columnsOf(groups: readonly Group[]): (typeof COLUMNS)[number][] {
  return COLUMNS.filter(([, , has]) => groups.some(has));
}
