/** All shortcuts at a glance, and the switch that turns single keys off. */
import { LitElement, css, html } from "lit";
import { ICONS, icon } from "./icons.js";
import { base, dialogFrame } from "./theme.js";
import { wish } from "./wish.js";

export type Shortcuts = readonly (readonly [string, string])[];

export interface ShortcutGroup {
  title: string;
  keys: Shortcuts;
}

export class ShortcutHelp extends LitElement {
  static override properties = { groups: { attribute: false }, on: { type: Boolean } };
  static override styles = [
    base,
    dialogFrame,
    css`
      dialog {
        width: min(780px, calc(100vw - 24px));
        max-height: min(86vh, 720px);
        padding: 0;
      }
      header {
        position: sticky;
        inset-block-start: 0;
        display: flex;
        align-items: center;
        justify-content: space-between;
        padding: 14px 20px;
        border-block-end: 1px solid var(--line);
        background: var(--card);
      }
      .groups {
        columns: 2;
        column-gap: 36px;
        padding: 16px 20px;
      }
      section {
        break-inside: avoid;
        margin-block-end: 18px;
      }
      dl {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 5px 16px;
        margin-block-start: 6px;
      }
      dt {
        grid-column: 1;
      }
      dd {
        grid-column: 2;
        text-align: end;
      }
      .off {
        display: flex;
        align-items: center;
        gap: 10px;
        padding: 0 20px 18px;
      }
      @media (max-width: 640px) {
        .groups {
          columns: 1;
        }
      }
    `,
  ];

  declare groups: readonly ShortcutGroup[];
  declare on: boolean;

  toggle(): void {
    const dialog = this.renderRoot.querySelector("dialog");
    if (dialog?.open) dialog.close();
    else dialog?.showModal();
  }

  override render(): unknown {
    return html`<dialog aria-labelledby="title" data-testid="shortcuts" @click=${this.clicked}>
      <header>
        <h2 id="title">Keyboard shortcuts</h2>
        <button class="button small" aria-label="Close" @click=${this.toggle}>
          ${icon(ICONS.close, 16)}
        </button>
      </header>
      <div class="groups">${this.groups.map((group) => this.group(group))}</div>
      <label class="off"
        ><input
          type="checkbox"
          .checked=${this.on}
          @change=${(event: Event) => {
            wish(this, { want: "keys", on: (event.target as HTMLInputElement).checked });
          }}
        />
        Single keys are shortcuts while I am not typing</label
      >
    </dialog>`;
  }

  private group({ title, keys }: ShortcutGroup): unknown {
    return html`<section>
      <h3>${title}</h3>
      <dl>
        ${keys.map(
          ([key, what]) =>
            html`<dt>${what}</dt>
              <dd>${key.split(" ").map((one) => html`<kbd>${one}</kbd> `)}</dd>`,
        )}
      </dl>
    </section>`;
  }

  private clicked(event: Event): void {
    if (event.target === event.currentTarget) this.toggle();
  }
}
