/** What a chart shows, whatever draws it; and the same as a table, for screen readers and for copying. */
import { count, counted, dollars, milliseconds, percent } from "../parts/words.js";

/** `points`: a difference of shares, -1..1. */
export type Unit = "percent" | "points" | "count" | "ms" | "usd";

/** A value with its interval, one line each: a dot and its whiskers. */
export interface Whiskers {
  kind: "whiskers";
  unit: Unit;
  rows: readonly WhiskerRow[];
  /** The axis begins and ends here; null leaves it to the values. */
  from: number | null;
  to: number | null;
  /** Draws a line at this value: none of an effect, say. */
  line?: number;
}

export interface WhiskerRow {
  name: string;
  value: number | null;
  low: number | null;
  high: number | null;
}

/** Values over days, a line for each series. */
export interface Lines {
  kind: "lines";
  unit: Unit;
  days: readonly string[];
  series: readonly { name: string; values: readonly (number | null)[] }[];
}

export type ChartSpec = Whiskers | Lines;

const WORDS: Record<Unit, (value: number) => string> = {
  percent: (value) => percent(value),
  points: (value) => `${signed(value, 1)} points`,
  count: (value) => count(value),
  ms: (value) => milliseconds(value),
  usd: (value) => dollars(value),
};

/** "+3.1", "−0.4", "0.0": hundredths of a share. */
export function signed(value: number, digits: number): string {
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value * 100).toFixed(digits)}`;
}

export function worded(value: number | null, unit: Unit): string {
  return value === null ? "–" : WORDS[unit](value);
}

/** Short words for the ticks of an axis. */
export function tick(value: number, unit: Unit): string {
  if (unit === "percent") return `${Math.round(value * 100)} %`;
  if (unit === "points") return signed(value, 0);
  if (unit === "ms") return value >= 1000 ? `${+(value / 1000).toFixed(1)} s` : `${+value.toFixed(1)} ms`;
  if (unit === "usd") return value === 0 ? "$0" : `$${+value.toPrecision(2)}`;
  return value.toLocaleString();
}

export function isEmpty(spec: ChartSpec): boolean {
  return spec.kind === "whiskers"
    ? spec.rows.every((row) => row.value === null)
    : spec.series.every((one) => one.values.every((value) => value === null));
}

/** "5 Jan" of an ISO day, as on an axis. */
export function shortDay(day: string): string {
  const at = new Date(`${day.slice(0, 10)}T12:00:00Z`);
  return Number.isNaN(at.getTime())
    ? day
    : at.toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

export interface Table {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

export function tableOf(spec: ChartSpec): Table {
  if (spec.kind === "whiskers")
    return {
      head: ["", "Value", "From", "To"],
      rows: spec.rows.map(({ name, value, low, high }) => [
        name,
        ...[value, low, high].map((one) => worded(one, spec.unit)),
      ]),
    };
  return {
    head: ["Day", ...spec.series.map((one) => one.name)],
    rows: spec.days.map((day, i) => [
      day.slice(0, 10),
      ...spec.series.map((one) => worded(one.values[i] ?? null, spec.unit)),
    ]),
  };
}

/** For the clipboard: spreadsheets take it as cells. */
export function tabbed({ head, rows }: Table): string {
  return [head, ...rows].map((row) => row.join("\t")).join("\n");
}

/** One sentence that stands for the picture. */
export function summaryOf(spec: ChartSpec, what: string): string {
  if (spec.kind === "lines") {
    const { days, series } = spec;
    return `${what}: ${counted(series.length, "line")} over ${counted(days.length, "day")}. The table has the figures.`;
  }
  const rows = spec.rows.filter((row) => row.value !== null);
  return `${what}: ${rows
    .map(
      ({ name, value, low, high }) =>
        `${name} ${worded(value, spec.unit)}, ${worded(low, spec.unit)} to ${worded(high, spec.unit)}`,
    )
    .join("; ")}.`;
}
