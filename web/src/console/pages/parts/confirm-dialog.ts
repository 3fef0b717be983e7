/** Asks before something is done that others will notice. Escape and a click outside mean no. */
import { LitElement, css, html } from "lit";
import { base, dialogFrame } from "../../theme.js";

export class ConfirmDialog extends LitElement {
  static override properties = {
    heading: { type: String },
    /** What the button that does it says. */
    confirm: { type: String },
    danger: { type: Boolean },
  };
  static override styles = [
    base,
    dialogFrame,
    css`
      dialog {
        width: min(460px, calc(100vw - 32px));
        padding: 24px;
      }
      .text {
        margin-block: 8px 20px;
        color: var(--soft);
      }
      .buttons {
        display: flex;
        justify-content: end;
        gap: 10px;
      }
      .does {
        border-color: var(--bad);
        color: var(--card);
        background: var(--bad);
      }
      .does:hover:enabled {
        border-color: var(--bad);
        color: var(--card);
        filter: brightness(1.08);
      }
    `,
  ];

  declare heading: string;
  declare confirm: string;
  declare danger: boolean;
  private answer: ((yes: boolean) => void) | null = null;

  constructor() {
    super();
    this.heading = "";
    this.confirm = "Yes";
    this.danger = false;
  }

  /** Opens and waits for the answer. */
  async ask(): Promise<boolean> {
    this.answer?.(false);
    await this.updateComplete;
    this.dialog?.showModal();
    return new Promise((resolve) => {
      this.answer = resolve;
    });
  }

  override render(): unknown {
    return html`<dialog
      aria-labelledby="heading"
      data-testid="confirm"
      @close=${() => {
        this.settle(false);
      }}
      @click=${(event: Event) => {
        if (event.target === this.dialog) this.dialog?.close();
      }}
    >
      <h2 id="heading">${this.heading}</h2>
      <div class="text"><slot></slot></div>
      <div class="buttons">
        <button class="button" data-testid="confirm-no" @click=${() => this.dialog?.close()}>Cancel</button>
        <button
          class="button ${this.danger ? "does" : "primary"}"
          data-testid="confirm-yes"
          @click=${() => {
            this.settle(true);
            this.dialog?.close();
          }}
        >
          ${this.confirm}
        </button>
      </div>
    </dialog>`;
  }

  private get dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector("dialog");
  }

  private settle(yes: boolean): void {
    this.answer?.(yes);
    this.answer = null;
  }
}
