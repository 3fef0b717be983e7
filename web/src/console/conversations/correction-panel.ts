/** What should have been: the right intent, a better reply, a wrong article; with what others said before. */
import { LitElement, css, html, nothing, type PropertyValues } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { whyNot, type Me } from "../pages/page.js";
import { base } from "../theme.js";
import type { Correcting, Correction, Intent, Label, TurnRecord } from "../types.js";
import { spaced } from "../words.js";
import { wish } from "../wish.js";

const EMPTY = { intent: "", reply: "", article_id: "", article_note: "", note: "" };
export type Draft = typeof EMPTY;
/** Those that were sent as they stand. */
const sent = new WeakSet<Draft>();
/** No article says it. */
const MISSING = " missing";
const PROVENANCE: Record<string, string> = {
  operator: "by an operator",
  customer_choice: "chosen by the customer",
  confirmed: "confirmed by the customer",
  teacher: "by a larger model",
  self: "by the model itself",
};

export class CorrectionPanel extends LitElement {
  static override properties = {
    turn: { attribute: false },
    intents: { attribute: false },
    me: { attribute: false },
    correcting: { attribute: false },
    drafts: { attribute: false },
    draft: { state: true },
  };
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 18px;
      }
      form {
        display: grid;
        gap: 14px;
      }
      .field,
      fieldset {
        display: grid;
        gap: 4px;
      }
      .field > span,
      legend {
        padding: 0;
        font-size: 13px;
        font-weight: 650;
      }
      textarea,
      input,
      select {
        width: 100%;
      }
      textarea {
        resize: vertical;
      }
      fieldset {
        gap: 6px;
      }
      .asked,
      .given {
        overflow-wrap: anywhere;
      }
      .asked {
        max-height: 9em;
        overflow-y: auto;
        font-weight: 550;
      }
      .given {
        margin-block-start: 4px;
        padding-inline-start: 10px;
        border-inline-start: 3px solid var(--line);
        font-size: 13.5px;
        color: var(--soft);
        display: -webkit-box;
        -webkit-line-clamp: 4;
        -webkit-box-orient: vertical;
        overflow: hidden;
      }
      .problem {
        font-size: 13.5px;
        overflow-wrap: anywhere;
        color: var(--bad);
      }
      .labels {
        display: grid;
        gap: 6px;
        margin-block-start: 5px;
      }
      .labels li {
        font-size: 13.5px;
        overflow-wrap: anywhere;
      }
    `,
  ];

  declare turn: TurnRecord;
  declare intents: readonly Intent[];
  declare me: Me;
  /** The newest correction of the conversation; null before there is one. */
  declare correcting: Correcting | null;
  /** What is written and not saved, by turn: kept while this panel is away. */
  declare drafts: Map<string, Draft>;
  declare private draft: Draft;

  constructor() {
    super();
    this.correcting = null;
    this.drafts = new Map();
    this.draft = EMPTY;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("turn")) this.draft = this.drafts.get(this.turn.turn_id) ?? EMPTY;
    if (this.stage === "saved" && sent.has(this.draft)) this.write(EMPTY);
  }

  override focus(): void {
    this.renderRoot.querySelector("intent-picker")?.focus();
  }

  override render(): unknown {
    const { turn } = this;
    return html`<section>
        <h3>The customer asked</h3>
        <p class="asked" dir="auto" tabindex=${ifDefined(turn.text.length > 200 ? "0" : undefined)}>
          ${turn.text}
        </p>
        ${turn.reply ? html`<p class="given" dir="auto">${turn.reply}</p>` : nothing}
      </section>
      ${this.labels(turn.labels)} ${this.form()}`;
  }

  private form(): unknown {
    const { draft } = this;
    const field = (name: keyof typeof EMPTY) => (event: Event) => {
      this.write({ ...this.draft, [name]: (event.target as HTMLInputElement).value });
    };
    return html`<form @submit=${this.submit} data-testid="correction">
      <div class="field">
        <span>Right intent</span>
        <intent-picker
          label="Right intent"
          .intents=${this.intents}
          .value=${draft.intent}
          @choose=${(event: CustomEvent<string>) => {
            this.write({ ...this.draft, intent: event.detail });
          }}
        ></intent-picker>
      </div>
      <label class="field"
        ><span>Better reply</span>
        <textarea
          rows="3"
          maxlength="4000"
          placeholder="Becomes a proposal for the reply of the right intent"
          data-testid="better-reply"
          .value=${draft.reply}
          @input=${field("reply")}
        ></textarea>
      </label>
      ${this.article(field)}
      <label class="field"
        ><span>Note</span>
        <input
          maxlength="500"
          placeholder="For whoever reads this label later"
          .value=${draft.note}
          @input=${field("note")}
        />
      </label>
      ${this.saving()}
    </form>`;
  }

  /** The button, and why it did not do the last time. */
  private saving(): unknown {
    const forbidden = whyNot(this.me, "correct");
    const problem = this.stage === "refused" && this.draft !== EMPTY ? this.correcting?.problem : null;
    return html`${problem ? html`<p class="problem" data-testid="correction-problem">Not saved: ${problem}</p>` : nothing}
      <button
        class="button primary"
        data-testid="correct"
        ?disabled=${!this.correction || forbidden !== null || this.stage === "sending"}
        title=${forbidden ?? ""}
      >
        Save correction
      </button>`;
  }

  private article(field: (name: keyof typeof EMPTY) => (event: Event) => void): unknown {
    const seen = [...new Map(this.turn.citations.map((one) => [one.article_id, one.title])).entries()];
    const { article_id: article } = this.draft;
    return html`<fieldset>
      <legend>Article</legend>
      <select aria-label="Which article" data-testid="article" @change=${field("article_id")}>
        <option value="" ?selected=${!article}>Nothing to say</option>
        ${seen.map(([id, title]) => html`<option value=${id} ?selected=${id === article}>Wrong: ${title}</option>`)}
        <option value=${MISSING} ?selected=${article === MISSING}>One is missing</option>
      </select>
      ${
        article
          ? html`<textarea
              rows="2"
              required
              maxlength="2000"
              aria-label=${article === MISSING ? "What is missing" : "What is wrong with it"}
              placeholder=${article === MISSING ? "What it should say" : "What is wrong, or which would be right"}
              data-testid="article-note"
              .value=${this.draft.article_note}
              @input=${field("article_note")}
            ></textarea>`
          : nothing
      }
    </fieldset>`;
  }

  private labels(labels: readonly Label[]): unknown {
    if (!labels.length) return nothing;
    return html`<section>
      <h3>Labels so far</h3>
      <ul class="labels">
        ${labels.map(
          (label) =>
            html`<li data-testid="label">
              <span class="tag good">${label.intent ?? "none"}</span>
              <span class="soft"
                >${
                  label.provenance === "operator" && label.by
                    ? `by ${label.by}`
                    : (PROVENANCE[label.provenance] ?? label.provenance)
                }${label.note ? html`: <span dir="auto">${label.note}</span>` : nothing}</span
              >
            </li>`,
        )}
      </ul>
      ${this.turn.intent ? html`<p class="quiet">The bot thought of ${spaced(this.turn.intent)}</p>` : nothing}
    </section>`;
  }

  /** What became of the newest correction of this turn; null when there is none. */
  private get stage(): Correcting["stage"] | null {
    return this.correcting?.turnId === this.turn.turn_id ? this.correcting.stage : null;
  }

  /** Null while nothing is said. */
  private get correction(): Correction | null {
    const said = Object.entries(this.draft)
      .map(([name, text]) => [name, name === "article_id" ? text : text.trim()] as const)
      .filter(([, text]) => text);
    const correction: Correction = Object.fromEntries(said);
    if (Boolean(correction.article_id) !== Boolean(correction.article_note)) return null;
    if (correction.article_id === MISSING) delete correction.article_id;
    return correction.intent || correction.reply || correction.article_note ? correction : null;
  }

  private write(draft: Draft): void {
    this.draft = draft;
    if (draft === EMPTY) this.drafts.delete(this.turn.turn_id);
    else this.drafts.set(this.turn.turn_id, draft);
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const { correction } = this;
    if (!correction || this.stage === "sending") return;
    sent.add(this.draft);
    wish(this, { want: "correct", turnId: this.turn.turn_id, correction });
  }
}
