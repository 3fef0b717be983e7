/** Whether the operator takes conversations, who else does, and who waits. */
import { LitElement, css, html, nothing } from "lit";
import type { Me } from "../pages/page.js";
import { base } from "../theme.js";
import { counted } from "../words.js";
import { wish } from "../wish.js";

export class DutyBar extends LitElement {
  static override properties = {
    me: { attribute: false },
    onDuty: { attribute: false },
    waiting: { type: Number },
    messages: { type: Number },
    longestSince: { attribute: false },
  };
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 46px;
        padding: 6px 12px;
        font-size: 13.5px;
        border-block-end: 1px solid var(--line);
        background: var(--sunk);
      }
      .label {
        font-weight: 600;
      }
      .figures {
        flex: 1;
        min-width: 0;
        text-align: end;
        line-height: 1.3;
        color: var(--soft);
      }
      .waits {
        font-weight: 650;
        color: var(--warn);
      }
      .names {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-size: 12.5px;
      }
    `,
  ];

  declare me: Me;
  /** Null where the server does not know duty. */
  declare onDuty: readonly string[] | null;
  declare waiting: number;
  /** Left while nobody was on duty. */
  declare messages: number;
  /** ms since 1970; null when nobody waits. */
  declare longestSince: number | null;

  override render(): unknown {
    return html`${this.onDuty ? this.switch() : nothing}
      <div class="figures" data-testid="queue-figures">
        <p>${this.line()}${this.left()}</p>
        ${this.onDuty ? this.names(this.onDuty) : nothing}
      </div>`;
  }

  private line(): unknown {
    if (!this.waiting) return this.messages ? "" : "Nobody waits";
    return html`<span class="waits">${this.waiting} waiting</span>${
        this.longestSince === null
          ? nothing
          : html`, longest <wait-clock .since=${this.longestSince}></wait-clock>`
      }`;
  }

  private left(): unknown {
    if (!this.messages) return nothing;
    return html`${this.waiting ? ", " : ""}${counted(this.messages, "message")} left`;
  }

  private switch(): unknown {
    const { on_duty: isOn } = this.me;
    return html`<button
        class="switch"
        role="switch"
        aria-checked=${isOn ? "true" : "false"}
        aria-labelledby="label"
        data-testid="duty"
        @click=${() => {
          wish(this, { want: "duty", on: !isOn });
        }}
      >
        <i></i></button
      ><span class="label" id="label">On duty</span>`;
  }

  private names(names: readonly string[]): unknown {
    const others = names.filter((name) => name !== this.me.name);
    const all = this.me.on_duty ? ["you", ...others] : others;
    const text = all.length ? `On duty: ${all.join(", ")}` : "Nobody is on duty";
    return html`<p class="names" title=${text} data-testid="on-duty">${text}</p>`;
  }
}
