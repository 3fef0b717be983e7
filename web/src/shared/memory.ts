/** What the widget keeps between page loads: who this visitor is, which conversation is open, what was seen. */
import type { KeyValue, Ports } from "./ports.js";

const HOUR_MS = 3_600_000;
export const SESSION_TTL_MS = 24 * HOUR_MS;
export const VISITOR_TTL_MS = 365 * 24 * HOUR_MS;

export interface SavedSession {
  sessionId: string;
  conversationId: string;
  /** Customer the page vouched for, if any. */
  customerId: string | null;
  /** Highest offset the customer has had on screen. */
  seen: number;
  votes: Record<string, 1 | -1>;
  /** Bot messages about which "did this solve it?" was answered or dismissed. */
  asked: string[];
}

interface Kept<T> {
  value: T;
  until: number;
}

/** One visitor's memory of one server. */
export class Memory {
  readonly sessionKey: string;
  private readonly visitorKey: string;

  constructor(
    private readonly ports: Pick<Ports, "shared" | "now" | "newId">,
    server: string,
  ) {
    this.sessionKey = `chat:session:${server}`;
    this.visitorKey = `chat:visitor:${server}`;
  }

  visitorId(): string {
    const known = this.read<string>(this.visitorKey) ?? this.ports.newId();
    this.write(this.visitorKey, known, VISITOR_TTL_MS);
    return known;
  }

  session(): SavedSession | null {
    return this.read<SavedSession>(this.sessionKey);
  }

  /** Each save also postpones the expiry. */
  saveSession(session: SavedSession): void {
    this.write(this.sessionKey, session, SESSION_TTL_MS);
  }

  forgetSession(): void {
    this.ports.shared.removeItem(this.sessionKey);
  }

  private read<T>(key: string): T | null {
    const kept = readJson<Kept<T>>(this.ports.shared, key);
    return kept && kept.until > this.ports.now() ? kept.value : null;
  }

  private write<T>(key: string, value: T, ttlMs: number): void {
    writeJson(this.ports.shared, key, { value, until: this.ports.now() + ttlMs } satisfies Kept<T>);
  }
}

/** Null when absent or not JSON. */
export function readJson<T>(storage: KeyValue, key: string): T | null {
  try {
    return JSON.parse(storage.getItem(key) ?? "null") as T | null;
  } catch {
    return null;
  }
}

/** A full or closed storage loses the memory, not the chat. */
export function writeJson(storage: KeyValue, key: string, value: unknown): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    storage.removeItem(key);
  }
}
