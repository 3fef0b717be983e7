/** Frames from text, and the exhaustiveness check. Knows no socket. */
import type { OperatorFrame, ServerFrame } from "./wire.gen.js";

export type * from "./wire.gen.js";

/** The frames that are stored, numbered by offset and replayed. */
export type StoredFrame = Extract<ServerFrame, { offset: number; at: string }>;

/** Compile-time proof that a switch handles every case. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}

/** Reads one text frame; null when it is no JSON object with a `type` (a newer server may send types we skip). */
export function parseFrame<T extends { type: string } = ServerFrame | OperatorFrame>(text: string): T | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("type" in value)) return null;
    return typeof value.type === "string" ? (value as T) : null;
  } catch {
    return null;
  }
}
