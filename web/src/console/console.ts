/** `<operator-console>`: signs in, fetches, listens, and hands everything down to the elements. */
import { LitElement, html, nothing } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { assertNever } from "../shared/frames.js";
import { browserPorts } from "../shared/ports.js";
import type { OperatorFrame } from "../shared/wire.gen.js";
import { Api, ApiError, type RoutingDraft } from "./api.js";
import { consoleStyles } from "./console.styles.js";
import { Feed } from "./feed.js";
import { FILTER_OWNERS, detailWithEvent, withEvent, type Filter } from "./model.js";
import { base } from "./theme.js";
import type {
  BackendStatus,
  ConversationDetail,
  ConversationSummary,
  ConversationVerb,
  Routing,
} from "./types.js";
import { WISH, type Wish } from "./wish.js";

const TOKEN = "console:token";
const OPERATOR = "console:operator";
/** Events come in bursts (message, answer, owner): fetch once for all of them. */
const SETTLE_MS = 250;

export class OperatorConsole extends LitElement {
  static override properties = Object.fromEntries(
    [
      "api",
      "problem",
      "busy",
      "live",
      "route",
      "filter",
      "list",
      "next",
      "detail",
      "routing",
      "statuses",
      "now",
    ].map((name) => [name, { state: true }]),
  );
  static override styles = [base, consoleStyles];

  declare private api: Api | null;
  declare private problem: string;
  declare private busy: boolean;
  declare private live: boolean;
  declare private route: { page: "conversations" | "routing"; id: string };
  declare private filter: Filter;
  declare private list: readonly ConversationSummary[];
  declare private next: string | null;
  declare private detail: ConversationDetail | null;
  declare private routing: Routing | null;
  declare private statuses: readonly BackendStatus[];
  declare private now: number;

  private readonly ports = browserPorts();
  private readonly server = new URL(".", location.href).href;
  private feed: Feed | null = null;
  private clock: number | undefined;
  private search = "";
  private pending: (() => void) | null = null;

  constructor() {
    super();
    this.api = this.detail = this.routing = this.next = null;
    this.problem = "";
    this.busy = this.live = false;
    this.filter = "all";
    this.list = [];
    this.statuses = [];
    this.now = Date.now();
    this.route = routeOf(location.hash);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.renderRoot.addEventListener(WISH, this.wished);
    window.addEventListener("hashchange", this.moved);
    this.clock = window.setInterval(() => {
      this.now = Date.now();
    }, 20_000);
    const token = this.ports.tab.getItem(TOKEN);
    if (token) void this.signIn(token, this.operator);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("hashchange", this.moved);
    window.clearInterval(this.clock);
    this.feed?.stop();
  }

  override render(): unknown {
    if (!this.api)
      return html`<sign-in .problem=${this.problem} .operator=${this.operator} .busy=${this.busy}></sign-in>`;
    return html`${this.bar()}
    ${
      this.problem
        ? html`<p class="problem" role="alert" data-testid="problem">
            ${this.problem}
            <button
              class="button"
              @click=${() => {
                this.problem = "";
              }}
            >
              Dismiss
            </button>
          </p>`
        : nothing
    }
    ${this.route.page === "routing" ? this.routingPage() : this.conversationsPage()}`;
  }

  private get operator(): string {
    return this.ports.shared.getItem(OPERATOR) ?? "";
  }

  private get query(): { owner?: string; q?: string } {
    const owner = FILTER_OWNERS[this.filter];
    return { ...(owner ? { owner } : {}), ...(this.search ? { q: this.search } : {}) };
  }

  private bar(): unknown {
    const waiting = this.list.filter((item) => item.owner === "queue").length;
    const tab = (page: "conversations" | "routing", label: string, count = 0): unknown =>
      html`<a href="#/${page}" aria-current=${ifDefined(this.route.page === page ? "page" : undefined)}
        >${label}${count ? html` <span class="count" data-testid="waiting">${count}<span class="quiet"> waiting</span></span>` : nothing}</a
      >`;
    return html`<header class="bar">
      <b class="brand">Switchboard</b>
      <nav aria-label="Console">
        ${tab("conversations", "Conversations", waiting)} ${tab("routing", "Routing")}
      </nav>
      <span class="live ${this.live ? "on" : ""}" role="status" data-testid="live"
        >${this.live ? "Live" : "Reconnecting…"}</span
      >
      <span class="who">${this.operator}</span>
      <button
        @click=${() => {
          this.signOut("");
        }}
      >
        Sign out
      </button>
    </header>`;
  }

  private conversationsPage(): unknown {
    return html`<main class="conversations ${this.route.id ? "one" : ""}">
      <conversation-list
        .items=${this.list}
        .selected=${this.route.id}
        .filter=${this.filter}
        .more=${this.next !== null}
        .now=${this.now}
      ></conversation-list>
      ${
        this.detail
          ? html`<div class="detail">
              <a class="back" href="#/conversations">All conversations</a>
              <conversation-view .detail=${this.detail}></conversation-view>
            </div>`
          : html`<p class="hint soft">
              ${this.list.length ? "Choose a conversation." : "Conversations appear here as customers write."}
            </p>`
      }
    </main>`;
  }

  private routingPage(): unknown {
    if (!this.routing) return html`<p class="hint soft">Loading…</p>`;
    return html`<main class="routing">
      <routing-view .routing=${this.routing} .statuses=${this.statuses}></routing-view>
    </main>`;
  }

  // --- coming and going ------------------------------------------------------------------------------------

  private async signIn(token: string, operator: string): Promise<void> {
    const api = new Api(this.server, token, operator);
    this.busy = true;
    try {
      this.routing = await api.routing();
    } catch (error) {
      const wrong = error instanceof ApiError && (error.status === 401 || error.status === 403);
      this.signOut(wrong ? "This token was not accepted." : message(error));
      return;
    } finally {
      this.busy = false;
    }
    this.ports.tab.setItem(TOKEN, token);
    this.ports.shared.setItem(OPERATOR, operator);
    this.problem = "";
    this.api = api;
    this.feed = new Feed(this.server, token, this.ports, {
      ready: () => {
        this.live = true;
        void this.refresh();
      },
      lost: () => {
        this.live = false;
      },
      frame: (frame) => {
        this.heard(frame);
      },
    });
    this.feed.start();
    void this.refresh();
  }

  private signOut(problem: string): void {
    this.feed?.stop();
    this.feed = null;
    this.ports.tab.removeItem(TOKEN);
    this.api = this.detail = this.routing = null;
    this.list = [];
    this.problem = problem;
  }

  private readonly moved = (): void => {
    this.route = routeOf(location.hash);
    if (this.detail?.conversation_id !== this.route.id) this.detail = null;
    void this.refresh();
  };

  // --- what the server says --------------------------------------------------------------------------------

  private heard(frame: OperatorFrame): void {
    switch (frame.type) {
      case "event": {
        const list = withEvent(this.list, frame);
        if (list) this.list = list;
        if (this.detail?.conversation_id === frame.conversation_id)
          this.detail = detailWithEvent(this.detail, frame.event);
        if (!list || this.detail?.conversation_id === frame.conversation_id) this.refreshSoon();
        break;
      }
      case "routing_changed":
        void this.routingChanged(frame.version);
        break;
      case "error":
        this.problem = frame.message;
        break;
      case "ready":
      case "pong":
        break;
      default:
        assertNever(frame);
    }
  }

  private async routingChanged(version: number): Promise<void> {
    if (!this.routing || version <= this.routing.version) return;
    if (this.renderRoot.querySelector("routing-view")?.isDirty)
      this.problem = `The routing has changed meanwhile (version ${version}). Saving your edits will be refused; discard them to see it.`;
    else await this.loadRouting();
  }

  private refreshSoon(): void {
    this.pending?.();
    this.pending = this.ports.after(SETTLE_MS, () => void this.refresh());
  }

  /** Fetches what the current page shows. */
  private refresh(): Promise<void> {
    return this.attempt(async (api) => {
      if (this.route.page === "routing") return this.loadRouting();
      const { id } = this.route;
      const [page, detail] = await Promise.all([
        api.conversations(this.query),
        id ? api.conversation(id) : null,
      ]);
      this.list = page.conversations;
      this.next = page.next;
      if (id === this.route.id) this.detail = detail;
    });
  }

  private loadRouting(): Promise<void> {
    return this.attempt(async (api) => {
      [this.routing, this.statuses] = await Promise.all([api.routing(), api.backends()]);
    });
  }

  private async attempt(work: (api: Api) => Promise<void>): Promise<void> {
    if (!this.api) return;
    try {
      await work(this.api);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.signOut("Please sign in again.");
      else this.problem = message(error);
    }
  }

  // --- what the operator wants -----------------------------------------------------------------------------

  private readonly wished = (event: Event): void => {
    const { detail } = event as CustomEvent<Wish>;
    switch (detail.want) {
      case "sign-in":
        void this.signIn(detail.token, detail.operator);
        break;
      case "filter":
        this.filter = detail.filter;
        void this.refresh();
        break;
      case "search":
        this.search = detail.text;
        this.refreshSoon();
        break;
      case "more":
        void this.older();
        break;
      case "act":
        void this.act(detail.verb, detail.text);
        break;
      case "label":
        void this.attempt(async (api) => {
          await api.label(detail.turnId, detail.intent, detail.note);
          this.refreshSoon();
        });
        break;
      case "save-routing":
        void this.saveRouting(detail.draft, detail.reason);
        break;
      default:
        assertNever(detail);
    }
  };

  private older(): Promise<void> {
    return this.attempt(async (api) => {
      if (!this.next) return;
      const page = await api.conversations({ ...this.query, before: this.next });
      const known = new Set(this.list.map((item) => item.conversation_id));
      this.list = [...this.list, ...page.conversations.filter((item) => !known.has(item.conversation_id))];
      this.next = page.next;
    });
  }

  private act(verb: ConversationVerb, text?: string): Promise<void> {
    return this.attempt(async (api) => {
      if (!this.detail) return;
      const { conversation_id: id } = this.detail;
      const detail = await api.act(id, verb, text);
      if (id === this.route.id) this.detail = detail;
      this.refreshSoon();
    });
  }

  private saveRouting(draft: RoutingDraft, reason: string): Promise<void> {
    return this.attempt(async (api) => {
      if (!this.routing) return;
      try {
        this.routing = await api.saveRouting(draft, this.routing.version, reason);
        this.problem = "";
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 409) throw error;
        await this.loadRouting();
        this.problem = `Changed meanwhile by somebody else: this is version ${this.routing.version} now. Your edits were not saved.`;
      }
    });
  }
}

function routeOf(hash: string): { page: "conversations" | "routing"; id: string } {
  const [, page, id] = hash.split("/");
  return page === "routing" ? { page, id: "" } : { page: "conversations", id: id ?? "" };
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
