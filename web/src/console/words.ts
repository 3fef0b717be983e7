/** Names, numbers and times as people read them. */
import type { Owner } from "./types.js";

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

/** A wait as on a clock: "0:07", "12:30", "2:05:00". */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Time of day; with the date when that is not today. */
export function clock(at: string | null, nowMs = Date.now()): string {
  if (!at) return "";
  const date = new Date(at);
  const isToday = date.toDateString() === new Date(nowMs).toDateString();
  return isToday
    ? date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" })
    : date.toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
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

/** "1 turn", "1,204 turns", with the separator of the reader's language. */
export function counted(n: number | null | undefined, one: string, many = `${one}s`): string {
  return `${n == null ? "–" : n.toLocaleString()} ${n === 1 ? one : many}`;
}

/** `order_status` gives "order status". */
export function spaced(name: string): string {
  return name.replaceAll("_", " ");
}

/** The first letters of a hash, enough to compare. */
export function short(hash: string): string {
  return hash.length > 14 ? `${hash.slice(0, 12)}…` : hash;
}
