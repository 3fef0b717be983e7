/** The conversations of a view: who waits on top, nothing that jumps under the pointer, all reachable by keys. */
import { LitElement, html, nothing, type PropertyValues } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { repeat } from "lit/directives/repeat.js";
import { ICONS, icon } from "../icons.js";
import { OWNER_TONES, base } from "../theme.js";
import { OWNER_NAMES, ago, percent, spaced } from "../words.js";
import { wish } from "../wish.js";
import { listStyles } from "./conversation-list.styles.js";
import { NO_FILTER, arranged, held, type ListFilter, type Row, type View } from "./list.js";

const VIEWS: readonly [View, string][] = [
  ["open", "Open"],
  ["queue", "Queue"],
  ["mine", "Mine"],
  ["bot", "Bot"],
  ["closed", "Closed"],
  ["all", "All"],
];
const NOTHING: Record<View, [string, string]> = {
  open: ["All quiet", "Conversations appear here as customers write."],
  queue: ["Nobody waits", "Customers who ask for a person appear here, the longest wait first."],
  mine: ["None is yours", "Take one over, and it appears here."],
  bot: ["The bot has none", "What the bot is answering appears here."],
  closed: ["None is closed yet", "Conversations that ended appear here."],
  all: ["No conversation yet", "They appear here as customers write."],
};
/** How long after a movement of the pointer or a key the rows keep their places. */
const HOLD_MS = 800;
const SOURCES = ["live", "simulated", "test", "cli"];

export class ConversationList extends LitElement {
  static override properties = {
    rows: { attribute: false },
    selected: { type: String },
    view: { type: String },
    filter: { attribute: false },
    search: { type: String },
    arms: { attribute: false },
    backends: { attribute: false },
    intents: { attribute: false },
    unread: { attribute: false },
    waiting: { type: Number },
    mine: { type: Number },
    more: { type: Boolean },
    fresh: { type: Boolean },
    now: { type: Number },
    isNarrow: { state: true },
    release: { state: true },
  };
  static override styles = [base, listStyles];

  declare rows: readonly Row[];
  declare selected: string;
  declare view: View;
  declare filter: ListFilter;
  declare search: string;
  declare arms: readonly string[];
  declare backends: readonly string[];
  declare intents: readonly string[];
  declare unread: ReadonlySet<string>;
  declare waiting: number;
  declare mine: number;
  /** There are older ones. */
  declare more: boolean;
  /** Nothing has come yet. */
  declare fresh: boolean;
  declare now: number;
  /** The filters are open. */
  declare private isNarrow: boolean;
  /** Counts how often the hold ended. */
  declare private release: number;

  private order: readonly string[] = [];
  private shown: readonly Row[] = [];
  private heldUntil = 0;
  private timer: number | undefined;
  private focused: string | null = null;

  constructor() {
    super();
    this.isNarrow = false;
    this.release = 0;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearTimeout(this.timer);
  }

  focusSearch(): void {
    this.renderRoot.querySelector<HTMLInputElement>("input[type=search]")?.focus();
  }

  /** Id of the next (1) or previous (-1) one after the selected; undefined at the end. */
  neighbour(step: 1 | -1): string | undefined {
    const at = this.order.indexOf(this.selected);
    return at < 0 ? this.order[0] : this.order[at + step];
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("view") || changed.has("filter")) this.heldUntil = 0;
    const rows = arranged(this.rows, this.view);
    this.shown = Date.now() < this.heldUntil ? held(rows, this.order) : rows;
    this.order = this.shown.map((row) => row.conversation_id);
    const active = (this.renderRoot as ShadowRoot | undefined)?.activeElement;
    this.focused = active instanceof HTMLElement ? (active.dataset["id"] ?? null) : null;
  }

  /** A row that moved has lost the focus on its way. */
  protected override updated(): void {
    if (!this.focused || (this.renderRoot as ShadowRoot).activeElement) return;
    this.renderRoot.querySelector<HTMLElement>(`[data-id="${CSS.escape(this.focused)}"]`)?.focus();
  }

  override render(): unknown {
    return html`<div class="tools">
        <div class="find">
          <input
            type="search"
            placeholder="Search"
            aria-label="Search conversations"
            data-testid="search"
            .value=${this.search}
            @input=${(event: Event) => {
              wish(this, { want: "search", text: (event.target as HTMLInputElement).value });
            }}
          />
          ${this.funnel()}
        </div>
        ${this.isNarrow ? this.filters() : nothing}
        <div class="views" role="group" aria-label="Show">${VIEWS.map((view) => this.choice(...view))}</div>
      </div>
      <div
        class="rows"
        tabindex=${ifDefined(this.shown.length ? undefined : "0")}
        role="group"
        aria-label="Conversations"
        @keydown=${this.pressed}
        @pointermove=${this.hold}
      >
        ${repeat(
          this.shown,
          (row) => row.conversation_id,
          (row) => this.row(row),
        )}
        ${this.end()}
      </div>`;
  }

  private end(): unknown {
    if (this.fresh && this.shown.length) return nothing;
    if (this.fresh) return [1, 2, 3, 4].map(() => html`<div class="ghost" aria-hidden="true"></div>`);
    if (!this.shown.length) {
      const isNarrowed = this.search.trim() !== "" || this.filter !== NO_FILTER;
      const [title, text] = isNarrowed
        ? ["Nothing fits", "Try another view, or fewer filters."]
        : NOTHING[this.view];
      return html`<p class="empty"><b>${title}</b><span>${text}</span></p>`;
    }
    if (!this.more) return nothing;
    return html`<p class="more">
      <button
        class="button small"
        @click=${() => {
          wish(this, { want: "more" });
        }}
      >
        Show older ones
      </button>
    </p>`;
  }

  private funnel(): unknown {
    const count = Object.values(this.filter).filter(Boolean).length;
    return html`<button
      class="button ${count ? "narrowed" : ""}"
      aria-expanded=${this.isNarrow ? "true" : "false"}
      aria-label=${count ? `Filters, ${count} set` : "Filters"}
      title="Filters"
      data-testid="filters"
      @click=${() => {
        this.isNarrow = !this.isNarrow;
      }}
    >
      ${icon(ICONS.filter, 18)}${count || nothing}
    </button>`;
  }

  private filters(): unknown {
    const known = { arm: this.arms, backend: this.backends, source: SOURCES, intent: this.intents };
    const one = (name: keyof ListFilter, label: string): unknown => {
      const now = this.filter[name];
      const values = now && !known[name].includes(now) ? [now, ...known[name]] : known[name];
      return html`<label
        >${label}
        <select
          data-testid="filter-${name}"
          @change=${(event: Event) => {
            this.narrow({ ...this.filter, [name]: (event.target as HTMLSelectElement).value });
          }}
        >
          <option value="" ?selected=${!now}>Any</option>
          ${values.map((value) => html`<option value=${value} ?selected=${value === now}>${value}</option>`)}
        </select></label
      >`;
    };
    return html`<div class="filters">
      ${one("arm", "Arm")} ${one("backend", "Backend")} ${one("intent", "Intent")} ${one("source", "Source")}
      <button
        class="button small clear"
        ?disabled=${this.filter === NO_FILTER}
        @click=${() => {
          this.narrow(NO_FILTER);
        }}
      >
        Clear
      </button>
    </div>`;
  }

  private narrow(filter: ListFilter): void {
    const isEmpty = Object.values(filter).every((value) => value === "");
    wish(this, { want: "filter", filter: isEmpty ? NO_FILTER : filter });
  }

  private choice(view: View, label: string): unknown {
    const count = { queue: this.waiting, mine: this.mine }[view as string] ?? 0;
    return html`<button
      aria-pressed=${this.view === view ? "true" : "false"}
      data-testid="view-${view}"
      @click=${() => {
        wish(this, { want: "view", view });
      }}
    >
      ${label}${count ? html` <span class="tag ${view === "queue" ? "warn" : "good"}">${count}</span>` : nothing}
    </button>`;
  }

  private row(row: Row): unknown {
    const { conversation_id: id, owner } = row;
    const isUnread = this.unread.has(id);
    return html`<a
      class="row ${isUnread ? "unread" : ""}"
      href="#/conversations/${id}"
      aria-current=${ifDefined(id === this.selected ? "true" : undefined)}
      data-testid="conversation"
      data-id=${id}
      data-owner=${owner}
    >
      <span class="line">
        ${isUnread ? html`<span class="dot"></span><span class="quiet">Unread:</span>` : nothing}
        <span class="text" dir="auto">${row.last_asked ?? row.last_text ?? "Nothing said yet"}</span>
        ${this.age(row)}
      </span>
      <span class="meta">
        <span class="tag ${OWNER_TONES[owner]}" title=${ownerText(row)}>${ownerText(row)}</span>
        <span class="why">${why(row)}</span>
        ${row.resolved === null ? nothing : html`<span class="verdict">${row.resolved ? "solved" : "not solved"}</span>`}
        ${row.source === "live" ? nothing : html`<span class="tag">${row.source}</span>`}
      </span>
    </a>`;
  }

  private age({ queuedAt, updated_at: at }: Row): unknown {
    return queuedAt === null
      ? html`<time class="when" datetime=${at}>${ago(at, this.now)}</time>`
      : html`<wait-clock class="when waits" title="Waiting" .since=${queuedAt}></wait-clock>`;
  }

  private readonly hold = (): void => {
    this.heldUntil = Date.now() + HOLD_MS;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.release += 1;
    }, HOLD_MS + 20);
  };

  /** Arrow keys walk the list. */
  private pressed(event: KeyboardEvent): void {
    const links = [...this.renderRoot.querySelectorAll<HTMLElement>("a.row")];
    const from = links.findIndex((link) => link.matches(":focus"));
    const to = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.hold();
    links[Math.min(links.length - 1, Math.max(0, to))]?.focus();
  }
}

function ownerText({ owner, operator, left_message: isMessage }: Row): string {
  if (owner === "queue" && isMessage) return "Message left";
  return owner === "operator" ? (operator ?? OWNER_NAMES.operator) : OWNER_NAMES[owner];
}

/** Backend, intent and confidence of the newest turn; the arm before there is one. */
function why({ backend, intent, confidence, arm }: Row): string {
  if (!backend && !intent) return arm ? `arm ${arm}` : "";
  const sure = confidence === null || confidence === undefined ? "" : percent(confidence);
  return [backend, intent ? spaced(intent) : "", sure].filter(Boolean).join(" · ");
}
