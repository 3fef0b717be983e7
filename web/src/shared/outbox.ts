/** Messages on their way: kept until the server has them, sent again after a reconnect, given up after a while. */
import { readJson, writeJson } from "./memory.js";
import type { Cancel, Ports } from "./ports.js";
import type { QuickReplyPressed, UserUttered } from "./wire.gen.js";

/** A message without an acknowledgement for so long is shown as failed. */
export const GIVE_UP_MS = 15_000;

export type Outgoing = UserUttered | QuickReplyPressed;

export class Outbox {
  private waiting: Outgoing[];
  private failed = new Map<string, Outgoing>();
  private timers = new Map<string, Cancel>();

  constructor(
    private readonly ports: Pick<Ports, "tab" | "after">,
    private readonly key: string,
    private readonly gaveUp: (messageId: string) => void,
  ) {
    this.waiting = readJson<Outgoing[]>(ports.tab, key) ?? [];
    for (const frame of this.waiting) this.time(frame.message_id);
  }

  /** Everything unacknowledged, oldest first. */
  pending(): readonly Outgoing[] {
    return this.waiting;
  }

  add(frame: Outgoing): void {
    this.failed.delete(frame.message_id);
    this.waiting.push(frame);
    this.time(frame.message_id);
    this.save();
  }

  /** The server has it. */
  settle(messageId: string): void {
    this.failed.delete(messageId);
    this.remove(messageId);
  }

  /** The server refused it, or never answered: kept for `retry` only. */
  fail(messageId: string): void {
    const frame = this.remove(messageId);
    if (frame) this.failed.set(messageId, frame);
  }

  /** Puts a failed message back in the queue; null when there is none. */
  retry(messageId: string): Outgoing | null {
    const frame = this.failed.get(messageId) ?? null;
    if (frame) this.add(frame);
    return frame;
  }

  clear(): void {
    for (const frame of [...this.waiting]) this.remove(frame.message_id);
    this.failed.clear();
  }

  private remove(messageId: string): Outgoing | undefined {
    const frame = this.waiting.find((item) => item.message_id === messageId);
    if (!frame) return undefined;
    this.waiting = this.waiting.filter((item) => item !== frame);
    this.timers.get(messageId)?.();
    this.timers.delete(messageId);
    this.save();
    return frame;
  }

  private time(messageId: string): void {
    this.timers.get(messageId)?.();
    const cancel = this.ports.after(GIVE_UP_MS, () => {
      this.fail(messageId);
      this.gaveUp(messageId);
    });
    this.timers.set(messageId, cancel);
  }

  private save(): void {
    if (this.waiting.length) writeJson(this.ports.tab, this.key, this.waiting);
    else this.ports.tab.removeItem(this.key);
  }
}
