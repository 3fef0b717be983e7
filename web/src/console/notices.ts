/** Short news for the operator in a corner: good ones go by themselves, bad ones stay until they are dismissed. */
import { LitElement, css, html } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { ICONS, icon } from "./icons.js";
import type { Notice } from "./pages/page.js";
import { base } from "./theme.js";

const SHOWN_MS = 5_000;
const MOST = 4;

interface Shown extends Notice {
  id: number;
}

export class NoticeStack extends LitElement {
  static override properties = { shown: { state: true } };
  static override styles = [
    base,
    css`
      :host {
        position: fixed;
        inset: auto 16px 16px auto;
        z-index: 20;
        display: grid;
        gap: 8px;
        width: min(400px, calc(100vw - 32px));
        pointer-events: none;
      }
      .notice {
        display: flex;
        align-items: flex-start;
        gap: 10px;
        padding: 10px 8px 10px 14px;
        border: 1px solid color-mix(in srgb, currentColor 35%, transparent);
        border-radius: 10px;
        font-weight: 550;
        box-shadow: var(--raised);
        pointer-events: auto;
        overflow-wrap: anywhere;
        animation: rise 0.18s ease-out;
      }
      p {
        flex: 1;
      }
      button {
        display: grid;
        place-items: center;
        flex: none;
        width: 26px;
        height: 26px;
        border-radius: 6px;
      }
      button:hover {
        background: color-mix(in srgb, currentColor 14%, transparent);
      }
      @keyframes rise {
        from {
          opacity: 0;
          transform: translateY(8px);
        }
      }
    `,
  ];

  declare private shown: readonly Shown[];
  private last = 0;

  constructor() {
    super();
    this.shown = [];
  }

  add(notice: Notice): void {
    const id = ++this.last;
    const others = this.shown.filter((one) => one.text !== notice.text);
    this.shown = [...others, { ...notice, id }].slice(-MOST);
    if (notice.tone !== "bad")
      setTimeout(() => {
        this.drop(id);
      }, SHOWN_MS);
  }

  override render(): unknown {
    return repeat(
      this.shown,
      (one) => one.id,
      (one) =>
        html`<div
          class="notice ${one.tone}"
          role=${one.tone === "bad" ? "alert" : "status"}
          data-testid=${one.tone === "bad" ? "problem" : "notice"}
        >
          <p>${one.text}</p>
          <button
            aria-label="Dismiss"
            @click=${() => {
              this.drop(one.id);
            }}
          >
            ${icon(ICONS.close, 16)}
          </button>
        </div>`,
    );
  }

  private drop(id: number): void {
    this.shown = this.shown.filter((one) => one.id !== id);
  }
}
