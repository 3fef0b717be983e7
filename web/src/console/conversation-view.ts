/** One conversation: what was said, who owns it, and what the operator can do about it. */
import { LitElement, html, nothing, type PropertyValues } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { StoredFrame } from "../shared/frames.js";
import type { ChatMessage } from "../shared/state.js";
import { richText } from "../widget/rich-text.js";
import { conversationStyles } from "./conversation-view.styles.js";
import { OWNER_NAMES, milliseconds, percent, transcript, turnOf } from "./model.js";
import { OWNER_TONES, base } from "./theme.js";
import type { ConversationDetail, TurnRecord } from "./types.js";
import { wish } from "./wish.js";

function clock(at: string | null): string {
  return at
    ? new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" })
    : "";
}

export class ConversationView extends LitElement {
  static override properties = {
    detail: { attribute: false },
    chosen: { state: true },
    reply: { state: true },
  };
  static override styles = [base, conversationStyles];

  declare detail: ConversationDetail;
  /** Turn shown beside the transcript; null for the newest. */
  declare private chosen: string | null;
  declare private reply: string;

  constructor() {
    super();
    this.chosen = null;
    this.reply = "";
  }

  override render(): unknown {
    const { messages } = transcript(this.detail);
    const turn = this.detail.turns.find((one) => one.turn_id === this.chosen) ?? this.detail.turns.at(-1);
    return html`<section class="talk" aria-label="Conversation">
        ${this.header()}
        <div class="log" role="log" aria-live="polite" tabindex="0" aria-label="Transcript">
          ${repeat(
            this.detail.events,
            (event) => event.offset,
            (event) => this.event(event, messages, turn?.turn_id),
          )}
        </div>
        ${this.detail.owner === "operator" ? this.composer() : nothing}
      </section>
      <aside aria-label="Why">
        ${this.slots()}
        ${turn ? html`<turn-panel .turn=${turn}></turn-panel>` : html`<p class="soft none">No turn yet.</p>`}
      </aside>`;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("detail");
    if (before && before.conversation_id !== this.detail.conversation_id) {
      this.chosen = null;
      this.reply = "";
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    const before = changed.get("detail");
    if (
      before?.conversation_id === this.detail.conversation_id &&
      before.events.length === this.detail.events.length
    )
      return;
    const log = this.renderRoot.querySelector(".log");
    if (log) log.scrollTop = log.scrollHeight;
  }

  private header(): unknown {
    const { owner, conversation_id: id, arm, source, resolved, customer_id: customer } = this.detail;
    const verdict = resolved === null ? "" : resolved ? "solved" : "not solved";
    const button = (verb: "take-over" | "hand-back" | "close", label: string, style: string): unknown =>
      html`<button
        class="button ${style}"
        data-testid=${verb}
        @click=${() => {
          wish(this, { want: "act", verb });
        }}
      >
        ${label}
      </button>`;
    return html`<header>
      <div>
        <h2>
          <span class="tag ${OWNER_TONES[owner]}" data-testid="owner" data-owner=${owner}
            >${OWNER_NAMES[owner]}</span
          >
          ${id}
        </h2>
        <p class="soft">${[arm && `arm ${arm}`, source, customer, verdict].filter(Boolean).join(" · ")}</p>
      </div>
      <div class="buttons">
        ${owner === "bot" || owner === "queue" ? button("take-over", "Take over", "primary") : nothing}
        ${owner === "operator" || owner === "queue" ? button("hand-back", "Hand back to the bot", "") : nothing}
        ${owner === "closed" ? nothing : button("close", "Close", "danger")}
      </div>
    </header>`;
  }

  private event(event: StoredFrame, messages: readonly ChatMessage[], shown: string | undefined): unknown {
    switch (event.type) {
      case "owner_changed":
        return this.note(
          event.at,
          { bot: "Handed back to the bot", queue: "Waiting for a person", operator: "Taken over" }[
            event.owner
          ],
        );
      case "conversation_closed":
        return this.note(event.at, `Closed: ${event.reason}`);
      default: {
        const message = messages.find((item) => item.id === event.message_id);
        return message ? this.message(message, shown) : nothing;
      }
    }
  }

  private note(at: string, text: string): unknown {
    return html`<p class="note">${text} <time datetime=${at}>${clock(at)}</time></p>`;
  }

  private message(message: ChatMessage, shown: string | undefined): unknown {
    const turn = turnOf(this.detail, message);
    const author = { customer: "Customer", bot: "Bot", operator: message.operator ?? "Person" }[message.role];
    const explains = turn && (message.role === "bot" || !turn.bot_message_id);
    return html`<article class=${message.role} data-testid="transcript-message" data-role=${message.role}>
      <p class="author">
        <b>${author}</b>
        <time datetime=${message.at ?? ""}>${clock(message.at)}</time>
      </p>
      <div class="bubble">
        ${message.role === "customer" ? html`<p class="plain" dir="auto">${message.text}</p>` : richText(message.text)}
      </div>
      ${explains ? this.why(turn, shown === turn.turn_id) : nothing}
    </article>`;
  }

  private why(turn: TurnRecord, shown: boolean): unknown {
    return html`<button
      class="why"
      aria-pressed=${shown ? "true" : "false"}
      data-testid="why"
      @click=${() => {
        this.chosen = turn.turn_id;
      }}
    >
      <span class="tag">${turn.backend ?? "nobody"}</span>
      ${
        turn.intent
          ? html`<span>${turn.intent} ${turn.confidence === null ? "" : percent(turn.confidence)}</span>`
          : nothing
      }
      <span>${milliseconds(turn.latency_ms)}</span>
      ${this.opinions(turn)}
    </button>`;
  }

  /** What the customer thought of it. */
  private opinions(turn: TurnRecord): unknown {
    return this.detail.signals
      .filter((signal) => signal.turn_id === turn.turn_id)
      .map(({ kind, value, reason }) => {
        const words = kind === "resolved" ? ["not solved", "solved"] : ["thumb down", "thumb up"];
        const text = words[value > 0 ? 1 : 0] ?? kind;
        return html`<span class="tag ${value > 0 ? "good" : "bad"}"
          >${reason ? `${text}: ${reason}` : text}</span
        >`;
      });
  }

  private slots(): unknown {
    const slots = Object.entries(this.detail.slots);
    if (!slots.length) return nothing;
    return html`<section class="slots">
      <h3>Slots</h3>
      <dl>
        ${slots.map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${String(value)}</dd>`,
        )}
      </dl>
    </section>`;
  }

  private composer(): unknown {
    return html`<form class="composer" @submit=${this.submit}>
      <textarea
        rows="2"
        maxlength="4000"
        aria-label="Your reply"
        placeholder="Reply to the customer. Enter sends."
        data-testid="reply-text"
        .value=${this.reply}
        @input=${(event: Event) => {
          this.reply = (event.target as HTMLTextAreaElement).value;
        }}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event);
        }}
      ></textarea>
      <button class="button primary" data-testid="reply" ?disabled=${!this.reply.trim()}>Send</button>
    </form>`;
  }

  private submit(event: Event): void {
    event.preventDefault();
    const text = this.reply.trim();
    if (!text) return;
    this.reply = "";
    wish(this, { want: "act", verb: "reply", text });
  }
}
