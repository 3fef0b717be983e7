/** One customer's conversation with one server: says hello, resumes, queues, resends. Knows no DOM. */
import { Connection } from "./connection.js";
import { parseFrame } from "./frames.js";
import { Memory, type SavedSession } from "./memory.js";
import { Outbox, type Outgoing } from "./outbox.js";
import type { Cancel, Ports } from "./ports.js";
import { INITIAL, reduce, type ChatEvent, type ChatState } from "./state.js";
import type {
  ClientFrame,
  CustomerIdentity,
  QuickReplyOut,
  ServerFrame,
  SessionConfirm,
} from "./wire.gen.js";

/** Least time between two `typing` frames. */
export const TYPING_EVERY_MS = 3_000;

export interface SessionOptions {
  /** Base URL of the server, http or https. */
  server: string;
  language: string | null;
  ports: Ports;
  /** Called after every change, with what caused it. */
  changed: (state: ChatState, event: ChatEvent) => void;
}

/** Address of the socket below a server's base URL. */
export function socketUrl(server: string): string {
  const url = new URL("ws", server.endsWith("/") ? server : `${server}/`);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

export class ChatSession {
  state: ChatState = INITIAL;
  readonly memory: Memory;
  private readonly connection: Connection;
  private readonly outbox: Outbox;
  /** Frames without an acknowledgement of their own, waiting for the line. */
  private unsent: ClientFrame[] = [];
  private customer: CustomerIdentity | null = null;
  /** The secret of the conversation on this line; null until the server gave us one. */
  private sessionId: string | null = null;
  private lastTyping = 0;
  private unlisten: Cancel | null = null;

  constructor(private readonly options: SessionOptions) {
    const { ports, server } = options;
    this.memory = new Memory(ports, server);
    this.outbox = new Outbox(ports, `chat:outbox:${server}`, (id) => {
      this.apply({ type: "local_unsent", message_id: id });
    });
    this.connection = new Connection(socketUrl(server), ports, {
      opened: () => {
        this.hello();
      },
      received: (text) => {
        this.receive(text);
      },
      lost: () => {
        this.apply({ type: "local_link", link: "offline" });
      },
    });
  }

  /** True when an earlier conversation can be resumed. */
  get resumable(): boolean {
    return this.memory.session() !== null;
  }

  start(): void {
    if (this.state.link !== "idle") return;
    this.apply({ type: "local_link", link: "connecting" });
    for (const frame of this.outbox.pending()) this.show(frame);
    this.unlisten = this.options.ports.onSharedChange((key) => {
      if (key === this.memory.sessionKey) this.follow();
    });
    this.connection.start();
  }

  stop(): void {
    this.unlisten?.();
    this.unlisten = null;
    this.connection.stop();
    this.apply({ type: "local_link", link: "idle" });
  }

  say(text: string): void {
    this.post({ type: "user_uttered", message_id: this.options.ports.newId(), text });
  }

  press(reply: QuickReplyOut, replyTo: string): void {
    const message_id = this.options.ports.newId();
    this.post({
      type: "quick_reply",
      message_id,
      reply_to: replyTo,
      payload: reply.payload,
      title: reply.title,
    });
  }

  /** Sends a failed message again under its old id, so that it is answered once. */
  retry(messageId: string): void {
    const message = this.state.messages.find((item) => item.id === messageId);
    if (message?.state !== "failed") return;
    const frame = this.outbox.retry(messageId);
    if (frame) this.dispatch(frame);
    else this.post({ type: "user_uttered", message_id: messageId, text: message.text });
  }

  vote(messageId: string, value: 1 | -1, reason?: string): void {
    this.apply({ type: "local_voted", message_id: messageId, value });
    this.memory.update((saved) => ({ ...saved, votes: this.state.votes }));
    this.send({ type: "feedback", message_id: messageId, value, ...(reason ? { reason } : {}) });
  }

  /** Settles "did this solve it?"; null is "do not ask". */
  solved(messageId: string, value: boolean | null): void {
    this.apply({ type: "local_asked", message_id: messageId });
    this.memory.update((saved) => ({ ...saved, asked: [...this.state.asked] }));
    if (value !== null) this.send({ type: "resolved", value });
  }

  askPerson(): void {
    this.send({ type: "handoff_request" });
  }

  typing(): void {
    const now = this.options.ports.now();
    if (this.state.link !== "online" || now - this.lastTyping < TYPING_EVERY_MS) return;
    this.lastTyping = now;
    this.transmit({ type: "typing" });
  }

  /** Everything received so far has been on screen. */
  markSeen(): void {
    if (this.state.seen >= this.state.offset) return;
    this.apply({ type: "local_seen", offset: this.state.offset });
    this.memory.update((saved) => ({ ...saved, seen: Math.max(saved.seen, this.state.seen) }));
  }

  dismissNotice(): void {
    this.apply({ type: "local_notice_read" });
  }

  /** Leaves the conversation and begins a new one. */
  restart(): void {
    this.memory.forgetSession();
    this.outbox.clear();
    this.unsent = [];
    this.apply({ type: "local_reset" });
    this.connection.restart();
  }

  /** Says who the customer is; a different customer than before never sees the old conversation. */
  setCustomer(customer: CustomerIdentity): void {
    if (customer.id === this.customer?.id && customer.hmac === this.customer.hmac) return;
    this.customer = customer;
    const saved = this.memory.session();
    if (saved?.customerId && saved.customerId !== customer.id) this.restart();
    else this.connection.restart();
  }

  private post(frame: Outgoing): void {
    this.outbox.add(frame);
    this.dispatch(frame);
  }

  private dispatch(frame: Outgoing): void {
    this.show(frame);
    if (this.state.link === "online") this.transmit(frame);
  }

  private show(frame: Outgoing): void {
    const text = frame.type === "quick_reply" ? frame.title : frame.text;
    const at = new Date(this.options.ports.now()).toISOString();
    this.apply({ type: "local_said", message_id: frame.message_id, text, at });
  }

  private send(frame: ClientFrame): void {
    if (this.state.link === "online") this.transmit(frame);
    else this.unsent.push(frame);
  }

  private transmit(frame: ClientFrame): void {
    this.connection.send(JSON.stringify(frame));
  }

  private hello(): void {
    const saved = this.memory.session();
    const resuming = saved !== null && saved.conversationId === this.state.conversationId;
    this.sessionId = saved?.sessionId ?? null;
    this.transmit({
      type: "session_request",
      visitor_id: this.memory.visitorId(),
      ...(saved ? { session_id: saved.sessionId } : {}),
      ...(resuming ? { resume_from: this.state.offset } : {}),
      ...(this.customer ? { customer: this.customer } : {}),
      ...(this.options.language ? { language: this.options.language } : {}),
    });
  }

  private receive(text: string): void {
    const frame = parseFrame<ServerFrame>(text);
    if (!frame) return;
    if (frame.type === "error" && this.state.link !== "online" && !frame.retryable && this.resumable) {
      this.restart(); // the server does not take our session any more
      return;
    }
    this.settle(frame);
    this.apply(frame);
    if (frame.type === "session_confirm") this.established(frame);
  }

  /** What a frame says about our own messages. */
  private settle(frame: ServerFrame): void {
    if (frame.type === "error" && frame.reply_to) this.outbox.fail(frame.reply_to);
    else if (frame.type === "user_uttered") this.outbox.settle(frame.message_id);
    else if (frame.type === "status" && frame.message_id) this.outbox.settle(frame.message_id);
    else if ((frame.type === "bot_started" || frame.type === "bot_uttered") && frame.reply_to)
      this.outbox.settle(frame.reply_to);
  }

  private established(frame: SessionConfirm): void {
    this.connection.settled();
    const saved = this.memory.session();
    if (saved && saved.sessionId !== this.sessionId && saved.sessionId !== frame.session_id) {
      this.connection.restart(); // another tab was first: one visitor has one conversation
      return;
    }
    this.sessionId = frame.session_id;
    this.remember(frame);
    for (const waiting of this.outbox.pending()) this.transmit(waiting);
    for (const waiting of this.unsent.splice(0)) this.transmit(waiting);
  }

  private remember(frame: SessionConfirm): void {
    const known = this.memory.session();
    const same = known?.conversationId === frame.conversation_id;
    const saved: SavedSession = {
      seen: same ? known.seen : 0,
      votes: same ? known.votes : {},
      asked: same ? known.asked : [],
      sessionId: frame.session_id,
      conversationId: frame.conversation_id,
      customerId: this.customer?.id ?? (same ? known.customerId : null),
    };
    this.memory.saveSession(saved);
    this.state = {
      ...this.state,
      seen: Math.max(this.state.seen, saved.seen),
      votes: saved.votes,
      asked: saved.asked,
    };
  }

  /** Another tab has begun a different conversation: join it. */
  private follow(): void {
    const saved = this.memory.session();
    if (!saved) return;
    if (saved.conversationId === this.state.conversationId) {
      this.apply({ type: "local_seen", offset: saved.seen });
      return;
    }
    this.apply({ type: "local_reset" });
    this.connection.restart();
  }

  private apply(event: ChatEvent): void {
    const next = reduce(this.state, event);
    if (next === this.state) return;
    this.state = next;
    this.options.changed(next, event);
  }
}
