/** Resolution by arm, backend or intent: the verdict, dots with whiskers, the figures. Tells `group` with a grouping. */
import { LitElement, css, html, nothing } from "lit";
import { partStyles } from "../parts/page.styles.js";
import { tableBox } from "../parts/table-box.js";
import { counted, spoken, when } from "../parts/words.js";
import { GROUPINGS, type Grouping } from "./days.js";
import {
  columnsOf,
  differencesOf,
  points,
  ratesOf,
  tabbedGroups,
  type Difference,
  type Group,
  type Guard,
  type Report,
} from "./report.js";
import { pills } from "./pills.js";

/** What must not become worse. */
const GUARDED: Record<string, string> = { handoff: "Handoffs", latency_ms: "Latency", cost_usd: "Cost" };
const GUARDS: Record<Guard["state"], [words: string, tone: string]> = {
  held: ["not worse", "good"],
  broken: ["worse", "bad"],
  open: ["not known yet", ""],
};

export class ResolutionPanel extends LitElement {
  static override properties = { report: { attribute: false }, grouping: { type: String } };
  static override styles = [
    ...partStyles,
    css`
      :host {
        display: grid;
        gap: 20px;
      }
      thead .number {
        white-space: normal;
      }
      tbody th {
        white-space: nowrap;
      }
      th,
      td {
        padding-inline: 9px;
      }
      .verdict {
        font-size: 15.5px;
        font-weight: 600;
      }
      .below {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 8px;
      }
      .differences {
        display: grid;
        gap: 14px;
      }
      .differences li {
        display: grid;
        gap: 4px;
      }
      .warnings {
        padding: 10px 14px 10px 30px;
        border-radius: 8px;
        list-style: disc;
        color: var(--warn);
        background: var(--warn-tint);
      }
    `,
  ];

  declare report: Report;
  declare grouping: Grouping;

  override render(): unknown {
    const { report } = this;
    const rows = report.groups[this.grouping];
    return html`<section class="card" aria-labelledby="resolved">
        <div class="below">
          <h2 id="resolved">Resolved by the bot alone</h2>
          ${pills(this, GROUPINGS, this.grouping, "group")}
        </div>
        ${report.verdict ? html`<p class="verdict" data-testid="verdict">${report.verdict}</p>` : nothing}
        ${rows.length ? this.rates(rows) : html`<p class="soft">Nothing to judge yet by ${this.grouping}.</p>`}
        ${this.footnote()}
      </section>
      ${report.differences.length ? this.differences() : nothing}`;
  }

  private rates(rows: readonly Group[]): unknown {
    return html`<chart-box bare .spec=${ratesOf(rows)} .label=${`Resolved by ${this.grouping}`}></chart-box>
      ${tableBox("Resolution", this.table(rows))}
      <div class="below">
        <copy-button .text=${tabbedGroups(rows)} label="Copy the table"></copy-button>
      </div>`;
  }

  private table(rows: readonly Group[]): unknown {
    const columns = columnsOf(rows);
    return html`<table data-testid="resolution">
      <thead>
        <tr>
          <th scope="col">${GROUPINGS.find(([grouping]) => grouping === this.grouping)?.[1]}</th>
          ${columns.map(([title]) => html`<th scope="col" class="number">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              <th scope="row">${row.name}</th>
              ${columns.map(([, of]) => html`<td class="number">${of(row)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>`;
  }

  private footnote(): unknown {
    const { definition, audits, computed_at: at, warnings } = this.report;
    return html`${
        warnings.length
          ? html`<ul class="warnings fine" data-testid="warnings">
              ${warnings.map((warning) => html`<li>${warning}</li>`)}
            </ul>`
          : nothing
      }
      <p class="soft fine" data-testid="footnote">
        Definition ${definition || "none yet"}. Whiskers are 95 % intervals.
        ${audits ? html`Corrected by <a href="#/audit">${counted(audits, "audit")}</a>.` : nothing}
        ${at ? html`Computed ${when(at)}.` : nothing}
      </p>`;
  }

  private differences(): unknown {
    const { differences } = this.report;
    const chart = differencesOf(differences);
    return html`<section class="card" aria-labelledby="differences">
      <h2 id="differences">Differences between arms</h2>
      <p>In points of the resolution rate. These intervals hold however often you look.</p>
      ${chart.rows.length ? html`<chart-box .spec=${chart} label="Differences"></chart-box>` : nothing}
      <ul class="differences" data-testid="differences">
        ${differences.map((one) => this.difference(one))}
      </ul>
    </section>`;
  }

  private difference({ a, b, difference, corrected, guards, verdict }: Difference): unknown {
    return html`<li>
      <span>
        <b>${a}</b> against <b>${b}</b>:
        ${difference.value === null ? "no figure yet by the rules" : points(difference)}${corrected ? html`; corrected by audits ${points(corrected)}` : nothing}
      </span>
      <span class="soft">${verdict}</span>
      <span class="chips">
        ${guards.map(({ name, state }) => {
          const [words, tone] = GUARDS[state];
          return html`<span class="tag ${tone}">${spoken(name, GUARDED)}: ${words}</span>`;
        })}
      </span>
    </li>`;
  }
}
