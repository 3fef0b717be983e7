/** What concerns an operator whatever page is open: who waits, who is on duty, and which own conversation has news. */
import type { Ports } from "../shared/ports.js";
import type { OperatorEvent } from "../shared/wire.gen.js";
import type { Api } from "./api.js";
import { ApiError } from "./http.js";
import { Soon } from "./soon.js";
import type { Duty } from "./types.js";

const EVERY_MS = 700;

export interface FiguresOptions {
  api: Api;
  ports: Ports;
  me: () => string;
  /** The conversation on screen. */
  shown: () => string;
  attempt: (work: () => Promise<void>) => Promise<void>;
}

export class Figures {
  waiting = 0;
  /** Left while nobody was on duty, and not taken up yet. */
  messages = 0;
  /** When the one who waits longest came, by this machine's clock, ms since 1970; null when nobody waits. */
  longestSince: number | null = null;
  /** Names; null where the server does not know duty. */
  onDuty: readonly string[] | null = null;
  /** Own conversations. */
  mine: ReadonlySet<string> = new Set();
  /** Own conversations in which the customer wrote something that was not on screen. */
  unread: ReadonlySet<string> = new Set();
  private readonly soon: Soon;

  constructor(private readonly options: FiguresOptions) {
    this.soon = new Soon(options.ports, EVERY_MS, () => void this.refresh());
  }

  close(): void {
    this.soon.cancel();
  }

  refreshSoon(): void {
    this.soon.call();
  }

  heard({ conversation_id: id, event }: OperatorEvent): void {
    if (event.type === "owner_changed" || event.type === "conversation_closed") this.soon.call();
    else if (event.type === "operator_uttered") this.read(id);
    else if (event.type === "user_uttered" && this.mine.has(id) && this.options.shown() !== id)
      this.unread = new Set([...this.unread, id]);
  }

  read(id: string): void {
    if (this.unread.has(id)) this.unread = new Set([...this.unread].filter((one) => one !== id));
  }

  refresh(): Promise<void> {
    return this.options.attempt(async () => {
      const [duty, mine] = await Promise.all([
        this.duty(),
        this.options.api.conversations({ owner: "operator", limit: 200 }),
      ]);
      const own = mine.conversations.filter((one) => one.operator === this.options.me());
      this.mine = new Set(own.map((one) => one.conversation_id));
      this.unread = new Set([...this.unread].filter((id) => this.mine.has(id)));
      this.take(duty);
    });
  }

  take(duty: Omit<Duty, "on_duty"> & { on_duty: string[] | null }): void {
    this.waiting = duty.waiting;
    this.messages = duty.messages ?? 0;
    this.onDuty = duty.on_duty;
    this.longestSince =
      duty.waiting && duty.longest_wait_s !== null
        ? this.options.ports.now() - duty.longest_wait_s * 1000
        : null;
  }

  /** A server that knows no duty has a queue all the same. */
  private async duty(): Promise<Omit<Duty, "on_duty"> & { on_duty: string[] | null }> {
    try {
      return await this.options.api.duty();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isMissing) throw error;
      const queue = await this.options.api.conversations({ owner: "queue", limit: 200 });
      return { on_duty: null, waiting: queue.conversations.length, longest_wait_s: null };
    }
  }
}
