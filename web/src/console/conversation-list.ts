/** All conversations, newest first, those that wait for a person on top. */
import { LitElement, css, html, nothing } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { repeat } from "lit/directives/repeat.js";
import { OWNER_NAMES, ago, matches, type Filter } from "./model.js";
import { OWNER_TONES, base } from "./theme.js";
import type { ConversationSummary } from "./types.js";
import { wish } from "./wish.js";

const FILTERS: [Filter, string][] = [
  ["all", "All"],
  ["queue", "Waiting"],
  ["operator", "Person"],
  ["open", "Open"],
];

export class ConversationList extends LitElement {
  static override properties = {
    items: { attribute: false },
    selected: { type: String },
    filter: { type: String },
    more: { type: Boolean },
    now: { type: Number },
  };
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        border-inline-end: 1px solid var(--line);
        background: var(--card);
      }
      .tools {
        display: grid;
        gap: 8px;
        padding: 12px;
        border-block-end: 1px solid var(--line);
      }
      .filters {
        display: flex;
        gap: 4px;
      }
      .filters button {
        white-space: nowrap;
        padding: 3px 10px;
        border-radius: 7px;
        font-size: 13.5px;
        color: var(--soft);
      }
      .filters [aria-pressed="true"] {
        font-weight: 600;
        color: var(--accent);
        background: var(--tint);
      }
      ul {
        flex: 1;
        overflow-y: auto;
        scrollbar-width: thin;
      }
      a {
        display: grid;
        gap: 3px;
        padding: 10px 14px;
        color: inherit;
        text-decoration: none;
        border-block-end: 1px solid var(--line);
        border-inline-start: 3px solid transparent;
      }
      a:hover {
        background: var(--bg);
      }
      a[aria-current] {
        background: var(--tint);
        border-inline-start-color: var(--accent);
      }
      a:focus-visible {
        outline-offset: -2px;
      }
      .text {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .meta {
        display: flex;
        align-items: center;
        gap: 8px;
        font-size: 13px;
        color: var(--soft);
      }
      .meta time {
        margin-inline-start: auto;
      }
      .empty,
      .more {
        padding: 20px 14px;
        text-align: center;
      }
    `,
  ];

  declare items: readonly ConversationSummary[];
  declare selected: string;
  declare filter: Filter;
  declare more: boolean;
  declare now: number;

  override render(): unknown {
    const shown = this.items.filter((item) => matches(item, this.filter));
    return html`<div class="tools">
        <input
          type="search"
          placeholder="Search"
          aria-label="Search conversations"
          @input=${(event: Event) => {
            wish(this, { want: "search", text: (event.target as HTMLInputElement).value.trim() });
          }}
        />
        <div class="filters" role="group" aria-label="Show">
          ${FILTERS.map((filter) => this.choice(...filter))}
        </div>
      </div>
      <ul aria-label="Conversations" @keydown=${this.pressed}>
        ${repeat(
          shown,
          (item) => item.conversation_id,
          (item) => this.row(item),
        )}
        ${shown.length ? nothing : html`<li class="empty soft">Nothing here.</li>`}
        ${
          this.more
            ? html`<li class="more">
                <button
                  class="button"
                  @click=${() => {
                    wish(this, { want: "more" });
                  }}
                >
                  Older
                </button>
              </li>`
            : nothing
        }
      </ul>`;
  }

  private choice(filter: Filter, label: string): unknown {
    const count = filter === "queue" ? this.items.filter((item) => item.owner === "queue").length : 0;
    return html`<button
      aria-pressed=${this.filter === filter ? "true" : "false"}
      data-testid="filter-${filter}"
      @click=${() => {
        wish(this, { want: "filter", filter });
      }}
    >
      ${label}${count ? html` <span class="tag warn">${count}</span>` : nothing}
    </button>`;
  }

  private row(item: ConversationSummary): unknown {
    const current = item.conversation_id === this.selected;
    return html`<li>
      <a
        href="#/conversations/${item.conversation_id}"
        aria-current=${ifDefined(current ? "true" : undefined)}
        data-testid="conversation"
        data-owner=${item.owner}
      >
        <span class="text" dir="auto">${item.last_text ?? "(nothing said yet)"}</span>
        <span class="meta">
          <span class="tag ${OWNER_TONES[item.owner]}">${OWNER_NAMES[item.owner]}</span>
          ${item.resolved === null ? nothing : html`<span>${item.resolved ? "solved" : "not solved"}</span>`}
          ${item.source === "live" ? nothing : html`<span class="tag">${item.source}</span>`}
          <span>${item.owner === "operator" ? item.operator : item.arm}</span>
          <time datetime=${item.updated_at}>${ago(item.updated_at, this.now)}</time>
        </span>
      </a>
    </li>`;
  }

  /** Arrow keys walk the list. */
  private pressed(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const links = [...this.renderRoot.querySelectorAll("a")];
    const from = links.findIndex((link) => link.matches(":focus"));
    event.preventDefault();
    links[Math.min(links.length - 1, Math.max(0, from + step))]?.focus();
  }
}
