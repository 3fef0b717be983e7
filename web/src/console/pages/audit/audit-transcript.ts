/** A conversation as it was said, and nothing of what the machine thinks of it: whoever judges shall not be led. */
import { LitElement, css, html } from "lit";
import type { StoredFrame } from "../../../shared/frames.js";
import { partStyles } from "../parts/page.styles.js";
import { when } from "../parts/words.js";

const OWNED = { bot: "Handed to the bot", queue: "Asked for a person", operator: "A person took over" };
const AUTHORS = { user_uttered: "Customer", bot_uttered: "Bot", operator_uttered: "Person" };

export class AuditTranscript extends LitElement {
  static override properties = { events: { attribute: false } };
  static override styles = [
    ...partStyles,
    css`
      .log {
        display: grid;
        gap: 10px;
        align-content: start;
        max-height: var(--transcript-height, 68vh);
        overflow-y: auto;
        padding: 16px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--sunk);
      }
      article {
        display: grid;
        gap: 2px;
        justify-self: start;
        max-width: min(560px, 88%);
      }
      article.user_uttered {
        justify-self: end;
        justify-items: end;
      }
      .author {
        font-size: 12.5px;
        color: var(--soft);
      }
      .bubble {
        padding: 8px 13px;
        border: 1px solid var(--line);
        border-radius: 14px;
        background: var(--card);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .user_uttered .bubble {
        border-color: transparent;
        background: var(--tint);
      }
      .event {
        justify-self: center;
        font-size: 13px;
        color: var(--soft);
      }
    `,
  ];

  declare events: readonly StoredFrame[];

  override render(): unknown {
    return html`<div
      class="log"
      role="region"
      tabindex="0"
      aria-label="Transcript"
      data-testid="audit-transcript"
    >
      ${this.events.map((event) => this.entry(event))}
    </div>`;
  }

  private entry(event: StoredFrame): unknown {
    switch (event.type) {
      case "owner_changed":
        return html`<p class="event">${OWNED[event.owner]}</p>`;
      case "conversation_closed":
        return html`<p class="event">Closed</p>`;
      default:
        return html`<article class=${event.type}>
          <p class="author">${AUTHORS[event.type]} · <time datetime=${event.at}>${when(event.at)}</time></p>
          <p class="bubble" dir="auto">${event.text}</p>
        </article>`;
    }
  }
}
