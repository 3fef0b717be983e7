/** What a draft would have done to the turns of last week. */
import { LitElement, css, html, nothing, svg } from "lit";
import { base, pageStyles } from "../theme.js";
import type { Preview } from "../types.js";
import { counted, dollars } from "../words.js";

/** Who answers, beside the backends. */
const NAMES: Record<string, string> = { handoff: "a person", open: "not known" };

export class RoutingPreview extends LitElement {
  static override properties = {
    preview: { attribute: false },
    busy: { type: Boolean },
    problem: { type: String },
    dirty: { type: Boolean },
  };
  static override styles = [
    base,
    pageStyles,
    css`
      .sum {
        margin-block: 6px 12px;
        overflow-wrap: anywhere;
      }
      .sum b {
        font-size: 19px;
        font-variant-numeric: tabular-nums;
      }
      .old {
        opacity: 0.5;
      }
      .rows {
        display: grid;
        gap: 8px;
      }
      .rows p {
        display: flex;
        justify-content: space-between;
        gap: 10px;
        font-variant-numeric: tabular-nums;
      }
      svg {
        display: block;
        width: 100%;
        height: 12px;
      }
      .ground {
        fill: var(--bubble);
      }
      .now {
        fill: var(--line-strong);
      }
      .then {
        fill: var(--accent);
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 3px 14px;
        margin-block-start: 12px;
      }
      dt {
        color: var(--soft);
      }
      dd {
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      .caveat {
        margin-block-start: 12px;
        font-size: 13px;
        color: var(--soft);
      }
    `,
  ];

  /** Null while there is none. */
  declare preview: Preview | null;
  declare busy: boolean;
  declare problem: string;
  /** There is something to preview. */
  declare dirty: boolean;

  override render(): unknown {
    return html`<section
      class="card"
      aria-labelledby="title"
      aria-busy=${this.busy ? "true" : "false"}
      data-testid="preview"
    >
      <h2 id="title">Preview</h2>
      ${this.content()}
    </section>`;
  }

  private content(): unknown {
    if (!this.dirty)
      return html`<p class="soft">
        Change something, and see here what it would have done to last week's turns.
      </p>`;
    if (this.problem) return html`<p class="soft" role="status">No preview: ${this.problem}</p>`;
    if (!this.preview) return html`<p class="soft" role="status">Trying it on last week's turns…</p>`;
    return this.figures(this.preview);
  }

  private figures(preview: Preview): unknown {
    const { turns, changed, since } = preview;
    if (!turns) return html`<p class="soft">There are no turns of last week to try it on.</p>`;
    return html`<div class=${this.busy ? "old" : ""}>
      <p class="sum" role="status">
        <b>${changed.toLocaleString()}</b> of ${counted(turns, "turn")} since
        ${new Date(since).toLocaleDateString(undefined, { day: "numeric", month: "short" })} would have gone
        another way.
      </p>
      ${this.bars(preview)}
      <dl>
        ${this.pair("Answered by the bot", share(preview.answered_now, turns), share(preview.answered_then, turns))}
        ${this.pair("Cost", dollars(preview.cost_now), dollars(preview.cost_then))}
      </dl>
      ${preview.caveat ? html`<p class="caveat">${preview.caveat}</p>` : nothing}
    </div>`;
  }

  private pair(name: string, now: string, then: string): unknown {
    return html`<dt>${name}</dt>
      <dd>${now === then ? now : html`${now} → <b>${then}</b>`}</dd>`;
  }

  private bars({ by_backend: { now, then } }: Preview): unknown {
    const names = [...new Set([...Object.keys(now), ...Object.keys(then)])];
    const most = Math.max(1, ...Object.values(now), ...Object.values(then));
    return html`<div class="rows">
      ${names.map((name) => {
        const [a, b] = [now[name] ?? 0, then[name] ?? 0];
        return html`<div>
          <p>
            <span>${NAMES[name] ?? name}</span>
            <span
              >${a === b ? a.toLocaleString() : html`${a.toLocaleString()} → <b>${b.toLocaleString()}</b>`}</span
            >
          </p>
          <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
            <rect class="ground" width="100" height="12" />
            ${svg`<rect class="now" width=${(a / most) * 100} height="5" /><rect class="then" y="6" width=${(b / most) * 100} height="6" />`}
          </svg>
        </div>`;
      })}
    </div>`;
  }
}

/** A count of turns as their share. */
function share(count: number | null, turns: number): string {
  return count === null ? "–" : `${((count / turns) * 100).toFixed(1)} %`;
}
