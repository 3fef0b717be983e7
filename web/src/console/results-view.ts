/** What the experiment says so far, and which model serves: resolution by arm with intervals, and the bundles. */
import { LitElement, css, html, nothing, svg } from "lit";
import { percent } from "./model.js";
import { base } from "./theme.js";
import type { Bundle, Models, Resolution } from "./types.js";
import { wish } from "./wish.js";

export class ResultsView extends LitElement {
  static override properties = {
    /** Null while loading or where the server has none. */
    report: { attribute: false },
    models: { attribute: false },
    asked: { state: true },
  };
  static override styles = [
    base,
    css`
      .page {
        display: grid;
        gap: 36px;
        width: min(980px, 100%);
        margin-inline: auto;
        padding: 28px 20px 60px;
      }
      .scroll {
        overflow-x: auto;
        margin-block-start: 10px;
        border: 1px solid var(--line);
        border-radius: 12px;
        background: var(--card);
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-variant-numeric: tabular-nums;
      }
      th,
      td {
        padding: 9px 14px;
        text-align: start;
        vertical-align: middle;
        border-block-end: 1px solid var(--line);
      }
      tr:last-child td {
        border: 0;
      }
      th {
        font-size: 13px;
        color: var(--soft);
      }
      .number {
        text-align: end;
      }
      td svg {
        display: block;
        width: 100%;
        min-width: 180px;
        height: 22px;
      }
      .axis {
        stroke: var(--line);
      }
      .interval {
        stroke: var(--accent);
        stroke-width: 2.5;
        opacity: 0.45;
      }
      .rate {
        fill: var(--accent);
      }
      code {
        font-size: 13.5px;
      }
    `,
  ];

  declare report: Resolution | null;
  declare models: Models | null;
  /** Bundle whose promotion waits for a second click. */
  declare private asked: string | null;

  constructor() {
    super();
    this.asked = null;
  }

  override render(): unknown {
    return html`<div class="page">
      <section aria-labelledby="resolved">
        <h2 id="resolved">Resolved conversations, by arm</h2>
        ${this.report ? this.resolution(this.report) : html`<p class="soft">No report yet.</p>`}
      </section>
      <section aria-labelledby="models">
        <h2 id="models">Models</h2>
        ${this.models ? this.bundles(this.models) : html`<p class="soft">No models yet.</p>`}
      </section>
    </div>`;
  }

  private resolution(report: Resolution): unknown {
    const definition =
      typeof report.definition === "string" ? report.definition : JSON.stringify(report.definition);
    return html`<p class="soft">Definition: ${definition}. Bars are 95 % intervals.</p>
      <div class="scroll">
        <table data-testid="resolution">
          <thead>
            <tr>
              <th>Arm</th>
              <th class="number">Judged</th>
              <th class="number">Resolved</th>
              <th class="number">Rate</th>
              <th>0 to 100 %</th>
            </tr>
          </thead>
          <tbody>
            ${report.arms.map(
              (arm) =>
                html`<tr>
                  <td><b>${arm.arm}</b></td>
                  <td class="number">${arm.n}</td>
                  <td class="number">${arm.resolved}</td>
                  <td class="number">${percent(arm.rate)}</td>
                  <td>${this.interval(arm)}</td>
                </tr>`,
            )}
            ${
              report.arms.length
                ? nothing
                : html`<tr>
                    <td colspan="5" class="soft">Nothing to judge yet.</td>
                  </tr>`
            }
          </tbody>
        </table>
      </div>`;
  }

  private interval({ rate, low, high }: Resolution["arms"][number]): unknown {
    if (rate === null || low === null || high === null) return nothing;
    const place = (value: number): string => `${value * 100}%`;
    return html`<svg role="img" aria-label="${percent(low)} to ${percent(high)}">
      <line class="axis" x1="0" x2="100%" y1="11" y2="11" />
      ${svg`<line class="interval" x1=${place(low)} x2=${place(high)} y1="11" y2="11" /><circle class="rate" cx=${place(rate)} cy="11" r="5" />`}
    </svg>`;
  }

  private bundles({ bundles }: Models): unknown {
    return html`<p class="soft">
        Whichever serves answers from the next turn on; turns in flight finish on the old one.
      </p>
      <div class="scroll">
        <table data-testid="models">
          <thead>
            <tr>
              <th>Bundle</th>
              <th class="number">Intents</th>
              <th class="number">Accuracy</th>
              <th></th>
            </tr>
          </thead>
          <tbody>
            ${bundles.toReversed().map(
              (bundle) =>
                html`<tr>
                  <td>
                    <code>${bundle.id}</code>
                    ${bundle.problem ? html`<span class="tag bad">${bundle.problem}</span>` : nothing}
                  </td>
                  <td class="number">${bundle.intents ?? "–"}</td>
                  <td class="number">${percent(bundle.accuracy ?? null)}</td>
                  <td class="number">${this.promotion(bundle)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`;
  }

  private promotion(bundle: Bundle): unknown {
    if (bundle.is_current) return html`<span class="tag good">serves</span>`;
    if (bundle.problem) return nothing;
    if (this.asked !== bundle.id)
      return html`<button
        class="button"
        @click=${() => {
          this.asked = bundle.id;
        }}
      >
        Promote
      </button>`;
    const promote = (): void => {
      this.asked = null;
      wish(this, { want: "promote", id: bundle.id });
    };
    return html`<button class="button primary" data-testid="promote" @click=${promote}>Let it serve</button>
      <button
        class="button"
        @click=${() => {
          this.asked = null;
        }}
      >
        Keep
      </button>`;
  }
}
