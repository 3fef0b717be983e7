/** Three dots: the other side is preparing an answer. */
import { LitElement, css, html } from "lit";
import { base } from "./theme.js";

export class ChatTyping extends LitElement {
  static override properties = { label: { type: String } };
  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
        align-self: flex-start;
        gap: 4px;
        padding: 14px;
        border-radius: var(--chat-bubble-radius, 16px);
        border-end-start-radius: 5px;
        background: var(--_bubble);
      }
      i {
        width: 7px;
        height: 7px;
        border-radius: 50%;
        background: var(--_muted);
        animation: blink 1.2s infinite ease-in-out;
      }
      i:nth-of-type(2) {
        animation-delay: 0.18s;
      }
      i:nth-of-type(3) {
        animation-delay: 0.36s;
      }
      @keyframes blink {
        0%,
        70%,
        100% {
          opacity: 0.3;
        }
        35% {
          opacity: 1;
        }
      }
    `,
  ];

  declare label: string;

  override render(): unknown {
    return html`<span class="quiet" data-testid="typing">${this.label}</span><i></i><i></i><i></i>`;
  }
}
