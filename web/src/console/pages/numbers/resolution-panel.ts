/** Resolution by arm, backend or intent: the verdict, dots with whiskers, the figures. Tells `group` with a grouping. */
import { LitElement, css, html, nothing } from "lit";
import { partStyles } from "../parts/page.styles.js";
import { tableBox } from "../parts/table-box.js";
import { count, when } from "../parts/words.js";
import { GROUPINGS, type Grouping } from "./days.js";
import {
  columnsOf,
  differencesOf,
  points,
  ratesOf,
  tabbedGroups,
  type Group,
  type Report,
} from "./report.js";
import { pills } from "./pills.js";

export class ResolutionPanel extends LitElement {
  static override properties = { report: { attribute: false }, grouping: { type: String } };
  static override styles = [
    ...partStyles,
    css`
      :host {
        display: grid;
        gap: 20px;
      }
      .verdict {
        font-size: 17px;
        font-weight: 600;
        line-height: 1.4;
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
        gap: 8px;
      }
      .differences li {
        display: grid;
        gap: 2px;
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
    const { definition, open, audits, computed_at: at, warnings } = this.report;
    return html`<ul>
        ${warnings.map((warning) => html`<li class="banner warn">${warning}</li>`)}
      </ul>
      <p class="soft fine" data-testid="footnote">
        Definition ${definition}. Whiskers are 95 % intervals.
        ${open ? html`${count(open)} conversations are too young to be judged.` : nothing}
        ${
          audits
            ? html`Corrected by <a href="#/audit">${count(audits)} audited conversations</a>.`
            : html`Not corrected by an <a href="#/audit">audit</a> yet.`
        }
        ${at ? html`Computed ${when(at)}.` : nothing}
      </p>`;
  }

  private differences(): unknown {
    const { differences } = this.report;
    return html`<section class="card" aria-labelledby="differences">
      <h2 id="differences">Differences between arms</h2>
      <p>These intervals hold however often you look.</p>
      <chart-box .spec=${differencesOf(differences)} label="Differences"></chart-box>
      <ul class="differences" data-testid="differences">
        ${differences.map(
          (one) =>
            html`<li>
              <span><b>${one.a}</b> against <b>${one.b}</b>: ${points(one.difference)}</span>
              <span class="soft">${one.verdict}</span>
            </li>`,
        )}
      </ul>
    </section>`;
  }
}
