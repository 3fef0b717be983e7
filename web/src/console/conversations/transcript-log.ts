/** What was said and noted, as stored, with a way from each answer to why it was given. */
import { LitElement, html, nothing, type PropertyValues } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { StoredFrame } from "../../shared/frames.js";
import type { ChatMessage } from "../../shared/state.js";
import { richText } from "../../widget/rich-text.js";
import { ICONS, icon } from "../icons.js";
import { base } from "../theme.js";
import type { ConversationDetail, Note, TurnRecord } from "../types.js";
import { clock, milliseconds, percent, spaced } from "../words.js";
import { isAnswering, timeline, transcript, turnOf, type Entry } from "./talk.js";
import { transcriptStyles } from "./transcript-log.styles.js";

const OWNED = { bot: "Handed to the bot", queue: "Waits for a person", operator: "Taken over by a person" };
/** Pixels from the end within which new messages keep the end in view. */
const NEAR = 60;
/** Pixels from the end within which everything that grows does: what gave an answer comes after the answer. */
const AT_END = 4;

export class TranscriptLog extends LitElement {
  static override properties = {
    detail: { attribute: false },
    /** Id of the turn that is explained beside it. */
    chosen: { type: String },
    /** A reply that is not stored yet. */
    sending: { type: String },
    isAway: { state: true },
  };
  static override styles = [base, transcriptStyles];

  declare detail: ConversationDetail;
  declare chosen: string;
  declare sending: string;
  /** Something new is below what is on screen. */
  declare private isAway: boolean;

  private wasNearEnd = true;
  private wasAtEnd = true;
  private lastTop = 0;
  /** The field below it grows and shrinks: the end stays in view. */
  private readonly resized = new ResizeObserver(() => {
    if (this.wasNearEnd && !this.isAway) this.toEnd();
  });
  private lastId = "";
  private lastCount = 0;

  constructor() {
    super();
    this.isAway = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
  }

  protected override firstUpdated(): void {
    if (this.log) this.resized.observe(this.log);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!this.log) return;
    if (changed.has("detail")) this.wasNearEnd ||= isNearEnd(this.log);
    this.wasAtEnd = belowSight(this.log) < AT_END;
  }

  protected override updated(): void {
    const { conversation_id: id } = this.detail;
    const { count } = this;
    const isNew = id !== this.lastId;
    const hasMore = isNew || count > this.lastCount;
    this.lastId = id;
    this.lastCount = count;
    if (isNew || this.wasAtEnd || (hasMore && (this.wasNearEnd || this.sending))) this.toEnd();
    else if (hasMore) this.isAway = true;
  }

  override render(): unknown {
    const { messages } = transcript(this.detail);
    return html`<div
        class="log"
        role="log"
        aria-live="polite"
        tabindex="0"
        aria-label="Transcript"
        @scroll=${this.scrolled}
      >
        ${repeat(
          timeline(this.detail),
          (entry) => entry.key,
          (entry) => this.entry(entry, messages),
        )}
        ${isAnswering(this.detail) ? this.answering() : nothing} ${this.sending ? this.onTheWay() : nothing}
      </div>
      ${this.isAway ? html`<button class="button small down" @click=${this.toEnd}>New messages</button>` : nothing}`;
  }

  /** What there is to read. */
  private get count(): number {
    const { events, notes = [] } = this.detail;
    return events.length + notes.length + (this.sending ? 1 : 0);
  }

  private get log(): HTMLElement | null {
    return this.renderRoot?.querySelector<HTMLElement>(".log") ?? null;
  }

  private readonly toEnd = (): void => {
    const { log } = this;
    if (log) {
      log.scrollTop = log.scrollHeight;
      this.lastTop = log.scrollTop;
      this.wasNearEnd = true;
    }
    this.isAway = false;
  };

  private scrolled(): void {
    const { log } = this;
    if (!log) return;
    // A log that became lower is not one that somebody scrolled up.
    if (log.scrollTop < this.lastTop || isNearEnd(log)) this.wasNearEnd = isNearEnd(log);
    this.lastTop = log.scrollTop;
    if (this.wasNearEnd) this.isAway = false;
  }

  private entry(entry: Entry, messages: readonly ChatMessage[]): unknown {
    return entry.kind === "note" ? this.note(entry.note) : this.event(entry.event, messages);
  }

  private event(event: StoredFrame, messages: readonly ChatMessage[]): unknown {
    switch (event.type) {
      case "owner_changed":
        return this.happened(event.at, OWNED[event.owner]);
      case "conversation_closed":
        return this.happened(event.at, `Closed: ${spaced(event.reason)}`);
      default: {
        const message = messages.find((item) => item.id === event.message_id);
        return message ? this.message(message) : nothing;
      }
    }
  }

  private happened(at: string, text: string): unknown {
    return html`<p class="event">${text} · <time datetime=${at}>${clock(at)}</time></p>`;
  }

  private note({ kind, by, text, at }: Note): unknown {
    return html`<article class="private" data-testid="note" data-kind=${kind}>
      <p class="author">
        ${icon(ICONS.lock, 14)} <b>${kind === "summary" ? "Summary" : "Private note"}</b> by ${by}
        <time datetime=${at}>${clock(at)}</time>
      </p>
      <div class="bubble"><p class="plain" dir="auto">${text}</p></div>
    </article>`;
  }

  private message(message: ChatMessage): unknown {
    const turn = turnOf(this.detail, message);
    const author = { customer: "Customer", bot: "Bot", operator: message.operator ?? "Person" }[message.role];
    const explains = turn && (message.role === "bot" || !turn.bot_message_id);
    return html`<article class=${message.role} data-testid="transcript-message" data-role=${message.role}>
      <p class="author">
        <b dir="auto">${author}</b>
        <time datetime=${message.at ?? ""}>${clock(message.at)}</time>
      </p>
      <div class="bubble">
        ${
          message.role === "customer"
            ? html`<p class="plain" dir="auto">${message.text}</p>`
            : richText(message.text)
        }
      </div>
      ${explains ? this.why(turn) : nothing}
    </article>`;
  }

  private why(turn: TurnRecord): unknown {
    const { intent, confidence } = turn;
    const choose = (): void => {
      this.dispatchEvent(new CustomEvent<string>("choose-turn", { detail: turn.turn_id }));
    };
    return html`<button
      class="why"
      aria-pressed=${this.chosen === turn.turn_id ? "true" : "false"}
      title="Why this answer?"
      data-testid="why"
      @click=${choose}
    >
      <span class="tag">${turn.backend ?? "nobody"}</span>
      ${intent ? html`<span>${spaced(intent)}${confidence === null ? "" : ` ${percent(confidence)}`}</span>` : nothing}
      <span>${milliseconds(turn.latency_ms)}</span>
      ${turn.outcome === "suppressed" ? html`<span class="tag warn">kept back</span>` : nothing}
      ${this.opinions(turn)} ${turn.labels.length ? html`<span class="tag good">labelled</span>` : nothing}
    </button>`;
  }

  /** What the customer thought of it. */
  private opinions(turn: TurnRecord): unknown {
    return this.detail.signals
      .filter((signal) => signal.turn_id === turn.turn_id)
      .map(({ kind, value, reason }) => {
        const words: Record<string, [string, string]> = {
          resolved: ["not solved", "solved"],
          feedback: ["thumb down", "thumb up"],
        };
        const text = words[kind]?.[value > 0 ? 1 : 0] ?? spaced(kind);
        return html`<span class="tag ${value > 0 ? "good" : "bad"}"
          >${reason ? `${text}: ${spaced(reason)}` : text}</span
        >`;
      });
  }

  private answering(): unknown {
    return html`<article class="bot" data-testid="answering">
      <p class="author"><b>Bot</b> is answering</p>
      <div class="bubble">
        <span class="busy" aria-hidden="true"><i></i><i></i><i></i></span>
      </div>
    </article>`;
  }

  private onTheWay(): unknown {
    return html`<article class="operator on-the-way">
      <p class="author">Sending…</p>
      <div class="bubble"><p class="plain" dir="auto">${this.sending}</p></div>
    </article>`;
  }
}

function isNearEnd(log: HTMLElement): boolean {
  return belowSight(log) < NEAR;
}

/** Pixels of the transcript below what is on screen. */
function belowSight(log: HTMLElement): number {
  return log.scrollHeight - log.scrollTop - log.clientHeight;
}
