/** Which days are looked at, and what that asks of the server. */
import type { Query } from "../page.js";
import type { Days } from "./days.js";

/** Local days, `YYYY-MM-DD`, both included. */
export interface Range {
  from: string;
  to: string;
}

export type Source = "live" | "simulated" | "all";

export const SPANS: readonly [days: number, label: string][] = [
  [7, "7 days"],
  [14, "14 days"],
  [28, "4 weeks"],
  [91, "3 months"],
];

const DAY_MS = 86_400_000;
/** The server's limit. */
const MOST_DAYS = 366;

function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The last so many days, today included. Days are those of UTC, as in the store. */
export function lastDays(days: number, nowMs: number): Range {
  return { from: iso(nowMs - (days - 1) * DAY_MS), to: iso(nowMs) };
}

export function daysIn({ from, to }: Range): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
}

/** Null when it may be asked for. */
export function rangeProblem({ from, to }: Range): string | null {
  if (Number.isNaN(Date.parse(from)) || Number.isNaN(Date.parse(to))) return "Choose two days.";
  return from > to ? "The first day is after the last." : null;
}

/** The span that a range is, 0 for another. */
export function spanOf(range: Range, nowMs: number): number {
  const days = daysIn(range);
  return range.to === iso(nowMs) && SPANS.some(([span]) => span === days) ? days : 0;
}

/** What is asked of the report; nothing is said of the end when it is today. */
export function reportQuery({ from, to }: Range, source: Source, nowMs: number): Query {
  const end = to < iso(nowMs) ? `${to}T23:59:59Z` : null;
  return { since: `${from}T00:00:00Z`, as_of: end, source };
}

/** The server counts back from today. */
export function daysQuery({ from }: Range, source: Source, nowMs: number): Query {
  return { days: Math.min(MOST_DAYS, daysIn({ from, to: iso(nowMs) })), source };
}

/** Only the days of the range, of what the server told up to today. */
export function within(days: Days, { from, to }: Range): Days {
  const isIn = days.days.map((day) => day.slice(0, 10) >= from && day.slice(0, 10) <= to);
  const kept = <T>(values: readonly T[]): T[] => values.filter((_, i) => isIn[i]);
  const series = Object.fromEntries(
    Object.entries(days.series).map(([metric, groupings]) => [
      metric,
      Object.fromEntries(
        Object.entries(groupings ?? {}).map(([grouping, names]) => [
          grouping,
          Object.fromEntries(Object.entries(names ?? {}).map(([name, values]) => [name, kept(values)])),
        ]),
      ),
    ]),
  ) as Days["series"];
  return { days: kept(days.days), series };
}
