/** A chart with its table beneath: the picture for the eye, the figures for everybody and for the clipboard. */
import { LitElement, css, html, nothing } from "lit";
import { partStyles } from "../parts/page.styles.js";
import { tableBox } from "../parts/table-box.js";
import type { Colours, Plot } from "./plot.js";
import { isEmpty, summaryOf, tabbed, tableOf, type ChartSpec } from "./spec.js";

const ROW_PX = 34;

export class ChartBox extends LitElement {
  static override properties = {
    spec: { attribute: false },
    label: { type: String },
    /** The same figures are in a table of the page's own. */
    bare: { type: Boolean },
    failed: { state: true },
  };
  static override styles = [
    ...partStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .plot {
        position: relative;
        width: 100%;
        height: 230px;
      }
      details {
        margin-block-start: 6px;
      }
      summary {
        width: fit-content;
        font-size: 13.5px;
        color: var(--accent);
        cursor: pointer;
      }
      .scroll {
        max-height: 320px;
        overflow: auto;
        margin-block: 8px;
        box-shadow: none;
      }
      th,
      td {
        padding: 5px 12px;
        font-size: 13.5px;
        white-space: nowrap;
      }
    `,
  ];

  declare spec: ChartSpec;
  declare label: string;
  declare bare: boolean;
  /** The chart's code could not be loaded: the table opens. */
  declare private failed: boolean;

  private plot: Plot | null = null;
  private drawn: ChartSpec | null = null;
  private readonly theme = new MutationObserver(() => void this.draw());

  constructor() {
    super();
    this.label = "";
    this.bare = false;
    this.failed = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.drawn = null;
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.theme.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }

  protected override updated(): void {
    if (this.drawn !== this.spec) void this.draw();
  }

  override render(): unknown {
    const { spec } = this;
    if (isEmpty(spec)) return html`<p class="soft">Nothing to draw yet.</p>`;
    const height = spec.kind === "whiskers" ? spec.rows.length * ROW_PX + 34 : 230;
    return html`<div class="plot" style="height: ${height}px" ?hidden=${this.failed}>
        <canvas role="img" aria-label=${summaryOf(spec, this.label)}></canvas>
      </div>
      ${this.bare ? nothing : this.figures()}`;
  }

  private figures(): unknown {
    const table = tableOf(this.spec);
    return html`<details ?open=${this.failed}>
      <summary>${this.label} as a table</summary>
      ${tableBox(
        this.label,
        html`<table>
          <thead>
            <tr>
              ${table.head.map((cell, i) => html`<th scope="col" class=${i ? "number" : ""}>${cell || html`<span class="quiet">Name</span>`}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${table.rows.map(
              ([name, ...cells]) =>
                html`<tr>
                  <th scope="row">${name}</th>
                  ${cells.map((cell) => html`<td class="number">${cell}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>`,
      )}
      <copy-button .text=${tabbed(table)} label="Copy"></copy-button>
    </details>`;
  }

  private async draw(): Promise<void> {
    const { spec } = this;
    this.drawn = spec;
    const loaded = await import("./plot.js").catch(() => null);
    this.failed = loaded === null; // the file is gone, after an update of the server: the table remains
    const canvas = this.renderRoot.querySelector("canvas");
    if (!loaded || this.drawn !== spec) return;
    this.plot?.destroy();
    this.plot = canvas && this.isConnected ? loaded.draw(canvas, spec, coloursOf(this)) : null;
  }
}

function coloursOf(element: HTMLElement): Colours {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: read("--ink"),
    soft: read("--soft"),
    line: read("--line"),
    card: read("--card"),
    series: [1, 2, 3, 4, 5].map((n) => read(`--chart-${n}`)),
    font: style.fontFamily,
  };
}
