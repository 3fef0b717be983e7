/** "Did this solve it?", asked once for an answer, and what is said to the reply. */
import { LitElement, css, html, nothing } from "lit";
import type { Strings } from "../shared/strings.js";
import { act } from "./act.js";
import { closeIcon } from "./icons.js";
import { base, pill } from "./theme.js";

export type SolvedStage = "ask" | "yes" | "no";

export class ChatSolved extends LitElement {
  static override properties = { t: { attribute: false }, stage: { type: String } };
  static override styles = [
    base,
    pill,
    css`
      :host {
        display: block;
      }
      div {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 7px 9px;
        padding: 9px 10px 9px 13px;
        padding-inline: 13px 10px;
        border: 1px solid var(--_line);
        border-radius: 14px;
        background: var(--_bg);
        font-size: 14px;
      }
      span {
        flex: 1;
      }
      .drop {
        display: grid;
        place-items: center;
        width: 26px;
        height: 26px;
        border-radius: 8px;
        font-size: 17px;
        color: var(--_muted);
      }
    `,
  ];

  declare t: Strings;
  declare stage: SolvedStage;

  override render(): unknown {
    const { t } = this;
    if (this.stage === "yes") return html`<div role="status">${t.solvedYes}</div>`;
    if (this.stage === "no")
      return html`<div role="status">
        <span>${t.solvedNo}</span>${this.button(t.askPerson, nothing, "askPerson")}
      </div>`;
    return html`<div role="group" aria-label=${t.solved} part="solved" data-testid="solved">
      <span>${t.solved}</span>
      ${this.button(t.yes, "solved-yes", true)} ${this.button(t.no, "solved-no", false)}
      <button
        class="drop"
        aria-label=${t.dismiss}
        data-testid="solved-dismiss"
        @click=${() => {
          act(this, { do: "solved", value: null });
        }}
      >
        ${closeIcon}
      </button>
    </div>`;
  }

  private button(label: string, testid: string | typeof nothing, meaning: boolean | "askPerson"): unknown {
    const press = (): void => {
      act(this, meaning === "askPerson" ? { do: "askPerson" } : { do: "solved", value: meaning });
    };
    return html`<button class="pill" data-testid=${testid} @click=${press}>${label}</button>`;
  }
}
