/** Numbers and times as people read them, for all pages. */
export { ago, counted, dollars, milliseconds, percent } from "../../words.js";

/** "3 of 1,204" needs the separator of the reader's language. */
export function count(value: number | null | undefined): string {
  return value == null ? "–" : value.toLocaleString();
}

/** 0..1 with no decimals, for places where they would only be noise. Only nothing is 0 %, only all is 100 %. */
export function wholePercent(value: number | null | undefined): string {
  if (value == null) return "–";
  if (value > 0 && value < 0.005) return "<1 %";
  if (value < 1 && value > 0.995) return ">99 %";
  return `${Math.round(value * 100)} %`;
}

/** "45 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function duration(seconds: number | null | undefined): string {
  if (seconds == null || !Number.isFinite(seconds)) return "–";
  const whole = Math.round(seconds);
  if (seconds < 10 && seconds % 1) return `${seconds.toFixed(1)} s`;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joined(Math.floor(whole / 60), "min", whole % 60, "s");
  if (whole < 86_400) return joined(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "min");
  return joined(Math.floor(whole / 86_400), "d", Math.floor((whole % 86_400) / 3600), "h");
}

function joined(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small ? `${big} ${bigUnit} ${small} ${smallUnit}` : `${big} ${bigUnit}`;
}

/** Date and time of the reader's place, without seconds. */
export function when(at: string | null | undefined): string {
  if (!at || Number.isNaN(Date.parse(at))) return "–";
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export function day(at: string | null | undefined): string {
  if (!at || Number.isNaN(Date.parse(at))) return "–";
  return new Date(at).toLocaleDateString(undefined, { dateStyle: "medium" });
}

export function megabytes(bytes: number | null | undefined): string {
  return bytes == null ? "–" : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** "order_status" as people read it: "Order status". */
export function titled(code: string): string {
  const words = code.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A code in the words that the page has for it. */
export function spoken(code: string, known: Readonly<Record<string, string>> = {}): string {
  return known[code] ?? titled(code);
}
