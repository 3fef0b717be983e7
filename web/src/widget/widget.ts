/** `<chat-widget>`: joins the session to the elements, and is all that a page sees of the chat. */
import { LitElement, html, nothing, type PropertyValues } from "lit";
import { browserPorts, type Cancel, type Ports } from "../shared/ports.js";
import { ChatSession } from "../shared/session.js";
import { stringsFor, type Strings } from "../shared/strings.js";
import { INITIAL, solvable, unreadCount, type ChatEvent, type ChatState } from "../shared/state.js";
import { assertNever } from "../shared/frames.js";
import { ACT, type Act } from "./act.js";
import type { SolvedStage } from "./solved.js";
import { base, theme } from "./theme.js";
import { widgetStyles } from "./widget.styles.js";

/** Pause after an answer before asking whether it solved the problem. */
export const SOLVED_AFTER_MS = 8_000;
/** Happenings that do not count as conversation. */
const QUIET = new Set<ChatEvent["type"]>(["local_seen", "local_asked", "local_restored", "pong"]);
/** How long the thanks for that answer stay. */
const THANKS_MS = 6_000;

/** Parts of the inner elements that a page may style. */
const PARTS =
  "window, header, close, banner, offline, log, greeting, quick-replies, message, customer, bot, operator, bubble, " +
  "thumb, citations, pill, composer, input, send, ask-person";

/** Where the script came from: the server, unless the page names another. */
const SCRIPT = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : "";

export class ChatWidget extends LitElement {
  static override properties = {
    server: { type: String },
    lang: { type: String },
    theme: { type: String, reflect: true },
    heading: { type: String },
    greeting: { type: String },
    suggestions: { type: String },
    side: { type: String, reflect: true },
    opened: { type: Boolean, reflect: true, attribute: "open" },
    chat: { state: true },
    asking: { state: true },
  };
  static override styles = [theme, base, widgetStyles];

  declare server: string;
  declare theme: "light" | "dark" | "auto";
  declare heading: string;
  declare greeting: string | null;
  /** Questions offered in an empty conversation, separated by `|`. */
  declare suggestions: string;
  declare side: "end" | "start";
  declare opened: boolean;
  declare private chat: ChatState;
  declare private asking: { id: string; stage: SolvedStage } | null;

  /** What stands in for the browser in tests; set before the element is attached. */
  ports: Ports | null = null;
  private session: ChatSession | null = null;
  private customer: { id: string; hmac: string } | null = null;
  private timer: Cancel | null = null;
  /** Highest offset that the conversation had when this page first joined it. */
  private announced = 0;
  private known = "";

  constructor() {
    super();
    this.server = "";
    this.theme = "auto";
    this.heading = "";
    this.greeting = null;
    this.suggestions = "";
    this.side = "end";
    this.opened = false;
    this.chat = INITIAL;
    this.asking = null;
  }

  /** Opens the window and moves the focus into it. */
  open(): void {
    this.opened = true;
  }

  /** Closes the window and gives the focus back to the launcher. */
  close(): void {
    this.opened = false;
  }

  /** Opens the window and says something in the customer's name, as a button on the page would. */
  say(text: string): void {
    this.open();
    void this.updateComplete.then(() => this.session?.say(text));
  }

  /** Tells the server who is logged in; `hmac` is the hex HMAC-SHA256 of the id, made by the page's own server. */
  setCustomer(id: string, hmac: string): void {
    this.customer = { id, hmac };
    this.session?.setCustomer(this.customer);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.renderRoot.addEventListener(ACT, this.acted);
    this.renderRoot.addEventListener("keydown", this.pressed);
    document.addEventListener("visibilitychange", this.looked);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.looked);
    this.timer?.();
    this.session?.stop();
    this.session = null;
  }

  override render(): unknown {
    const t = stringsFor(this.language);
    return html`<div class="stack" lang=${t.code}>
      ${this.opened ? this.window(t) : nothing}
      ${
        this.asking && !this.opened
          ? html`<chat-solved class="parting" .t=${t} .stage=${this.asking.stage}></chat-solved>`
          : nothing
      }
      <chat-launcher
        exportparts="launcher, unread"
        .t=${t}
        .expanded=${this.opened}
        .unread=${this.opened ? 0 : unreadCount(this.chat)}
      ></chat-launcher>
    </div>`;
  }

  private window(t: Strings): unknown {
    return html`<chat-window
      exportparts=${PARTS}
      .t=${t}
      .chat=${this.chat}
      .locale=${this.language}
      .heading=${this.heading || t.heading}
      .greeting=${this.greeting ?? t.greeting}
      .suggestions=${this.suggestions
        .split("|")
        .map((text) => text.trim())
        .filter(Boolean)}
      .stage=${this.asking?.stage ?? null}
    ></chat-window>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("server") || !this.session) this.connect();
    if (!changed.has("opened")) return;
    if (this.opened) this.shown();
    else if (changed.get("opened")) this.parted();
  }

  private get language(): string {
    return this.lang || document.documentElement.lang || navigator.language;
  }

  /** A visitor who never opens the chat costs the server no connection. */
  private connect(): void {
    this.session?.stop();
    this.session = new ChatSession({
      server: this.server || new URL(".", SCRIPT || location.href).href,
      language: this.language || null,
      ports: this.ports ?? browserPorts(),
      changed: (state, event) => {
        this.changed(state, event);
      },
    });
    if (this.customer) this.session.setCustomer(this.customer);
    if (this.opened || this.session.resumable) this.session.start();
  }

  private shown(): void {
    this.session?.start();
    this.emit("opened", {});
    this.looked();
    this.planQuestion();
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector<HTMLElement>("chat-window")?.focus();
    });
  }

  private parted(): void {
    this.timer?.();
    const answer = solvable(this.chat);
    if (answer) this.asking ??= { id: answer.id, stage: "ask" };
    this.renderRoot.querySelector<HTMLElement>("chat-launcher")?.focus();
  }

  private changed(state: ChatState, event: ChatEvent): void {
    this.chat = state;
    this.report(event);
    this.looked();
    if (!QUIET.has(event.type)) this.planQuestion();
  }

  /** Whatever arrives while the window is open and visible has been seen. */
  private readonly looked = (): void => {
    if (this.opened && document.visibilityState === "visible") this.session?.markSeen();
  };

  private readonly pressed = (event: Event): void => {
    if ((event as KeyboardEvent).key !== "Escape" || !this.opened) return;
    event.stopPropagation();
    this.close();
  };

  /** Asks after a pause; every new happening, and the customer's typing, starts the pause again. */
  private planQuestion(): void {
    this.timer?.();
    this.timer = null;
    const answer = solvable(this.chat);
    if (this.asking && this.asking.id !== this.chat.messages.at(-1)?.id) this.asking = null;
    if (!answer || this.asking || !this.opened) return;
    this.timer = (this.ports ?? browserPorts()).after(SOLVED_AFTER_MS, () => {
      this.asking = { id: answer.id, stage: "ask" };
    });
  }

  private answerQuestion(value: boolean | null): void {
    if (!this.asking) return;
    const { id } = this.asking;
    this.session?.solved(id, value);
    this.asking = value === null ? null : { id, stage: value ? "yes" : "no" };
    if (value === null) return;
    this.emit("feedback", { message_id: id, resolved: value });
    if (!value) this.opened = true;
    else
      setTimeout(() => {
        if (this.asking?.id === id) this.asking = null;
      }, THANKS_MS);
  }

  private readonly acted = (event: Event): void => {
    event.stopPropagation();
    const { detail } = event as CustomEvent<Act>;
    const { session } = this;
    if (!session) return;
    switch (detail.do) {
      case "open":
        this.open();
        return;
      case "close":
        this.close();
        return;
      case "solved":
        this.answerQuestion(detail.value);
        return;
      case "typing":
        session.typing();
        this.planQuestion();
        return;
      default:
        this.speak(session, detail);
    }
  };

  private speak(
    session: ChatSession,
    wish: Exclude<Act, { do: "open" | "close" | "solved" | "typing" }>,
  ): void {
    switch (wish.do) {
      case "say":
        session.say(wish.text);
        break;
      case "press":
        session.press(wish.reply, wish.replyTo);
        this.focusComposer();
        break;
      case "retry":
        session.retry(wish.id);
        break;
      case "vote":
        session.vote(wish.id, wish.value, wish.reason);
        this.emit("feedback", { message_id: wish.id, value: wish.value, reason: wish.reason ?? null });
        break;
      case "askPerson":
        this.asking = null;
        session.askPerson();
        this.focusComposer();
        break;
      case "dismissNotice":
        session.dismissNotice();
        break;
      case "restart":
        session.restart();
        this.focusComposer();
        break;
      default:
        assertNever(wish);
    }
  }

  /** The button that was pressed is about to vanish: keep the focus in the window. */
  private focusComposer(): void {
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector<HTMLElement>("chat-window")?.focus();
    });
  }

  /** Tells the page, about live events only: what is replayed after a page load is not news. */
  private report(event: ChatEvent): void {
    switch (event.type) {
      case "session_confirm":
        if (event.conversation_id !== this.known) this.announced = event.offset;
        this.known = event.conversation_id;
        break;
      case "local_said":
        this.emit("message", { message_id: event.message_id, role: "customer", text: event.text });
        break;
      case "bot_uttered":
      case "operator_uttered":
        if (event.offset <= this.announced) break;
        this.emit("message", {
          message_id: event.message_id,
          role: event.type === "bot_uttered" ? "bot" : "operator",
          text: event.text,
        });
        break;
      case "owner_changed":
        if (event.owner !== "bot" && event.offset > this.announced)
          this.emit("handoff", { owner: event.owner });
        break;
      case "error":
        this.emit("error", { code: event.code, message: event.message, retryable: event.retryable });
        break;
      case "local_unsent":
        this.emit("error", { code: "unsent", message: "no acknowledgement", retryable: true });
    }
  }

  private emit(name: "opened" | "message" | "feedback" | "handoff" | "error", detail: object): void {
    this.dispatchEvent(new CustomEvent(`chat:${name}`, { detail, bubbles: true, composed: true }));
  }
}
