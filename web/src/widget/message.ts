/** One message: bubble, sources, thumbs, and what went wrong with it. */
import { LitElement, html, nothing } from "lit";
import { errorText, type Strings } from "../shared/strings.js";
import type { ChatMessage } from "../shared/state.js";
import { act } from "./act.js";
import { thumbIcon, warnIcon } from "./icons.js";
import { messageStyles } from "./message.styles.js";
import { richText } from "./rich-text.js";
import { base, pill } from "./theme.js";

export class ChatMessageElement extends LitElement {
  static override properties = {
    t: { attribute: false },
    message: { attribute: false },
    vote: { type: Number },
    /** The first of a run by the same author shows who it is. */
    first: { type: Boolean },
    time: { type: String },
    explained: { state: true },
  };
  static override styles = [base, pill, messageStyles];

  declare t: Strings;
  declare message: ChatMessage;
  declare vote: 0 | 1 | -1;
  declare first: boolean;
  declare time: string;
  declare private explained: boolean;

  override render(): unknown {
    const { message, t } = this;
    const author = { customer: t.you, bot: t.bot, operator: message.operator ?? t.person }[message.role];
    const named = this.first && message.role === "operator";
    return html`<div
      class="message ${message.role} ${message.state}"
      part="message ${message.role}"
      data-testid="message"
      data-role=${message.role}
      data-state=${message.state}
      data-message-id=${message.id}
    >
      ${named ? html`<div class="author">${author}</div>` : html`<span class="quiet">${author}: </span>`}
      ${message.state === "streaming" ? this.streaming() : this.bubble()}
      ${
        message.citations.length
          ? html`<chat-citations
              exportparts="citations"
              .t=${t}
              .citations=${message.citations}
            ></chat-citations>`
          : nothing
      }
      ${this.foot()}
    </div>`;
  }

  /** Hidden from screen readers: the finished message is a new node, and is announced once. */
  private streaming(): unknown {
    return html`<div class="bubble" part="bubble" aria-hidden="true">
      ${this.message.text ? richText(this.message.text) : html`<chat-typing></chat-typing>`}
    </div>`;
  }

  private bubble(): unknown {
    const { message } = this;
    const text =
      message.role === "customer"
        ? html`<p class="plain" dir="auto">${message.text}</p>`
        : richText(message.text);
    return html`<div class="bubble" part="bubble">${text}</div>`;
  }

  private foot(): unknown {
    switch (this.message.state) {
      case "failed":
        return this.failure();
      case "sending":
        return html`<div class="foot">${this.t.sending}</div>`;
      case "streaming":
        return nothing;
      case "final":
        return html`<div class="foot">
          ${this.time ? html`<time datetime=${this.message.at ?? ""}>${this.time}</time>` : nothing}
          ${this.message.role === "bot" && this.message.replyTo ? this.thumbs() : nothing}
        </div>`;
    }
  }

  private failure(): unknown {
    const { failure, id } = this.message;
    return html`<div class="foot error" role="alert">
      ${warnIcon}<span>${errorText(this.t, failure?.code ?? "other")}</span>
      ${
        failure?.retryable
          ? html`<button
              class="link"
              data-testid="retry"
              @click=${() => {
                act(this, { do: "retry", id });
              }}
            >
              ${this.t.retry}
            </button>`
          : nothing
      }
    </div>`;
  }

  private thumbs(): unknown {
    return html`<span class="thumbs" role="group">
        ${this.thumb(1, this.t.thumbUp, "thumb-up")} ${this.thumb(-1, this.t.thumbDown, "thumb-down")}
      </span>
      ${this.vote === -1 ? this.reasons() : nothing}`;
  }

  private thumb(value: 1 | -1, label: string, testid: string): unknown {
    const pressed = this.vote === value;
    return html`<button
      class="thumb ${value < 0 ? "down" : ""}"
      part="thumb"
      data-testid=${testid}
      aria-label=${label}
      title=${label}
      aria-pressed=${pressed ? "true" : "false"}
      @click=${() => {
        if (!pressed) act(this, { do: "vote", id: this.message.id, value });
      }}
    >
      ${thumbIcon}
    </button>`;
  }

  private reasons(): unknown {
    if (this.explained) return html`<span class="thanks" role="status">${this.t.thanks}</span>`;
    return html`<div class="reasons" role="group" aria-label=${this.t.whyBad}>
      <span>${this.t.whyBad}</span>
      ${Object.entries(this.t.reasons).map(
        ([reason, label]) =>
          html`<button
            class="pill small"
            data-testid="vote-reason"
            @click=${() => {
              this.explained = true;
              act(this, { do: "vote", id: this.message.id, value: -1, reason });
            }}
          >
            ${label}
          </button>`,
      )}
    </div>`;
  }
}
