/** Gives a conversation back to the bot, with a summary that stays as a note. */
import { LitElement, css, html, type PropertyValues } from "lit";
import { base, dialogFrame } from "../theme.js";
import { wish } from "../wish.js";

export class HandBackDialog extends LitElement {
  static override properties = { summary: { attribute: false }, text: { state: true } };
  static override styles = [
    base,
    dialogFrame,
    css`
      dialog {
        width: min(540px, calc(100vw - 28px));
        padding: 22px;
      }
      form {
        display: grid;
        gap: 12px;
      }
      label {
        display: grid;
        gap: 4px;
        font-weight: 600;
      }
      textarea {
        width: 100%;
        font-weight: 400;
        resize: vertical;
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: 8px;
      }
    `,
  ];

  /** What the server proposes; null while it is being written. */
  declare summary: string | null;
  declare private text: string | null;

  constructor() {
    super();
    this.summary = null;
    this.text = null;
  }

  open(): void {
    this.text = null;
    this.dialog?.showModal();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("summary") && this.summary === null) this.text = null;
  }

  override render(): unknown {
    const isWriting = this.summary === null && this.text === null;
    return html`<dialog aria-labelledby="title" data-testid="hand-back-dialog" @click=${this.clicked}>
      <form @submit=${this.submit}>
        <div>
          <h2 id="title">Hand back to the bot</h2>
          <p class="soft">The bot answers from the customer's next message on.</p>
        </div>
        <label
          >Summary for whoever comes next
          <textarea
            rows="6"
            maxlength="4000"
            dir="auto"
            autofocus
            aria-busy=${isWriting ? "true" : "false"}
            placeholder=${isWriting ? "Summing up…" : "Nothing to add"}
            data-testid="summary"
            .value=${this.text ?? this.summary ?? ""}
            @input=${(event: Event) => {
              this.text = (event.target as HTMLTextAreaElement).value;
            }}
            @keydown=${(event: KeyboardEvent) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.submit(event);
            }}
          ></textarea>
        </label>
        <p class="soft">It stays as a private note; customers never see it.</p>
        <div class="buttons">
          <button type="button" class="button" @click=${() => this.dialog?.close()}>Cancel</button>
          <button class="button primary" data-testid="confirm-hand-back">Hand back</button>
        </div>
      </form>
    </dialog>`;
  }

  private get dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector("dialog");
  }

  private clicked(event: Event): void {
    if (event.target === this.dialog) this.dialog?.close();
  }

  private submit(event: Event): void {
    event.preventDefault();
    this.dialog?.close();
    wish(this, { want: "hand-back", summary: (this.text ?? this.summary ?? "").trim() });
  }
}
