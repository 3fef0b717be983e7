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

/** How long another tab's new conversation may take to reach the server before this tab joins it. */
export const FOLLOW_AFTER_MS = 1_000;
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
  /** The secret of this tab's conversation; null until the server gave us one. */
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
    this.note((saved) => ({ ...saved, votes: this.state.votes }));
    this.send({ type: "feedback", message_id: messageId, value, ...(reason ? { reason } : {}) });
  }

  /** Settles "did this solve it?"; null is "do not ask". */
  solved(messageId: string, value: boolean | null): void {
    this.apply({ type: "local_asked", message_id: messageId });
    this.note((saved) => ({ ...saved, asked: [...this.state.asked] }));
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
    this.note((saved) => ({ ...saved, seen: Math.max(saved.seen, this.state.seen) }));
  }

  dismissNotice(): void {
    this.apply({ type: "local_notice_read" });
  }

  /** Leaves the conversation and begins a new one. */
  restart(): void {
    this.memory.forgetSession();
    this.sessionId = null;
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
    else this.reconnect();
  }

  private reconnect(): void {
    if (this.state.link === "idle") return;
    this.apply({ type: "local_link", link: "connecting" });
    this.connection.restart();
  }

  private post(frame: Outgoing): void {
    this.outbox.add(frame);
    this.dispatch(frame);
  }

  private dispatch(frame: Outgoing): void {
    this.show(frame);
    if (this.state.link === "offline") this.connection.hurry();
    if (this.state.link !== "online") return;
    const saved = this.memory.session();
    if (saved && saved.sessionId !== this.sessionId && this.state.offset === 0) {
      this.join(); // another tab spoke first: one visitor has one conversation
      return;
    }
    this.keep();
    this.transmit(frame);
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
    const session = this.sessionId ?? this.memory.session()?.sessionId;
    const resuming = this.sessionId !== null && this.state.offset > 0;
    this.transmit({
      type: "session_request",
      visitor_id: this.memory.visitorId(),
      ...(session ? { session_id: session } : {}),
      ...(resuming ? { resume_from: this.state.offset } : {}),
      ...(this.customer ? { customer: this.customer } : {}),
      ...(this.options.language ? { language: this.options.language } : {}),
    });
  }

  private receive(text: string): void {
    const frame = parseFrame<ServerFrame>(text);
    if (!frame) return;
    const before = this.state.link;
    this.settle(frame);
    this.apply(frame);
    if (frame.type === "session_confirm") this.established(frame, before === "online");
    if (frame.type === "error" && frame.code === "bad_identity") {
      this.customer = null; // better an anonymous chat than none
      this.reconnect();
    }
  }

  /** What a frame says about our own messages. */
  private settle(frame: ServerFrame): void {
    if (frame.type === "error" && frame.reply_to) this.outbox.fail(frame.reply_to);
    else if (frame.type === "user_uttered") this.outbox.settle(frame.message_id);
    else if (frame.type === "status" && frame.message_id) this.outbox.settle(frame.message_id);
    else if ((frame.type === "bot_started" || frame.type === "bot_uttered") && frame.reply_to)
      this.outbox.settle(frame.reply_to);
  }

  /** `rolledOver`: the server began a new conversation on a line that was up, and has our message already. */
  private established(frame: SessionConfirm, rolledOver: boolean): void {
    this.connection.settled();
    this.sessionId = frame.session_id;
    const pending = this.outbox.pending();
    // An opened chat without a message is not stored by the server, so there is nothing to come back to.
    if (frame.offset > 0 || pending.length) this.keep();
    this.restore();
    if (rolledOver) return;
    for (const waiting of pending) this.transmit(waiting);
    for (const waiting of this.unsent.splice(0)) this.transmit(waiting);
  }

  /** Remembers this conversation for other tabs and the next page load. */
  private keep(): void {
    const { conversationId, seen, votes, asked } = this.state;
    if (!this.sessionId || !conversationId) return;
    const known = this.memory.session();
    const same = known?.conversationId === conversationId;
    this.memory.saveSession({
      seen: same ? Math.max(known.seen, seen) : seen,
      votes: same ? known.votes : votes,
      asked: same ? known.asked : [...asked],
      sessionId: this.sessionId,
      conversationId,
      customerId: this.customer?.id ?? (same ? known.customerId : null),
    });
  }

  /** Takes up what an earlier page load, or another tab, noted about this conversation. */
  private restore(): void {
    const saved = this.memory.session();
    if (saved?.conversationId !== this.state.conversationId) return;
    this.apply({ type: "local_restored", seen: saved.seen, votes: saved.votes, asked: saved.asked });
  }

  private note(change: (session: SavedSession) => SavedSession): void {
    const saved = this.memory.session();
    if (saved?.conversationId === this.state.conversationId) this.memory.saveSession(change(saved));
  }

  /** Another tab has begun a different conversation, or noted something about this one. */
  private follow(): void {
    const saved = this.memory.session();
    if (!saved) return;
    if (saved.conversationId === this.state.conversationId) this.restore();
    else
      this.options.ports.after(FOLLOW_AFTER_MS, () => {
        if (this.memory.session()?.sessionId !== this.sessionId) this.join();
      });
  }

  /** Leaves this tab's conversation for the remembered one; unsent messages come along. */
  private join(): void {
    this.sessionId = null;
    this.apply({ type: "local_reset" });
    for (const waiting of this.outbox.pending()) this.show(waiting);
    this.connection.restart();
  }

  private apply(event: ChatEvent): void {
    const next = reduce(this.state, event);
    if (next === this.state) return;
    this.state = next;
    this.options.changed(next, event);
  }
}
