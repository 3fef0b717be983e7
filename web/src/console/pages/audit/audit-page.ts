/** `<audit-page>`: a random sample of ended conversations, judged one after another: was the customer's problem solved? */
import { LitElement, html, nothing } from "lit";
import type { StoredFrame } from "../../../shared/frames.js";
import { Loaded } from "../../loaded.js";
import { ApiError, can, notify, pageProperties, type LiveTopics, type Me, type PageApi } from "../page.js";
import { noteOf, staleNote } from "../parts/notes.js";
import { partStyles } from "../parts/page.styles.js";
import { isShortcut } from "../parts/shortcuts.js";
import { count, counted } from "../parts/words.js";
import { auditStyles } from "./audit-page.styles.js";
import { auditKey, precision, type Audits } from "./model.js";

interface Shown {
  audit_id: string;
  conversation_id: string;
  /** Null while it loads. */
  events: readonly StoredFrame[] | null;
}

export class AuditPage extends LitElement {
  static override properties = {
    ...pageProperties,
    shown: { state: true },
    note: { state: true },
    busy: { state: true },
    last: { state: true },
  };
  static override styles = [...partStyles, auditStyles];

  declare api: PageApi;
  declare me: Me;
  declare live: LiveTopics;
  declare navigate: (route: string) => void;
  declare path: readonly string[];
  declare private shown: Shown | null;
  declare private note: string;
  declare private busy: boolean;
  /** Judged last, to be judged anew when it was a slip. */
  declare private last: NonNullable<Audits["next"]> | null;
  private isBack = false;

  private readonly audits = new Loaded(this, {
    fetch: () => this.api.get<Audits>("audits"),
    topics: ["audit"],
    then: ({ next }) => {
      if (!this.isBack) void this.show(next);
    },
  });

  constructor() {
    super();
    this.shown = null;
    this.note = "";
    this.busy = false;
    this.last = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("keydown", this.pressed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("keydown", this.pressed);
  }

  override render(): unknown {
    return html`<div class="page">
      <header class="head">
        <div>
          <h1>Audit</h1>
          <p>A random sample of ended conversations. Your verdicts correct the resolution rate in Numbers.</p>
        </div>
        ${can(this.me, "draw") && this.audits.value ? this.drawing() : nothing}
      </header>
      ${staleNote(this.audits)} ${noteOf(this.audits, "audits") ?? this.content(this.audits.value as Audits)}
    </div>`;
  }

  private content({ open, judged, next }: Audits): unknown {
    const all = open + judged;
    const width = precision(judged);
    return html`<div class="progress">
        <p data-testid="audit-progress">
          <b>${count(judged)} of ${count(all)} judged</b>
          <span class="soft"
            >${width === null ? nothing : html`the rate is known to ±${counted(Math.round(width * 100), "point")} at the worst`}</span
          >
        </p>
        <progress max=${Math.max(1, all)} value=${judged} aria-label="Judged"></progress>
      </div>
      ${next || this.isBack ? this.judging() : this.nothingLeft(judged)}`;
  }

  private judging(): unknown {
    const { shown } = this;
    if (!shown?.events) return html`<p class="empty blank" role="status">Loading the conversation…</p>`;
    return html`<div class="columns">
      <audit-transcript .events=${shown.events}></audit-transcript>
      ${this.verdict()}
    </div>`;
  }

  private verdict(): unknown {
    return html`<section class="card verdict" aria-labelledby="question">
      <h2 id="question">Did the bot alone solve it?</h2>
      <p class="soft">
        Yes, if the customer has what was needed. No, if a person had to help, or nobody did.
      </p>
      <div class="choice">
        <button
          class="button yes"
          data-testid="audit-yes"
          aria-keyshortcuts="Y"
          ?disabled=${this.busy}
          @click=${() => this.judge(true)}
        >
          <kbd>Y</kbd> Yes
        </button>
        <button
          class="button no"
          data-testid="audit-no"
          aria-keyshortcuts="N"
          ?disabled=${this.busy}
          @click=${() => this.judge(false)}
        >
          <kbd>N</kbd> No
        </button>
      </div>
      <button
        class="button small"
        data-testid="audit-back"
        ?disabled=${!this.last || this.busy}
        @click=${this.back}
      >
        <kbd>U</kbd> Judge the last one again
      </button>
      ${this.noting()}
    </section>`;
  }

  private noting(): unknown {
    return html`<label class="field"
      ><span><kbd>M</kbd> Note, if something is odd</span>
      <textarea
        rows="2"
        maxlength="500"
        data-testid="audit-note"
        .value=${this.note}
        @input=${(event: Event) => {
          this.note = (event.target as HTMLTextAreaElement).value;
        }}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key === "Escape") (event.target as HTMLTextAreaElement).blur();
        }}
      ></textarea>
    </label>`;
  }

  private nothingLeft(judged: number): unknown {
    const mayDraw = can(this.me, "draw");
    return html`<div class="empty blank" data-testid="audit-empty">
      <b>${judged ? "All judged. Thank you." : "No sample has been drawn yet."}</b>
      <span
        >${mayDraw ? "Draw conversations above; 150 tell the rate to within about 8 points." : "An admin can draw one."}</span
      >
    </div>`;
  }

  private drawing(): unknown {
    return html`<form class="actions" @submit=${this.draw}>
      <label class="field"
        >Draw<input name="n" type="number" min="1" max="1000" value="50" required data-testid="audit-n"
      /></label>
      <button class="button" data-testid="audit-draw" ?disabled=${this.busy}>Draw a sample</button>
    </form>`;
  }

  private async show(next: Audits["next"]): Promise<void> {
    if (next?.audit_id === this.shown?.audit_id) return;
    this.note = "";
    this.shown = next && { ...next, events: null };
    if (!next) return;
    await this.attempt(async () => {
      const path = `conversations/${encodeURIComponent(next.conversation_id)}`;
      const { events } = await this.api.get<{ events: StoredFrame[] }>(path);
      if (this.shown?.audit_id === next.audit_id) this.shown = { ...next, events };
    });
  }

  private back(): void {
    if (!this.last || this.busy) return;
    this.isBack = true;
    void this.show(this.last);
  }

  private async judge(isResolved: boolean): Promise<void> {
    const { shown, note } = this;
    if (!shown?.events || this.busy) return;
    await this.attempt(async () => {
      const body = { resolved: isResolved, ...(note.trim() ? { note: note.trim() } : {}) };
      await this.api.post(`audits/${encodeURIComponent(shown.audit_id)}`, body);
      this.last = shown;
      this.isBack = false;
      await this.audits.again();
    });
  }

  private async draw(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const n = Number(new FormData(event.target as HTMLFormElement).get("n"));
    await this.attempt(async () => {
      await this.api.post("audits/draw", { n });
      await this.audits.again();
      notify(this, `Drawn: ${count(this.audits.value?.open)} wait for a verdict.`);
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(this, error.message, "bad");
    } finally {
      this.busy = false;
    }
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    if (!isShortcut(event)) return;
    const key = auditKey(event);
    if (!key || (key !== "back" && !this.shown?.events)) return;
    event.preventDefault();
    if (key === "back") this.back();
    else if (key === "note") this.renderRoot.querySelector("textarea")?.focus();
    else void this.judge(key === "yes");
  };
}
