/** How long something has lasted, ticking by itself, so that nothing around it has to be drawn anew. */
import { LitElement, css } from "lit";
import { elapsed } from "./words.js";

const clocks = new Set<WaitClock>();
let timer: number | undefined;

function tick(): void {
  for (const one of clocks) one.requestUpdate();
}

export class WaitClock extends LitElement {
  static override properties = { since: { type: Number } };
  static override styles = css`
    :host {
      font-variant-numeric: tabular-nums;
    }
  `;

  /** ms since 1970. */
  declare since: number;

  override connectedCallback(): void {
    super.connectedCallback();
    clocks.add(this);
    timer ??= window.setInterval(tick, 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clocks.delete(this);
    if (clocks.size) return;
    window.clearInterval(timer);
    timer = undefined;
  }

  override render(): unknown {
    return elapsed(Date.now() - this.since);
  }
}
