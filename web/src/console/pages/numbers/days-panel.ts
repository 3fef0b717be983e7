/** Volume, handoff, latency and cost by day, a chart each. Tells `group` with a grouping. */
import { LitElement, css, html, nothing } from "lit";
import { partStyles } from "../parts/page.styles.js";
import { count } from "../parts/words.js";
import { GROUPINGS, METRICS, leftOut, linesOf, type Days, type Grouping } from "./days.js";
import { pills } from "./pills.js";

export class DaysPanel extends LitElement {
  static override properties = { days: { attribute: false }, grouping: { type: String } };
  static override styles = [
    ...partStyles,
    css`
      .charts {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(430px, 100%), 1fr));
        gap: 16px;
      }
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 8px;
        margin-block-end: 12px;
      }
      h3 {
        margin-block-end: 8px;
        font-size: 14.5px;
        color: var(--ink);
      }
    `,
  ];

  declare days: Days;
  declare grouping: Grouping;

  override render(): unknown {
    const more = leftOut(this.days, this.grouping);
    return html`<div class="top">
        <h2>Day by day</h2>
        ${pills(this, GROUPINGS, this.grouping, "group")}
      </div>
      ${more ? html`<p class="soft fine">The busiest five; ${count(more)} more are left out.</p>` : nothing}
      <div class="charts">
        ${METRICS.map(
          ({ metric, title, unit }) =>
            html`<section class="card" aria-label=${title} data-testid="chart-${metric}">
              <h3>${title}</h3>
              <chart-box .spec=${linesOf(this.days, metric, this.grouping, unit)} .label=${title}></chart-box>
            </section>`,
        )}
      </div>`;
  }
}
