/**
 * Labels on their way to the server: held a moment so that they can be taken back, then sent one after another. A label that
 * was sent is taken back by the next one for the same turn: the newest counts.
 */
import type { Cancel } from "../../../shared/ports.js";

export interface OutboxPorts {
  send: (turnId: string, intent: string) => Promise<unknown>;
  after: (ms: number, run: () => void) => Cancel;
  /** A label that the server did not take. */
  failed: (turnId: string, error: unknown) => void;
}

/** Long enough to notice a slip of the finger. */
export const HOLD_MS = 6_000;

export class LabelOutbox {
  private readonly held = new Map<string, { intent: string; cancel: Cancel }>();
  private sending: Promise<void> = Promise.resolve();

  constructor(private readonly ports: OutboxPorts) {}

  put(turnId: string, intent: string): void {
    this.takeBack(turnId);
    const cancel = this.ports.after(HOLD_MS, () => {
      this.release(turnId);
    });
    this.held.set(turnId, { intent, cancel });
  }

  /** True when it had not been sent, so that nothing of it is left. */
  takeBack(turnId: string): boolean {
    this.held.get(turnId)?.cancel();
    return this.held.delete(turnId);
  }

  /** Sends everything now: the page is left. */
  flush(): Promise<void> {
    for (const turnId of [...this.held.keys()]) this.release(turnId);
    return this.sending;
  }

  get waiting(): number {
    return this.held.size;
  }

  private release(turnId: string): void {
    const entry = this.held.get(turnId);
    if (!entry) return;
    entry.cancel();
    this.held.delete(turnId);
    this.sending = this.sending.then(async () => {
      try {
        await this.ports.send(turnId, entry.intent);
      } catch (error) {
        this.ports.failed(turnId, error);
      }
    });
  }
}
