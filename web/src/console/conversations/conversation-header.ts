/** Who talks to whom, and what can be done about it. Tells `take`, `hand-back`, `end` and `open-side`. */
import { LitElement, html, nothing } from "lit";
import { ICONS, icon } from "../icons.js";
import type { Me } from "../pages/page.js";
import { OWNER_TONES, base } from "../theme.js";
import type { ConversationDetail, TranscriptForm } from "../types.js";
import { OWNER_NAMES } from "../words.js";
import { wish } from "../wish.js";
import { headerStyles } from "./conversation-header.styles.js";
import { mayClose, mayHandBack, mayTake } from "./may.js";

export class ConversationHeader extends LitElement {
  static override properties = { detail: { attribute: false }, me: { attribute: false } };
  static override styles = [base, headerStyles];

  declare detail: ConversationDetail;
  declare me: Me;

  override render(): unknown {
    const { detail, me } = this;
    return html`<header>
      ${this.who()}
      <div class="buttons">
        ${mayTake(detail, me) ? this.button("take-over", "take", "Take over", "primary main") : nothing}
        ${mayHandBack(detail, me) ? this.button("hand-back", "hand-back", "Hand back", "main") : nothing}
        ${mayClose(detail, me) ? this.button("close", "end", "Close", "danger") : nothing}
        <button
          class="button icon"
          aria-label="Download the transcript"
          title="Download the transcript"
          popovertarget="download"
          data-testid="download"
          @click=${this.place}
        >
          ${icon(ICONS.download, 18)}
        </button>
        <div id="download" popover>${this.form("text", "As text")} ${this.form("json", "As JSON")}</div>
        ${this.button("open-side", "open-side", "Why", "open-side")}
      </div>
    </header>`;
  }

  private who(): unknown {
    const {
      owner,
      operator,
      arm,
      source,
      resolved,
      customer_id: customer,
      conversation_id: id,
    } = this.detail;
    const verdict = resolved === null ? "" : resolved ? "solved" : "not solved";
    const name = owner === "operator" ? (operator ?? OWNER_NAMES.operator) : OWNER_NAMES[owner];
    return html`<div class="who">
      <a class="back" href="#/conversations" aria-label="All conversations">${icon(ICONS.back)}</a>
      <h2>
        <span
          class="tag ${OWNER_TONES[owner]}"
          title=${name}
          data-testid="owner"
          data-owner=${owner}
          data-operator=${operator ?? ""}
          >${name}</span
        >
        <span title=${id}>${customer ?? "Visitor"}</span>
      </h2>
      <p>${[arm && `arm ${arm}`, source, verdict, id].filter(Boolean).join(" · ")}</p>
    </div>`;
  }

  private button(id: string, event: string, label: string, style: string): unknown {
    return html`<button
      class="button ${style}"
      data-testid=${id}
      @click=${() => {
        this.dispatchEvent(new Event(event));
      }}
    >
      ${label}
    </button>`;
  }

  private get menu(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>("#download");
  }

  private form(form: TranscriptForm, label: string): unknown {
    return html`<button
      data-testid="download-${form}"
      @click=${() => {
        this.menu?.hidePopover();
        wish(this, { want: "download", form });
      }}
    >
      ${label}
    </button>`;
  }

  /** Below its button; a popover lies in the top layer, where nothing positions it. */
  private place(event: Event): void {
    const { bottom, right } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    if (!this.menu) return;
    this.menu.style.top = `${bottom + 6}px`;
    this.menu.style.right = `${window.innerWidth - right}px`;
  }
}
