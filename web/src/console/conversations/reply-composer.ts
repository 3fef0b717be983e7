/** Where an operator writes: to the customer, with what the backends suggest, or a private note. */
import { LitElement, html, nothing, type PropertyValues } from "lit";
import { ICONS, icon } from "../icons.js";
import { whyNot, type Me } from "../pages/page.js";
import { base } from "../theme.js";
import type { Suggestion } from "../types.js";
import { percent, spaced } from "../words.js";
import { wish } from "../wish.js";
import { composerStyles } from "./reply-composer.styles.js";

type Mode = "reply" | "note";

export class ReplyComposer extends LitElement {
  static override properties = {
    conversation: { type: String },
    me: { attribute: false },
    /** Why this operator cannot reply just now; empty when nothing is in the way. */
    refused: { type: String },
    draft: { type: String },
    suggestions: { attribute: false },
    suggesting: { type: Boolean },
    mode: { state: true },
    text: { state: true },
    note: { state: true },
  };
  static override styles = [base, composerStyles];

  declare conversation: string;
  declare me: Me;
  declare refused: string;
  /** What was written before, for this conversation. */
  declare draft: string;
  declare suggestions: readonly Suggestion[] | null;
  declare suggesting: boolean;
  declare private mode: Mode;
  declare private text: string;
  declare private note: string;

  constructor() {
    super();
    this.refused = "";
    this.draft = "";
    this.suggestions = null;
    this.suggesting = false;
    this.mode = "reply";
    this.text = "";
    this.note = "";
  }

  /** Focuses the field, for a reply or a note. */
  async write(mode: Mode): Promise<void> {
    this.mode = mode === "reply" && this.refused ? "note" : mode;
    await this.updateComplete;
    this.field?.focus();
  }

  /** Puts the n-th suggestion (from 1) into the field. */
  async insert(n: number): Promise<void> {
    const suggestion = this.suggestions?.[n - 1];
    if (!suggestion || this.refused) return;
    this.mode = "reply";
    this.say(this.text.trim() ? `${this.text.trimEnd()}\n\n${suggestion.text}` : suggestion.text);
    await this.updateComplete;
    this.field?.focus();
    this.field?.setSelectionRange(this.text.length, this.text.length);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("conversation")) {
      this.text = this.draft;
      this.note = "";
      this.mode = "reply";
    } else if (changed.has("draft") && this.draft && !this.text) this.text = this.draft; // it was not sent
  }

  override render(): unknown {
    const isNote = this.mode === "note";
    return html`<div class=${isNote ? "private" : ""}>
      ${isNote || this.refused ? nothing : this.offers()}
      <div class="top">
        <div class="modes" role="group" aria-label="Write">
          ${this.choice("reply", "Reply")} ${this.choice("note", "Private note")}
        </div>
        <span class="hint"
          >${isNote ? "Customers never see notes." : "Enter sends, Shift+Enter breaks the line."}</span
        >
      </div>
      ${!isNote && this.refused ? html`<p class="refused" data-testid="refused">${this.refused}</p>` : this.entry()}
    </div>`;
  }

  private get field(): HTMLTextAreaElement | null {
    return this.renderRoot.querySelector("textarea");
  }

  private choice(mode: Mode, label: string): unknown {
    return html`<button
      class=${mode}
      aria-pressed=${this.mode === mode ? "true" : "false"}
      data-testid="mode-${mode}"
      @click=${() => void this.write(mode)}
    >
      ${mode === "note" ? icon(ICONS.lock, 14) : nothing} ${label}
    </button>`;
  }

  private offers(): unknown {
    if (this.suggesting && !this.suggestions?.length)
      return html`<p class="waiting" role="status">Asking the backends for suggestions…</p>`;
    if (!this.suggestions?.length) return nothing;
    return html`<div class="suggestions" role="group" aria-label="Suggested answers" tabindex="0">
      ${this.suggestions.map((suggestion, i) => this.offer(suggestion, i + 1))}
    </div>`;
  }

  private offer({ backend, text, intent, confidence, citations }: Suggestion, n: number): unknown {
    const sure = confidence === null || confidence === undefined ? "" : percent(confidence);
    return html`<section class="suggestion" data-testid="suggestion" aria-label="Suggestion of ${backend}">
      <p class="from">
        <span class="tag info">${backend}</span>
        ${[intent ? spaced(intent) : "", sure].filter(Boolean).join(" ")}
        ${citations?.length ? html`<span title=${citations.map((one) => one.title).join(", ")}>from ${citations[0]?.title}</span>` : nothing}
      </p>
      <p class="text" dir="auto">${text}</p>
      <div class="buttons">
        <button class="button small" data-testid="insert" @click=${() => void this.insert(n)}>
          Edit first
        </button>
        <button
          class="button small"
          data-testid="send-suggestion"
          @click=${() => {
            wish(this, { want: "reply", text });
          }}
        >
          Send as it is
        </button>
        ${n < 10 ? html`<kbd title="Puts it into the field">Alt ${n}</kbd>` : nothing}
      </div>
    </section>`;
  }

  private entry(): unknown {
    const isNote = this.mode === "note";
    const text = isNote ? this.note : this.text;
    const refused = whyNot(this.me, "converse");
    return html`<form class="entry" @submit=${this.submit}>
      <textarea
        rows="2"
        maxlength="4000"
        dir="auto"
        aria-label=${isNote ? "Private note" : "Your reply"}
        placeholder=${isNote ? "A note for your colleagues" : "Reply to the customer"}
        data-testid=${isNote ? "note-text" : "reply-text"}
        .value=${text}
        @input=${(event: Event) => {
          this.say((event.target as HTMLTextAreaElement).value);
        }}
        @keydown=${this.pressed}
      ></textarea>
      <button
        class="button ${isNote ? "" : "primary"}"
        data-testid=${isNote ? "save-note" : "reply"}
        title=${refused ?? ""}
        ?disabled=${!text.trim() || refused !== null}
      >
        ${isNote ? "Save note" : "Send"}
      </button>
    </form>`;
  }

  private say(text: string): void {
    if (this.mode === "note") this.note = text;
    else {
      this.text = text;
      wish(this, { want: "draft", text });
    }
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event);
    if (event.key === "Escape") this.field?.blur();
  }

  private submit(event: Event): void {
    event.preventDefault();
    const isNote = this.mode === "note";
    const text = (isNote ? this.note : this.text).trim();
    if (!text || whyNot(this.me, "converse")) return;
    this.say("");
    wish(this, { want: this.mode, text });
  }
}
