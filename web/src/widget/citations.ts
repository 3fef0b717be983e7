/** The articles an answer rests on: title, quote on demand, link. */
import { LitElement, css, html, nothing } from "lit";
import type { Strings } from "../shared/strings.js";
import { safeHref } from "../shared/text.js";
import type { CitationOut } from "../shared/wire.gen.js";
import { sourceIcon } from "./icons.js";
import { base } from "./theme.js";

export class ChatCitations extends LitElement {
  static override properties = { t: { attribute: false }, citations: { attribute: false } };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        margin-block-start: 6px;
        font-size: 13px;
      }
      details {
        border: 1px solid var(--_line);
        border-radius: 10px;
        margin-block-start: 4px;
        background: var(--_bg);
      }
      summary {
        display: flex;
        gap: 7px;
        align-items: center;
        padding: 5px 10px;
        cursor: pointer;
        list-style: none;
        font-weight: 500;
        border-radius: 10px;
      }
      summary::-webkit-details-marker {
        display: none;
      }
      summary svg {
        color: var(--_muted);
        font-size: 16px;
      }
      summary::after {
        content: "";
        width: 6px;
        height: 6px;
        margin-inline-start: auto;
        border: solid var(--_muted);
        border-width: 0 1.6px 1.6px 0;
        transform: translateY(-2px) rotate(45deg);
      }
      [open] summary::after {
        transform: translateY(1px) rotate(225deg);
      }
      .body {
        padding: 0 10px 8px;
      }
      blockquote {
        margin: 0 0 6px;
        padding-inline-start: 9px;
        border-inline-start: 3px solid var(--_line);
        color: var(--_muted);
      }
    `,
  ];

  declare t: Strings;
  declare citations: readonly CitationOut[];

  override render(): unknown {
    return html`<div role="group" aria-label=${this.t.sources} part="citations">
      ${this.citations.map((citation) => this.one(citation))}
    </div>`;
  }

  private one(citation: CitationOut): unknown {
    const href = safeHref(citation.url);
    return html`<details data-testid="citation">
      <summary>${sourceIcon}<span>${citation.title}</span></summary>
      <div class="body">
        ${citation.quote ? html`<blockquote dir="auto">${citation.quote}</blockquote>` : nothing}
        ${
          href
            ? html`<a href=${href} target="_blank" rel="noopener noreferrer"
                >${this.t.openArticle}<span class="quiet"> ${this.t.newTab}</span></a
              >`
            : nothing
        }
      </div>
    </details>`;
  }
}
