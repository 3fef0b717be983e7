/** Messages on their way: kept until the server has them, sent again in order after a reconnect, given up together. */
import { readJson, writeJson } from "./memory.js";
import type { Cancel, Ports } from "./ports.js";
import type { QuickReplyPressed, UserUttered } from "./wire.gen.js";

/** How long after the newest was written the unacknowledged ones are shown as not sent: longer than a restart takes. */
export const GIVE_UP_MS = 120_000;

export type Outgoing = UserUttered | QuickReplyPressed;

export class Outbox {
  private waiting: Outgoing[];
  private failed = new Map<string, Outgoing>();
  /** One for all: if they were given up one by one, a later message would overtake an earlier one. */
  private clock: Cancel | null = null;

  constructor(
    private readonly ports: Pick<Ports, "tab" | "after">,
    private readonly key: string,
    private readonly gaveUp: (messageId: string) => void,
  ) {
    this.waiting = readJson<Outgoing[]>(ports.tab, key) ?? [];
    this.windUp();
  }

  /** Everything unacknowledged, oldest first. */
  pending(): readonly Outgoing[] {
    return this.waiting;
  }

  add(frame: Outgoing): void {
    this.failed.delete(frame.message_id);
    this.waiting.push(frame);
    this.windUp();
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
    if (!this.waiting.length) this.windUp();
    this.save();
    return frame;
  }

  private windUp(): void {
    this.clock?.();
    this.clock = this.waiting.length ? this.ports.after(GIVE_UP_MS, this.giveUp) : null;
  }

  private readonly giveUp = (): void => {
    for (const { message_id: id } of [...this.waiting]) {
      this.fail(id);
      this.gaveUp(id);
    }
  };

  private save(): void {
    if (this.waiting.length) writeJson(this.ports.tab, this.key, this.waiting);
    else this.ports.tab.removeItem(this.key);
  }
}
