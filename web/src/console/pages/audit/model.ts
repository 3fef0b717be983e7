/** What the sample to judge looks like, and what keys mean there. */

export interface Audits {
  open: number;
  judged: number;
  next: { audit_id: string; conversation_id: string } | null;
}

export type AuditKey = "yes" | "no" | "note" | "back";

const KEYS: Record<string, AuditKey> = { y: "yes", n: "no", m: "note", u: "back" };

export function auditKey(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">,
): AuditKey | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  return KEYS[event.key.toLowerCase()] ?? null;
}

/** How precise the share of resolved ones is with so many judged: half the width of a 95 % interval at the worst, 0..1. */
export function precision(judged: number): number | null {
  return judged < 1 ? null : Math.min(1, 0.98 / Math.sqrt(judged));
}
