/** The scrolling conversation: greeting, messages, what may be pressed next. Stays at the end unless scrolled away. */
import { LitElement, css, html, nothing, type PropertyValues } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Strings } from "../shared/strings.js";
import { openQuickReplies, type ChatMessage, type ChatState } from "../shared/state.js";
import { act } from "./act.js";
import { downIcon } from "./icons.js";
import { base, pill } from "./theme.js";

/** Nearer than this to the end counts as at the end, in CSS pixels. */
const NEAR_END_PX = 60;

export class ChatMessages extends LitElement {
  static override properties = {
    t: { attribute: false },
    chat: { attribute: false },
    locale: { type: String },
    greeting: { type: String },
    suggestions: { attribute: false },
    away: { state: true },
  };
  static override styles = [
    base,
    pill,
    css`
      :host {
        position: relative;
        display: flex;
        flex-direction: column;
        min-height: 0;
        flex: 1;
      }
      .scroll {
        flex: 1;
        overflow-y: auto;
        overscroll-behavior: contain;
        padding: 16px;
        scrollbar-width: thin;
      }
      .scroll:focus-visible {
        outline-offset: -3px;
      }
      .list {
        display: flex;
        flex-direction: column;
        gap: 4px;
        min-height: 100%;
      }
      .first {
        margin-block-start: 10px;
      }
      .greeting {
        margin: 0 0 6px;
        max-width: 86%;
        padding: 9px 13px;
        border-radius: var(--chat-bubble-radius, 16px);
        border-end-start-radius: 5px;
        background: var(--_bubble);
      }
      .choices {
        display: flex;
        flex-wrap: wrap;
        gap: 7px;
        margin-block: 6px;
      }
      .typing {
        margin-block-start: 6px;
      }
      .end {
        position: absolute;
        inset-block-end: 10px;
        inset-inline: 0;
        margin-inline: auto;
        width: fit-content;
        display: flex;
        align-items: center;
        gap: 6px;
        box-shadow: var(--_shadow);
      }
    `,
  ];

  declare t: Strings;
  declare chat: ChatState;
  declare locale: string;
  declare greeting: string;
  declare suggestions: readonly string[];
  declare private away: boolean;
  /** Height of the content, in CSS pixels, when it was last laid out. */
  private height = 0;
  private observer: ResizeObserver | null = null;

  override render(): unknown {
    const { messages } = this.chat;
    return html`<div
        class="scroll"
        tabindex="0"
        @scroll=${this.scrolled}
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label=${this.t.log}
        part="log"
      >
        <div class="list">
          ${this.greeting ? html`<p class="greeting" part="greeting" dir="auto">${this.greeting}</p>` : nothing}
          ${messages.length ? nothing : this.starters()}
          ${repeat(
            messages,
            (item) => item.id,
            (item, i) => this.one(item, messages[i - 1], messages[i + 1]),
          )}
          ${this.choices()} ${this.typing()}
          <slot></slot>
        </div>
      </div>
      ${
        this.away
          ? html`<button class="pill end" @click=${this.toEnd}>${downIcon} ${this.t.newMessages}</button>`
          : nothing
      }`;
  }

  protected override firstUpdated(): void {
    const { box } = this;
    if (!box || !("ResizeObserver" in window)) return;
    this.observer = new ResizeObserver(() => {
      this.height = box.scrollHeight;
      if (!this.away) this.toEnd();
    });
    this.observer.observe(box);
    for (const list of box.children) this.observer.observe(list);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer?.disconnect();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("chat");
    // One's own message always brings the end into view.
    if (
      before &&
      this.chat.messages.length > before.messages.length &&
      this.chat.messages.at(-1)?.role === "customer"
    )
      this.away = false;
  }

  private one(
    message: ChatMessage,
    before: ChatMessage | undefined,
    after: ChatMessage | undefined,
  ): unknown {
    const first = before?.role !== message.role || before.operator !== message.operator;
    const last = after?.role !== message.role;
    return html`<chat-message
      exportparts="message, customer, bot, operator, bubble, thumb, citations"
      class=${first ? "first" : ""}
      .t=${this.t}
      .message=${message}
      .vote=${this.chat.votes[message.id] ?? 0}
      .first=${first}
      .time=${last ? this.time(message.at) : ""}
    ></chat-message>`;
  }

  private time(at: string | null): string {
    const date = new Date(at ?? "");
    if (Number.isNaN(date.getTime())) return "";
    const today = date.toDateString() === new Date().toDateString();
    const day = today ? {} : ({ day: "numeric", month: "short" } as const);
    return date.toLocaleString(this.locale || undefined, { ...day, hour: "2-digit", minute: "2-digit" });
  }

  private starters(): unknown {
    if (!this.suggestions.length) return nothing;
    return html`<div class="choices" role="group" aria-label=${this.t.choices}>
      ${this.suggestions.map(
        (text) =>
          html`<button
            class="pill"
            part="pill"
            data-testid="suggestion"
            @click=${() => {
              act(this, { do: "say", text });
            }}
          >
            ${text}
          </button>`,
      )}
    </div>`;
  }

  private choices(): unknown {
    const message = openQuickReplies(this.chat);
    if (!message) return nothing;
    return html`<div class="choices" role="group" aria-label=${this.t.choices} part="quick-replies">
      ${message.quickReplies.map(
        (reply) =>
          html`<button
            class="pill"
            part="pill"
            data-testid="quick-reply"
            @click=${() => {
              act(this, { do: "press", reply, replyTo: message.id });
            }}
          >
            ${reply.title}
          </button>`,
      )}
    </div>`;
  }

  private typing(): unknown {
    const streaming = this.chat.messages.some((item) => item.state === "streaming");
    if (!this.chat.typing || streaming) return nothing;
    return html`<chat-typing class="typing" .label=${this.t.typing}></chat-typing>`;
  }

  private get box(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(".scroll");
  }

  /** Only a scroll over unchanged content is the customer's: the end must not be lost because it moved away. */
  private scrolled(): void {
    const { box } = this;
    if (!box) return;
    if (box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR_END_PX) this.away = false;
    else if (box.scrollHeight === this.height) this.away = true;
  }

  private toEnd(): void {
    this.away = false;
    const { box } = this;
    if (box) box.scrollTop = box.scrollHeight;
  }
}
