/** The queue beside the card: what is decided, what is shown, what comes. Tells `pick` with a turn's id. */
import { LitElement, css, html, nothing } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { repeat } from "lit/directives/repeat.js";
import { base } from "../../theme.js";
import type { Queue, QueuedTurn } from "./queue.js";
import { titleOf, type Intent } from "./search.js";

export class LabelTrail extends LitElement {
  static override properties = { queue: { attribute: false }, intents: { attribute: false } };
  static override styles = [
    base,
    css`
      ul {
        max-height: 62vh;
        overflow-y: auto;
        scrollbar-width: thin;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--card);
        box-shadow: var(--shadow);
      }
      li + li {
        border-block-start: 1px solid var(--line);
      }
      button {
        display: grid;
        gap: 1px;
        width: 100%;
        padding: 7px 12px;
        text-align: start;
        border-inline-start: 3px solid transparent;
      }
      button:hover {
        background: var(--bg);
      }
      button[aria-current] {
        border-inline-start-color: var(--accent);
        background: var(--tint);
      }
      button:focus-visible {
        outline-offset: -2px;
      }
      .text {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-size: 14px;
      }
      .is {
        font-size: 12.5px;
        font-weight: 600;
        color: var(--good);
        background: none;
      }
      .is.skip {
        color: var(--soft);
      }
    `,
  ];

  declare queue: Queue;
  declare intents: readonly Intent[];

  protected override updated(): void {
    const [list, row] = ["ul", "[aria-current]"].map((one) =>
      this.renderRoot.querySelector<HTMLElement>(one),
    );
    if (!list || !row) return;
    // Not scrollIntoView: that would move the page too.
    const top = row.offsetTop - list.offsetTop;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + row.offsetHeight > list.scrollTop + list.clientHeight)
      list.scrollTop = top + row.offsetHeight - list.clientHeight;
  }

  override render(): unknown {
    return html`<ul aria-label="The queue">
      ${repeat(
        this.queue.turns,
        (turn) => turn.turn_id,
        (turn) => this.row(turn),
      )}
    </ul>`;
  }

  private row(turn: QueuedTurn): unknown {
    const decision = this.queue.decisions[turn.turn_id];
    const isShown = turn.turn_id === this.queue.current;
    return html`<li>
      <button
        aria-current=${ifDefined(isShown ? "true" : undefined)}
        @click=${() => {
          this.dispatchEvent(new CustomEvent<string>("pick", { detail: turn.turn_id }));
        }}
      >
        <span class="text" dir="auto">${turn.text}</span>
        ${
          decision
            ? html`<span class="is ${decision.kind}"
                >${decision.kind === "skip" ? "skipped" : titleOf(this.intents, decision.intent)}</span
              >`
            : nothing
        }
      </button>
    </li>`;
  }
}
