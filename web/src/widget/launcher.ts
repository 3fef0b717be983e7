/** The round button in the corner, with the number of unread messages. */
import { LitElement, css, html, nothing } from "lit";
import type { Strings } from "../shared/strings.js";
import { act } from "./act.js";
import { chatIcon, downIcon } from "./icons.js";
import { base } from "./theme.js";

export class ChatLauncher extends LitElement {
  static override properties = {
    t: { attribute: false },
    expanded: { type: Boolean },
    unread: { type: Number },
  };
  static override styles = [
    base,
    css`
      button {
        position: relative;
        display: grid;
        place-items: center;
        width: 60px;
        height: 60px;
        border-radius: 50%;
        font-size: 28px;
        background: var(--_accent);
        color: var(--_on-accent);
        box-shadow: var(--_shadow);
        transition: transform 0.18s ease;
      }
      button:hover {
        transform: scale(1.05);
      }
      button:active {
        transform: scale(0.97);
      }
      :focus-visible {
        outline-offset: 4px;
      }
      .unread {
        position: absolute;
        inset-block-start: -3px;
        inset-inline-end: -3px;
        min-width: 22px;
        height: 22px;
        padding-inline: 6px;
        border-radius: 11px;
        border: 2px solid var(--_bg);
        background: #d92d20;
        color: #fff;
        font-size: 12px;
        font-weight: 700;
        line-height: 18px;
        text-align: center;
      }
    `,
  ];

  declare t: Strings;
  declare expanded: boolean;
  declare unread: number;

  override focus(): void {
    this.renderRoot.querySelector("button")?.focus();
  }

  override render(): unknown {
    const { t } = this;
    const name = this.expanded ? t.close : t.open;
    const label = this.unread && !this.expanded ? `${name}, ${t.unread(this.unread)}` : name;
    return html`<button
      part="launcher"
      data-testid="launcher"
      aria-label=${label}
      aria-haspopup="dialog"
      aria-expanded=${this.expanded ? "true" : "false"}
      @click=${() => {
        act(this, { do: this.expanded ? "close" : "open" });
      }}
    >
      ${this.expanded ? downIcon : chatIcon}
      ${
        this.unread && !this.expanded
          ? html`<span class="unread" part="unread" data-testid="unread"
              >${this.unread > 99 ? "99+" : this.unread}</span
            >`
          : nothing
      }
    </button>`;
  }
}
