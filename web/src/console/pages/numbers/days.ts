/** Counts, rates and costs by day, as `/api/reports/numbers` tells them, made into charts. */
import type { Lines, Unit } from "../charts/spec.js";

export type Grouping = "arm" | "backend" | "intent";
export type Metric = "volume" | "handoff_rate" | "latency_ms_p50" | "latency_ms_p95" | "cost_usd";

type Values = readonly (number | null)[];
type ByName = Readonly<Record<string, Values>>;

export interface Days {
  /** ISO days, oldest first. */
  days: readonly string[];
  series: Partial<Record<Metric, Partial<Record<Grouping, ByName>>>>;
}

export const METRICS: readonly { metric: Metric; title: string; unit: Unit }[] = [
  { metric: "volume", title: "Conversations a day", unit: "count" },
  { metric: "handoff_rate", title: "Handed to a person", unit: "percent" },
  { metric: "latency_ms_p50", title: "Latency, median", unit: "ms" },
  { metric: "latency_ms_p95", title: "Latency, 95th percentile", unit: "ms" },
  { metric: "cost_usd", title: "Cost a day", unit: "usd" },
];

export const GROUPINGS: readonly [Grouping, string][] = [
  ["arm", "Arm"],
  ["backend", "Backend"],
  ["intent", "Intent"],
];

/** More lines than colours help nobody. */
const MOST_LINES = 5;

/** The lines of one chart: of many names, those with the most conversations. */
export function linesOf(days: Days, metric: Metric, grouping: Grouping, unit: Unit): Lines {
  const values = days.series[metric]?.[grouping] ?? {};
  const names = busiest(days, grouping, Object.keys(values)).slice(0, MOST_LINES);
  return {
    kind: "lines",
    unit,
    days: days.days,
    series: names.sort().map((name) => ({ name, values: values[name] ?? [] })),
  };
}

function busiest(days: Days, grouping: Grouping, names: readonly string[]): string[] {
  const volume = days.series.volume?.[grouping] ?? {};
  const total = (name: string): number =>
    (volume[name] ?? []).reduce<number>((sum, one) => sum + (one ?? 0), 0);
  return [...names].sort((a, b) => total(b) - total(a) || a.localeCompare(b));
}

/** Names that `linesOf` leaves out. */
export function leftOut(days: Days, grouping: Grouping): number {
  return Math.max(0, Object.keys(days.series.volume?.[grouping] ?? {}).length - MOST_LINES);
}

export function hasDays(days: Days): boolean {
  return Object.values(days.series.volume?.arm ?? {}).some((values) => values.some((value) => value));
}
