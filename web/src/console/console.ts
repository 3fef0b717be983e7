/** `<operator-console>`: signs in, joins the desk to the elements, and follows the address. */
import { LitElement, html, nothing } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { assertNever } from "../shared/frames.js";
import { browserPorts } from "../shared/ports.js";
import { ApiError } from "./api.js";
import { consoleStyles } from "./console.styles.js";
import { Desk, type Page, type Route } from "./desk.js";
import { base } from "./theme.js";
import { WISH, type Wish } from "./wish.js";

const TOKEN = "console:token";
const OPERATOR = "console:operator";
/** How often "5 min" is written anew. */
const TICK_MS = 20_000;

export class OperatorConsole extends LitElement {
  static override properties = {
    desk: { state: true },
    route: { state: true },
    problem: { state: true },
    busy: { state: true },
    now: { state: true },
  };
  static override styles = [base, consoleStyles];

  declare private desk: Desk | null;
  declare private route: Route;
  /** Why signing in failed. */
  declare private problem: string;
  declare private busy: boolean;
  declare private now: number;

  private readonly ports = browserPorts();
  private clock: number | undefined;

  constructor() {
    super();
    this.desk = null;
    this.route = routeOf(location.hash);
    this.problem = "";
    this.busy = false;
    this.now = Date.now();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.renderRoot.addEventListener(WISH, this.wished);
    window.addEventListener("hashchange", this.moved);
    this.clock = window.setInterval(() => {
      this.now = Date.now();
    }, TICK_MS);
    const token = this.ports.tab.getItem(TOKEN);
    if (token) void this.signIn(token, this.operator);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("hashchange", this.moved);
    window.clearInterval(this.clock);
    this.desk?.close();
  }

  override render(): unknown {
    const { desk } = this;
    if (!desk)
      return html`<sign-in .problem=${this.problem} .operator=${this.operator} .busy=${this.busy}></sign-in>`;
    return html`${this.bar(desk)}
    ${
      desk.problem
        ? html`<p class="problem" role="alert" data-testid="problem">
            ${desk.problem}
            <button
              class="button"
              @click=${() => {
                desk.dismiss();
              }}
            >
              Dismiss
            </button>
          </p>`
        : nothing
    }
    ${this.page(desk)}`;
  }

  private get operator(): string {
    return this.ports.shared.getItem(OPERATOR) ?? "";
  }

  private bar(desk: Desk): unknown {
    const waiting = desk.list.filter((item) => item.owner === "queue").length;
    return html`<header class="bar">
      <h1 class="brand">Switchboard</h1>
      <nav aria-label="Console">
        ${this.tab("conversations", "Conversations", waiting)} ${this.tab("routing", "Routing")}
        ${this.tab("results", "Results")}
      </nav>
      <span class="live ${desk.live ? "on" : ""}" role="status" data-testid="live"
        >${desk.live ? "Live" : "Reconnecting…"}</span
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

  private tab(page: Page, label: string, count = 0): unknown {
    const current = this.route.page === page ? "page" : undefined;
    return html`<a href="#/${page}" aria-current=${ifDefined(current)}
      >${label}${
        count
          ? html` <span class="count" data-testid="waiting"
              >${count}<span class="quiet"> waiting</span></span
            >`
          : nothing
      }</a
    >`;
  }

  private page(desk: Desk): unknown {
    switch (this.route.page) {
      case "routing":
        return desk.routing
          ? html`<main class="scrolls">
              <routing-view .routing=${desk.routing} .statuses=${desk.statuses}></routing-view>
            </main>`
          : html`<p class="hint soft">Loading…</p>`;
      case "results":
        return html`<main class="scrolls">
          <results-view .report=${desk.report} .models=${desk.models}></results-view>
        </main>`;
      case "conversations":
        return this.conversations(desk);
    }
  }

  private conversations(desk: Desk): unknown {
    return html`<main class="conversations ${this.route.id ? "one" : ""}">
      <conversation-list
        .items=${desk.list}
        .selected=${this.route.id}
        .filter=${desk.filter}
        .more=${desk.next !== null}
        .now=${this.now}
      ></conversation-list>
      ${
        desk.detail
          ? html`<div class="detail">
              <a class="back" href="#/conversations">All conversations</a>
              <conversation-view .detail=${desk.detail}></conversation-view>
            </div>`
          : html`<p class="hint soft">
              ${desk.list.length ? "Choose a conversation." : "Conversations appear here as customers write."}
            </p>`
      }
    </main>`;
  }

  private async signIn(token: string, operator: string): Promise<void> {
    const desk = new Desk({
      server: new URL(".", location.href).href,
      token,
      operator,
      ports: this.ports,
      changed: () => {
        this.requestUpdate();
      },
      refused: () => {
        this.signOut("Please sign in again.");
      },
      isEditing: () => this.renderRoot.querySelector("routing-view")?.isDirty ?? false,
    });
    this.busy = true;
    try {
      await desk.open();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.signOut(error.status === 401 ? "This token was not accepted." : error.message);
      return;
    } finally {
      this.busy = false;
    }
    this.ports.tab.setItem(TOKEN, token);
    this.ports.shared.setItem(OPERATOR, operator);
    this.problem = "";
    this.desk = desk;
    await desk.show(this.route);
  }

  private signOut(problem: string): void {
    this.desk?.close();
    this.desk = null;
    this.ports.tab.removeItem(TOKEN);
    this.problem = problem;
  }

  private readonly moved = (): void => {
    this.route = routeOf(location.hash);
    void this.desk?.show(this.route);
  };

  private readonly wished = (event: Event): void => {
    const { detail: wanted } = event as CustomEvent<Wish>;
    if (wanted.want === "sign-in") void this.signIn(wanted.token, wanted.operator);
    else if (this.desk) void grant(this.desk, wanted);
  };
}

function grant(desk: Desk, wanted: Exclude<Wish, { want: "sign-in" }>): Promise<void> | void {
  switch (wanted.want) {
    case "filter":
      return desk.choose(wanted.filter);
    case "search":
      desk.find(wanted.text);
      return;
    case "more":
      return desk.older();
    case "act":
      return desk.act(wanted.verb, wanted.text);
    case "label":
      return desk.label(wanted.turnId, wanted.intent, wanted.note);
    case "promote":
      return desk.promote(wanted.id);
    case "save-routing":
      return desk.saveRouting(wanted.draft, wanted.reason);
    default:
      return assertNever(wanted);
  }
}

function routeOf(hash: string): Route {
  const [, page, id] = hash.split("/");
  return page === "routing" || page === "results"
    ? { page, id: "" }
    : { page: "conversations", id: id ?? "" };
}
