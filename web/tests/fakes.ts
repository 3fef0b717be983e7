/** A browser made of values: sockets, storage and a clock that tests move by hand. */
import {
  memoryStorage,
  type Cancel,
  type KeyValue,
  type Ports,
  type SocketLike,
} from "../src/shared/ports.js";
import type { ClientFrame, ServerFrame } from "../src/shared/wire.gen.js";

export class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: ClientFrame[] = [];
  closed = false;

  constructor(readonly url: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame);
  }

  close(): void {
    this.closed = true;
  }

  accept(): void {
    this.onopen?.();
  }

  receive(...frames: ServerFrame[]): void {
    for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** The network cuts the line. */
  cut(): void {
    this.closed = true;
    this.onclose?.();
  }

  of<T extends ClientFrame["type"]>(type: T): Extract<ClientFrame, { type: T }>[] {
    return this.sent.filter((frame): frame is Extract<ClientFrame, { type: T }> => frame.type === type);
  }
}

interface Timer {
  at: number;
  run: () => void;
}

export class FakeBrowser {
  readonly sockets: FakeSocket[] = [];
  readonly tab: KeyValue = memoryStorage();
  private clock = Date.parse("2026-01-05T09:00:00Z");
  private timers: Timer[] = [];
  private ids = 0;
  private readonly listeners = {
    shared: new Set<(key: string | null) => void>(),
    wake: new Set<() => void>(),
    sleep: new Set<() => void>(),
  };

  /** Pass the same storage to stand for two tabs of one browser. */
  constructor(readonly shared: KeyValue = memoryStorage()) {}

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  }

  get ports(): Ports {
    const on = <F>(set: Set<F>, run: F): Cancel => {
      set.add(run);
      return () => void set.delete(run);
    };
    return {
      openSocket: (url) => {
        const socket = new FakeSocket(url);
        this.sockets.push(socket);
        return socket;
      },
      now: () => this.clock,
      after: (ms, run) => this.after(ms, run),
      random: () => 0.5,
      newId: () => `id-${++this.ids}`,
      shared: this.shared,
      tab: this.tab,
      onSharedChange: (run) => on(this.listeners.shared, run),
      onWake: (run) => on(this.listeners.wake, run),
      onSleep: (run) => on(this.listeners.sleep, run),
    };
  }

  /** Moves the clock and runs what falls due, in order. */
  pass(ms: number): void {
    const end = this.clock + ms;
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.clock = due.at;
      due.run();
    }
    this.clock = end;
  }

  anotherTabWrote(key: string): void {
    for (const run of this.listeners.shared) run(key);
  }

  wake(): void {
    for (const run of this.listeners.wake) run();
  }

  private after(ms: number, run: () => void): Cancel {
    const timer = { at: this.clock + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((item) => item !== timer);
    };
  }
}

/** A server's welcome. */
export function confirm(over: Partial<Extract<ServerFrame, { type: "session_confirm" }>> = {}): ServerFrame {
  return {
    type: "session_confirm",
    session_id: "secret",
    conversation_id: "c1",
    offset: 0,
    owner: "bot",
    ...over,
  };
}

export const AT = "2026-01-05T09:00:00Z";

export function botSaid(
  offset: number,
  id: string,
  text: string,
  replyTo: string | null = null,
): Extract<ServerFrame, { type: "bot_uttered" }> {
  return { type: "bot_uttered", offset, at: AT, message_id: id, reply_to: replyTo, text, backend: "intent" };
}

export function customerSaid(offset: number, id: string, text: string): ServerFrame {
  return { type: "user_uttered", offset, at: AT, message_id: id, text };
}
