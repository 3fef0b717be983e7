/** Who is signed in, whether that person takes conversations, and how the console looks. */
import { LitElement, css, html } from "lit";
import type { Colours } from "./colours.js";
import { ICONS, icon } from "./icons.js";
import type { Me } from "./pages/page.js";
import { base } from "./theme.js";
import { wish } from "./wish.js";

const CHOICES: readonly [Colours, string][] = [
  ["auto", "System"],
  ["light", "Light"],
  ["dark", "Dark"],
];

export class AccountPanel extends LitElement {
  static override properties = { me: { attribute: false }, colours: { type: String } };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        padding: 14px;
      }
      .who {
        font-weight: 650;
        overflow-wrap: anywhere;
      }
      .role {
        font-size: 13px;
        color: var(--soft);
      }
      .row {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 12px;
        margin-block-start: 12px;
      }
      .choices {
        display: grid;
        grid-template-columns: repeat(3, 1fr);
        gap: 3px;
        margin-block-start: 12px;
        padding: 3px;
        border-radius: 9px;
        background: var(--bubble);
      }
      .choices button {
        min-height: 32px;
        border-radius: 7px;
        font-size: 13px;
      }
      .choices [aria-pressed="true"] {
        font-weight: 650;
        background: var(--card);
        box-shadow: var(--shadow);
      }
      .item {
        display: flex;
        align-items: center;
        gap: 10px;
        width: 100%;
        min-height: 38px;
        padding: 4px 6px;
        border-radius: 8px;
        text-align: start;
      }
      .item kbd {
        margin-inline-start: auto;
      }
      .item:hover {
        background: var(--bubble);
      }
      .items {
        margin-block-start: 10px;
        padding-block-start: 8px;
        border-block-start: 1px solid var(--line);
      }
    `,
  ];

  declare me: Me;
  declare colours: Colours;

  override render(): unknown {
    const { name, role, on_duty: onDuty } = this.me;
    return html`<p class="who" dir="auto">${name}</p>
      <p class="role">${role === "admin" ? "Admin" : "Operator"}</p>
      <div class="row">
        <span id="duty">On duty</span>
        <button
          class="switch"
          role="switch"
          aria-checked=${onDuty ? "true" : "false"}
          aria-labelledby="duty"
          @click=${() => {
            wish(this, { want: "duty", on: !onDuty });
          }}
        >
          <i></i>
        </button>
      </div>
      <div class="choices" role="group" aria-label="Colours">
        ${CHOICES.map(([colours, label]) => this.choice(colours, label))}
      </div>
      <div class="items">
        <button
          class="item"
          data-ends="menu"
          @click=${() => {
            wish(this, { want: "help" });
          }}
        >
          ${icon(ICONS.help)} Keyboard shortcuts <kbd>?</kbd>
        </button>
        <button
          class="item"
          data-ends="menu"
          data-testid="sign-out"
          @click=${() => {
            wish(this, { want: "sign-out" });
          }}
        >
          ${icon(ICONS.signOut)} Sign out
        </button>
      </div>`;
  }

  private choice(colours: Colours, label: string): unknown {
    return html`<button
      aria-pressed=${this.colours === colours ? "true" : "false"}
      data-testid="colours-${colours}"
      @click=${() => {
        wish(this, { want: "colours", colours });
      }}
    >
      ${label}
    </button>`;
  }
}
