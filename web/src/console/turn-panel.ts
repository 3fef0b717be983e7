/** Why the bot said that: what was tried, how sure it was, what it rests on; and the operator's correction. */
import { LitElement, css, html, nothing, type PropertyValues } from "lit";
import { safeHref } from "../shared/text.js";
import { dollars, milliseconds, percent } from "./model.js";
import { base } from "./theme.js";
import type { Attempt, TurnRecord } from "./types.js";
import { wish } from "./wish.js";

function tone(outcome: string): string {
  if (outcome === "reply") return "good";
  return outcome.startsWith("abstain") ? "warn" : "bad";
}

export class TurnPanel extends LitElement {
  static override properties = { turn: { attribute: false }, sent: { state: true } };
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 18px;
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 3px 14px;
        margin-block-start: 5px;
      }
      dt {
        color: var(--soft);
      }
      dd {
        overflow-wrap: anywhere;
      }
      meter {
        width: 90px;
        height: 10px;
        vertical-align: middle;
      }
      ol {
        display: grid;
        gap: 5px;
        margin-block-start: 5px;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
      }
      li span:last-child:not(.tag) {
        margin-inline-start: auto;
        font-variant-numeric: tabular-nums;
      }
      blockquote {
        margin: 3px 0 10px;
        padding-inline-start: 10px;
        border-inline-start: 3px solid var(--line);
        font-size: 14px;
        color: var(--soft);
      }
      a {
        color: var(--accent);
      }
      form {
        display: grid;
        gap: 8px;
        margin-block-start: 5px;
      }
    `,
  ];

  declare turn: TurnRecord;
  declare private sent: boolean;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.get("turn")?.turn_id !== this.turn.turn_id) this.sent = false;
  }

  override render(): unknown {
    const { turn } = this;
    return html`<section data-testid="turn">
        <h3>Answer</h3>
        <dl>
          <dt>Asked</dt>
          <dd dir="auto">${turn.text}</dd>
          <dt>Backend</dt>
          <dd><span class="tag info">${turn.backend ?? "nobody"}</span></dd>
          ${
            turn.intent
              ? html`<dt>Intent</dt>
                  <dd data-testid="turn-intent">${turn.intent}</dd>`
              : nothing
          }
          ${
            turn.confidence === null
              ? nothing
              : html`<dt>Confidence</dt>
                  <dd>
                    <meter min="0" max="1" value=${turn.confidence}></meter> ${percent(turn.confidence)}
                  </dd>`
          }
          <dt>Outcome</dt>
          <dd>${[turn.outcome, turn.mode, turn.reason].filter(Boolean).join(", ")}</dd>
          <dt>Took</dt>
          <dd>${milliseconds(turn.latency_ms)}</dd>
          <dt>Cost</dt>
          <dd>${dollars(turn.cost_usd)}</dd>
        </dl>
      </section>
      ${this.attempts()} ${this.stages()} ${this.citations()} ${this.label()}`;
  }

  private attempts(): unknown {
    const row = (attempt: Attempt): unknown =>
      html`<li>
        <b>${attempt.backend}</b><span class="tag ${tone(attempt.outcome)}">${attempt.outcome}</span
        ><span class="soft">${milliseconds(attempt.ms)}</span>
      </li>`;
    return html`<section>
      <h3>Tried, in order</h3>
      <ol>
        ${this.turn.attempts.map(row)}
      </ol>
    </section>`;
  }

  private stages(): unknown {
    const stages = Object.entries(this.turn.stages_ms ?? {});
    if (!stages.length) return nothing;
    return html`<section>
      <h3>Time by stage</h3>
      <dl>
        ${stages.map(
          ([name, ms]) =>
            html`<dt>${name}</dt>
              <dd>${milliseconds(ms)}</dd>`,
        )}
      </dl>
    </section>`;
  }

  private citations(): unknown {
    if (!this.turn.citations.length) return nothing;
    return html`<section>
      <h3>Rests on</h3>
      ${this.turn.citations.map((citation) => {
        const href = safeHref(citation.url);
        const title = href
          ? html`<a href=${href} target="_blank" rel="noopener noreferrer">${citation.title}</a>`
          : citation.title;
        return html`<p>${title}</p>
          <blockquote dir="auto">${citation.quote}</blockquote>`;
      })}
    </section>`;
  }

  private label(): unknown {
    const { labels } = this.turn;
    return html`<section>
      <h3>Right intent</h3>
      ${labels.map(
        (label) =>
          html`<p>
            <span class="tag good">${label.intent ?? "none"}</span>
            <span class="soft">${label.provenance ?? ""} ${label.note ?? ""}</span>
          </p>`,
      )}
      <form @submit=${this.submit}>
        <input
          name="intent"
          required
          maxlength="64"
          pattern="[a-z][a-z0-9_]*"
          title="Small letters, digits and underscores; oos for out of scope"
          aria-label="Intent"
          placeholder="order_status"
          .value=${this.turn.intent ?? ""}
          data-testid="label-intent"
        />
        <input name="note" maxlength="500" aria-label="Note" placeholder="Note (optional)" />
        <button class="button" data-testid="label-save">${this.sent ? "Saved" : "Save label"}</button>
      </form>
    </section>`;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const read = (name: string): string => (fields.get(name) as string).trim();
    this.sent = true;
    wish(this, { want: "label", turnId: this.turn.turn_id, intent: read("intent"), note: read("note") });
  }
}
