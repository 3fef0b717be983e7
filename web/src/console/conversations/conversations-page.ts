/** The list of conversations with one of them beside it; on a small screen one or the other. */
import { LitElement, css, html, nothing } from "lit";
import type { Desk } from "../desk.js";
import { base } from "../theme.js";
import { wish } from "../wish.js";

export class ConversationsPage extends LitElement {
  static override properties = {
    desk: { attribute: false },
    /** Counts the changes of the desk. */
    revision: { type: Number },
    selected: { type: String },
    now: { type: Number },
  };
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: 352px minmax(0, 1fr);
        grid-template-rows: minmax(0, 1fr);
        height: 100%;
      }
      .list {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      conversation-list {
        flex: 1;
      }
      conversation-view {
        min-height: 0;
      }
      .hint {
        place-self: center;
        display: grid;
        gap: 6px;
        padding: 40px;
        text-align: center;
        color: var(--soft);
      }
      @media (max-width: 760px) {
        :host {
          grid-template-columns: minmax(0, 1fr);
        }
        .hint,
        .list.behind {
          display: none;
        }
        .hint.alone {
          display: grid;
        }
      }
    `,
  ];

  declare desk: Desk;
  declare revision: number;
  /** Id of the open conversation; empty for none. */
  declare selected: string;
  declare now: number;

  /** What a key does here; false when it does nothing. */
  pressed(name: string): boolean {
    if (name === "/") this.list?.focusSearch();
    else if (name === "j" || name === "k") this.walk(name === "j" ? 1 : -1);
    else if (this.view?.pressed(name)) return true;
    else if (name === "u" && this.selected) wish(this, { want: "open", id: "" });
    else return false;
    return true;
  }

  override render(): unknown {
    return html`${this.queue()} ${this.detail()}`;
  }

  private get list() {
    return this.renderRoot.querySelector("conversation-list");
  }

  private get view() {
    return this.renderRoot.querySelector("conversation-view");
  }

  private walk(step: 1 | -1): void {
    const id = this.list?.neighbour(step);
    if (id) wish(this, { want: "open", id });
  }

  private queue(): unknown {
    const { list, figures, choices, me } = this.desk;
    return html`<section class="list ${this.selected ? "behind" : ""}" aria-label="List">
      <h1 class="quiet">Conversations</h1>
      <duty-bar
        .me=${me}
        .onDuty=${figures.onDuty}
        .waiting=${figures.waiting}
        .messages=${figures.messages}
        .longestSince=${figures.longestSince}
      ></duty-bar>
      <conversation-list
        .rows=${list.shown(this.selected)}
        .selected=${this.selected}
        .view=${list.view}
        .filter=${list.filter}
        .search=${list.search}
        .arms=${choices.arms}
        .backends=${choices.backends}
        .intents=${choices.intents.map((one) => one.intent)}
        .unread=${figures.unread}
        .waiting=${figures.waiting + figures.messages}
        .mine=${figures.mine.size}
        .more=${list.next !== null}
        .fresh=${list.isFresh}
        .now=${this.now}
      ></conversation-list>
    </section>`;
  }

  private detail(): unknown {
    const { talk, choices, me, list } = this.desk;
    if (!this.selected)
      return html`<p class="hint">
        ${list.isFresh ? nothing : html`Choose a conversation, or press <span><kbd>j</kbd> for the first</span>`}
      </p>`;
    if (talk.isMissing)
      return html`<p class="hint alone">
        There is no conversation ${this.selected}. <a href="#/conversations">All conversations</a>
      </p>`;
    if (!talk.detail) return html`<p class="hint alone" role="status">Loading…</p>`;
    return html`<conversation-view
      .detail=${talk.detail}
      .me=${me}
      .intents=${choices.intents}
      .sending=${talk.sending}
      .draft=${talk.draft}
      .suggestions=${talk.suggestions}
      .suggesting=${talk.isSuggesting}
      .summary=${talk.summary}
      .correcting=${talk.correcting}
    ></conversation-view>`;
  }
}
