/** Copies a text, and says that it did. */
import { LitElement, html } from "lit";
import { base } from "../../theme.js";

const SHOWN_MS = 2000;

export class CopyButton extends LitElement {
  static override properties = { text: { type: String }, label: { type: String }, said: { state: true } };
  static override styles = [base];

  declare text: string;
  declare label: string;
  declare private said: string;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.text = "";
    this.label = "Copy";
    this.said = "";
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  override render(): unknown {
    return html`<button class="button" data-testid="copy" @click=${this.copy}>
      <span aria-live="polite">${this.said || this.label}</span>
    </button>`;
  }

  private async copy(): Promise<void> {
    this.said = (await written(this.text)) ? "Copied" : "Press Ctrl C";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.said = "";
    }, SHOWN_MS);
  }
}

/** False where the browser does not allow it, as on a page without TLS. */
async function written(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
