/** Why the bot said that: what was tried, how sure it was, what it rests on, how long it took and what it cost. */
import { LitElement, html, nothing, svg } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { safeHref } from "../../shared/text.js";
import { base } from "../theme.js";
import type { Attempt, TurnRecord } from "../types.js";
import { dollars, milliseconds, percent, short, spaced } from "../words.js";
import { turnPanelStyles } from "./turn-panel.styles.js";

function tone(outcome: string): string {
  if (outcome === "reply") return "good";
  return outcome.startsWith("abstain") || outcome === "disabled" ? "warn" : "bad";
}

/** `abstain:low_confidence` gives "abstain: low confidence". */
const outcomeText = (outcome: string): string => spaced(outcome).replace(":", ": ");

const stripe = (from: number, width: number, i: number): unknown =>
  svg`<rect class="c${i % 5}" x=${from} width=${Math.max(0.5, width)} height="8" />`;

export class TurnPanel extends LitElement {
  static override properties = { turn: { attribute: false } };
  static override styles = [base, turnPanelStyles];

  declare turn: TurnRecord;

  override render(): unknown {
    const { turn } = this;
    return html`<section data-testid="turn">
        <h3>Question</h3>
        <p class="asked" dir="auto" tabindex=${ifDefined(turn.text.length > 200 ? "0" : undefined)}>
          ${turn.text}
        </p>
        <dl>
          ${this.fact("Answered by", html`<span class="tag info">${turn.backend ?? "nobody"}</span>`)}
          ${turn.intent ? this.fact("Intent", html`<span data-testid="turn-intent">${turn.intent}</span>`) : nothing}
          ${turn.confidence === null ? nothing : this.fact("Confidence", this.meter(turn.confidence))}
          ${this.fact(
            "Outcome",
            [turn.outcome, turn.kind === "answer" ? null : turn.kind, turn.mode, turn.reason]
              .filter((word) => word !== null && word !== undefined)
              .map(outcomeText)
              .join(", "),
          )}
        </dl>
      </section>
      ${this.attempts()} ${this.citations()} ${this.actions()} ${this.stages()} ${this.origin()}`;
  }

  private fact(name: string, value: unknown): unknown {
    return html`<dt>${name}</dt>
      <dd>${value}</dd>`;
  }

  private meter(value: number): unknown {
    return html`<span class="meter" aria-hidden="true"
        ><svg viewBox="0 0 100 8" preserveAspectRatio="none">
          <rect class="ground" width="100" height="8" />
          <rect class="level" width=${value * 100} height="8" /></svg></span
      >${percent(value)}`;
  }

  private attempts(): unknown {
    const { attempts } = this.turn;
    if (!attempts.length) return nothing;
    return html`<section>
      <h3>Tried, in order</h3>
      <ol class="attempts">
        ${attempts.map((attempt) => this.attempt(attempt))}
      </ol>
    </section>`;
  }

  private attempt({ backend, outcome, ms, intent, confidence, detail }: Attempt): unknown {
    const sure = confidence === null || confidence === undefined ? "" : ` ${percent(confidence)}`;
    const guess = intent ? `thought of ${spaced(intent)}${sure}` : "";
    return html`<li data-testid="attempt">
      <p class="try">
        <b>${backend}</b><span class="tag ${tone(outcome)}">${outcomeText(outcome)}</span
        ><span class="took">${outcome === "disabled" ? "" : milliseconds(ms)}</span>
      </p>
      ${guess ? html`<p class="soft small-text">${guess}</p>` : nothing}
      ${detail ? html`<p class="soft small-text">${detail}</p>` : nothing}
    </li>`;
  }

  private citations(): unknown {
    const { citations } = this.turn;
    if (!citations.length) return nothing;
    return html`<section>
      <h3>Rests on</h3>
      ${citations.map((citation) => {
        const href = safeHref(citation.url);
        const title = href
          ? html`<a href=${href} target="_blank" rel="noopener noreferrer">${citation.title}</a>`
          : citation.title;
        return html`<p class="source">${title}</p>
          <blockquote dir="auto">${citation.quote}</blockquote>`;
      })}
    </section>`;
  }

  private actions(): unknown {
    const actions = this.turn.actions ?? [];
    if (!actions.length) return nothing;
    return html`<section>
      <h3>Done in the shop's systems</h3>
      ${actions.map((action) => html`<p><code>${JSON.stringify(action)}</code></p>`)}
    </section>`;
  }

  private stages(): unknown {
    const stages = Object.entries(this.turn.stages_ms ?? {}).filter(([name]) => name !== "total");
    const total = stages.reduce((sum, [, ms]) => sum + ms, 0);
    const tokens = [
      this.turn.prompt_tokens ? `${this.turn.prompt_tokens} in` : "",
      this.turn.completion_tokens ? `${this.turn.completion_tokens} out` : "",
    ].filter(Boolean);
    let at = 0;
    return html`<section>
      <h3>Time and cost</h3>
      <dl>
        ${this.fact("Took", milliseconds(this.turn.latency_ms))}
        ${this.fact("Cost", dollars(this.turn.cost_usd))}
        ${tokens.length ? this.fact("Tokens", tokens.join(", ")) : nothing}
      </dl>
      ${
        total > 0
          ? html`<svg class="stages" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                ${stages.map(([, ms], i) => {
                  const from = at;
                  at += (ms / total) * 100;
                  return stripe(from, (ms / total) * 100, i);
                })}
              </svg>
              <ul class="legend">
                ${stages.map(([name, ms], i) => html`<li><i class="c${i % 5}"></i>${spaced(name)} <span>${milliseconds(ms)}</span></li>`)}
              </ul>`
          : nothing
      }
    </section>`;
  }

  private origin(): unknown {
    const { arm, propensity, routing_version: version } = this.turn;
    const hashes = [
      ["Model", this.turn.bundle_id],
      ["Prompt", this.turn.prompt_hash],
      ["Articles", this.turn.index_hash],
      ["Settings", this.turn.settings_hash],
    ].filter((one): one is [string, string] => Boolean(one[1]));
    const share =
      propensity === null || propensity === undefined ? "" : ` (${percent(propensity)} of customers)`;
    return html`<section>
      <h3>Provenance</h3>
      <dl>
        ${arm ? this.fact("Arm", `${arm}${share}`) : nothing}
        ${version ? this.fact("Routing", html`<a href="#/routing">version ${version}</a>`) : nothing}
        ${hashes.map(([name, hash]) => this.fact(name, html`<code title=${hash}>${short(hash)}</code>`))}
        ${this.fact("Turn", html`<code>${this.turn.turn_id}</code>`)}
      </dl>
    </section>`;
  }
}
