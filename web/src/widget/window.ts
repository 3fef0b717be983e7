/** The chat window: header, who answers, the conversation, the composer. Non-modal; full screen on small displays. */
import { LitElement, html, nothing } from "lit";
import { errorText, type Strings } from "../shared/strings.js";
import { waitingChoices, type ChatState } from "../shared/state.js";
import { act } from "./act.js";
import { chatIcon, closeIcon, downIcon, offlineIcon, personIcon, warnIcon } from "./icons.js";
import type { SolvedStage } from "./solved.js";
import { base, pill } from "./theme.js";
import { windowStyles } from "./window.styles.js";

export class ChatWindow extends LitElement {
  static override properties = {
    t: { attribute: false },
    chat: { attribute: false },
    heading: { type: String },
    greeting: { type: String },
    locale: { type: String },
    suggestions: { attribute: false },
    stage: { type: String },
  };
  static override styles = [base, pill, windowStyles];

  declare t: Strings;
  declare chat: ChatState;
  declare heading: string;
  declare greeting: string;
  declare locale: string;
  declare suggestions: readonly string[];
  /** What to show of "did this solve it?"; null for nothing. */
  declare stage: SolvedStage | null;

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>("chat-composer, .again")?.focus();
  }

  override render(): unknown {
    const { t, chat } = this;
    return html`<section role="dialog" aria-label=${this.heading} part="window" data-testid="window">
      ${this.header()} ${this.banner()}
      <chat-messages
        exportparts="log, greeting, quick-replies, message, customer, bot, operator, bubble, thumb, citations, pill"
        .t=${t}
        .chat=${chat}
        .locale=${this.locale}
        .greeting=${this.greeting}
        .suggestions=${this.suggestions}
        >${this.stage ? html`<chat-solved .t=${t} .stage=${this.stage}></chat-solved>` : nothing}</chat-messages
      >
      ${this.alerts()}
      <div class="foot">${chat.owner === "closed" ? this.ended() : this.compose()}</div>
    </section>`;
  }

  private header(): unknown {
    const { t, chat } = this;
    const status = chat.link === "online" ? t.online : t.connecting;
    return html`<div class="head" part="header">
      <span class="mark">${chat.owner === "operator" ? personIcon : chatIcon}</span>
      <div>
        <h2>${this.heading}</h2>
        <p>${chat.link === "offline" || chat.owner !== "bot" ? nothing : status}</p>
      </div>
      <button
        part="close"
        data-testid="close"
        aria-label=${t.close}
        title=${t.close}
        @click=${() => {
          act(this, { do: "close" });
        }}
      >
        ${downIcon}
      </button>
    </div>`;
  }

  private banner(): unknown {
    const { owner, operator } = this.chat;
    if (owner !== "queue" && owner !== "operator") return nothing;
    const text = owner === "queue" ? this.waiting() : this.t.withPerson(operator);
    return html`<div
      class="banner ${owner}"
      role="status"
      part="banner"
      data-testid="banner"
      data-owner=${owner}
    >
      ${personIcon}<span dir="auto">${text}</span>
    </div>`;
  }

  /** What the customer is told who waits for a person. */
  private waiting(): string {
    const { t } = this;
    const { queue } = this.chat;
    if (!queue) return t.inQueue;
    if (queue.position === null) return queue.on_duty ? t.messageLeft : t.leaveMessage;
    const { estimate_s: seconds } = queue;
    return t.inLine(queue.position, seconds === null ? null : Math.ceil(seconds / 60));
  }

  /** Ways out of the queue; below the composer, so that they stay when the conversation goes on. */
  private otherwise(): unknown {
    const choices = waitingChoices(this.chat);
    return (choices?.replies ?? []).map(
      (reply) =>
        html`<button
          class="ask"
          part="pill"
          data-testid="instead"
          data-payload=${reply.payload}
          @click=${() => {
            act(this, { do: "press", reply, replyTo: choices?.replyTo ?? "" });
          }}
        >
          ${reply.title}
        </button>`,
    );
  }

  private alerts(): unknown {
    const { link, notice } = this.chat;
    return html`${
      link === "offline"
        ? html`<div class="alert" role="status" part="offline" data-testid="offline">
            ${offlineIcon}<span dir="auto">${this.t.offline}</span>
          </div>`
        : nothing
    }
    ${
      notice
        ? html`<div class="alert" role="alert" data-testid="notice" data-code=${notice}>
            ${warnIcon}<span dir="auto">${errorText(this.t, notice)}</span>
            <button
              aria-label=${this.t.dismiss}
              @click=${() => {
                act(this, { do: "dismissNotice" });
              }}
            >
              ${closeIcon}
            </button>
          </div>`
        : nothing
    }`;
  }

  private compose(): unknown {
    return html`<chat-composer exportparts="composer, input, send" .t=${this.t}></chat-composer> ${
        this.chat.owner === "bot"
          ? html`<button
              class="ask"
              part="ask-person"
              data-testid="ask-person"
              @click=${() => {
                act(this, { do: "askPerson" });
              }}
            >
              ${personIcon}${this.t.askPerson}
            </button>`
          : this.otherwise()
      }`;
  }

  private ended(): unknown {
    return html`<div class="ended" data-testid="closed">
      <span role="status" dir="auto">${this.t.closed}</span>
      <button
        class="pill again"
        data-testid="start-new"
        @click=${() => {
          act(this, { do: "restart" });
        }}
      >
        ${this.t.startNew}
      </button>
    </div>`;
  }
}
