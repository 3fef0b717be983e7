/** A socket that comes back: jittered backoff, liveness by ping. Knows no session and no meaning of a frame. */
import type { Cancel, Ports, SocketLike } from "./ports.js";

export const FIRST_DELAY_MS = 500;
export const LONGEST_DELAY_MS = 20_000;
export const PING_EVERY_MS = 25_000;
/** Silence after a ping that counts as a dead connection. */
export const PONG_WITHIN_MS = 8_000;

/** Delay before the given attempt (0-based): half fixed, half random, doubling up to a ceiling. */
export function backoff(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}

export interface ConnectionEvents {
  /** The socket is open: say hello. */
  opened(): void;
  received(text: string): void;
  /** The socket is gone; another attempt is on its way. */
  lost(): void;
}

export class Connection {
  private socket: SocketLike | null = null;
  private open = false;
  private attempt = 0;
  private wanted = false;
  private retry: Cancel | null = null;
  private watch: Cancel | null = null;
  private forget: Cancel[] = [];

  constructor(
    private readonly url: string,
    private readonly ports: Ports,
    private readonly events: ConnectionEvents,
  ) {}

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.forget = [
      this.ports.onWake(() => {
        this.wake();
      }),
      this.ports.onSleep(() => {
        this.drop();
      }),
    ];
    this.dial();
  }

  stop(): void {
    this.wanted = false;
    for (const cancel of this.forget) cancel();
    this.forget = [];
    this.release();
  }

  /** Begins anew at once, keeping the caller's wish to be connected. */
  restart(): void {
    if (!this.wanted) return;
    this.release();
    this.attempt = 0;
    this.dial();
  }

  /** Somebody is waiting: skips what is left of the delay. */
  hurry(): void {
    if (this.retry) this.restart();
  }

  /** The conversation is established: the next loss starts again with the shortest delay. */
  settled(): void {
    this.attempt = 0;
  }

  /** Drops the text when the socket is not open; what must arrive is sent again after `opened`. */
  send(text: string): void {
    if (this.open) this.socket?.send(text);
  }

  private dial(): void {
    this.retry = null;
    const socket = this.ports.openSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.open = true;
      this.schedulePing();
      this.events.opened();
    };
    socket.onmessage = (event) => {
      this.schedulePing();
      if (typeof event.data === "string") this.events.received(event.data);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.drop();
    };
    this.expect(PONG_WITHIN_MS); // a socket that never opens is dead as well
  }

  private schedulePing(): void {
    this.watch?.();
    this.watch = this.ports.after(PING_EVERY_MS, () => {
      this.ping();
    });
  }

  private ping(): void {
    this.send('{"type":"ping"}');
    this.expect(PONG_WITHIN_MS);
  }

  private expect(ms: number): void {
    this.watch?.();
    this.watch = this.ports.after(ms, () => {
      this.drop();
    });
  }

  private wake(): void {
    if (this.socket) this.ping();
    else this.restart();
  }

  private drop(): void {
    if (!this.wanted || this.retry) return;
    this.release();
    this.events.lost();
    this.retry = this.ports.after(backoff(this.attempt++, this.ports.random()), () => {
      this.dial();
    });
  }

  private release(): void {
    this.retry?.();
    this.retry = null;
    this.watch?.();
    this.watch = null;
    const socket = this.socket;
    this.socket = null;
    this.open = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
