/** Where the customer writes. Enter sends, Shift+Enter breaks the line; grows to a few lines. */
import { LitElement, css, html, nothing } from "lit";
import type { Strings } from "../shared/strings.js";
import { act } from "./act.js";
import { sendIcon } from "./icons.js";
import { base } from "./theme.js";

/** Longest text the server takes. */
export const MAX_CHARS = 4000;
const WARN_BELOW = 200;
const MAX_HEIGHT_PX = 132;

export class ChatComposer extends LitElement {
  static override properties = { t: { attribute: false }, text: { state: true } };
  static override styles = [
    base,
    css`
      form {
        display: flex;
        align-items: flex-end;
        gap: 8px;
        padding: 5px 5px 5px 14px;
        padding-inline: 14px 5px;
        border: 1.5px solid var(--_line);
        border-radius: 24px;
        background: var(--_bg);
        transition: border-color 0.15s;
      }
      form:focus-within {
        border-color: var(--_link);
      }
      textarea {
        flex: 1;
        min-width: 0;
        height: 36px;
        padding: 7px 0;
        border: 0;
        outline: 0;
        resize: none;
        background: none;
        line-height: 22px;
      }
      textarea:focus-visible {
        outline: 0; /* the frame around it shows the focus */
      }
      textarea::placeholder {
        color: var(--_muted);
        opacity: 1;
      }
      button {
        display: grid;
        place-items: center;
        flex: none;
        width: 36px;
        height: 36px;
        border-radius: 50%;
        font-size: 21px;
        background: var(--_accent);
        color: var(--_on-accent);
        transition:
          opacity 0.15s,
          background 0.15s;
      }
      button[aria-disabled="true"] {
        background: var(--_bubble);
        color: var(--_muted);
        cursor: default;
      }
      .left {
        margin: 3px 14px 0;
        font-size: 12px;
        color: var(--_muted);
        text-align: end;
      }
      @media (max-width: 480px) {
        textarea {
          font-size: 16px; /* smaller makes iOS zoom in */
        }
      }
    `,
  ];

  declare t: Strings;
  declare private text: string;

  constructor() {
    super();
    this.text = "";
  }

  override focus(): void {
    this.box?.focus();
  }

  private get box(): HTMLTextAreaElement | null {
    return this.renderRoot.querySelector("textarea");
  }

  override render(): unknown {
    const left = MAX_CHARS - this.text.length;
    return html`<form part="composer" @submit=${this.submit}>
        <textarea
          data-testid="composer"
          part="input"
          rows="1"
          dir="auto"
          .enterKeyHint=${"send"}
          maxlength=${MAX_CHARS}
          aria-label=${this.t.composer}
          placeholder=${this.t.placeholder}
          .value=${this.text}
          @input=${this.typed}
          @keydown=${this.pressed}
        ></textarea>
        <button
          type="submit"
          part="send"
          data-testid="send"
          aria-label=${this.t.send}
          aria-disabled=${this.text.trim() ? "false" : "true"}
        >
          ${sendIcon}
        </button>
      </form>
      ${left < WARN_BELOW ? html`<div class="left" role="status">${this.t.remaining(left)}</div>` : nothing}`;
  }

  private typed(event: InputEvent): void {
    this.text = (event.target as HTMLTextAreaElement).value;
    this.fit();
    if (this.text.trim()) act(this, { do: "typing" });
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit(event);
  }

  private submit(event: Event): void {
    event.preventDefault();
    const text = this.text.trim();
    if (!text) return;
    this.text = "";
    act(this, { do: "say", text });
    void this.updateComplete.then(() => {
      this.fit();
      this.focus();
    });
  }

  private fit(): void {
    const { box } = this;
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, MAX_HEIGHT_PX)}px`;
  }
}
