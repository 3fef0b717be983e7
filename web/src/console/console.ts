/** `<operator-console>`: signs in, joins the desk to the elements, follows the address and the keys. */
import { LitElement, html, nothing } from "lit";
import { assertNever } from "../shared/frames.js";
import type { Cancel } from "../shared/ports.js";
import { browserPorts } from "../shared/ports.js";
import { followSystem, keepColours, readColours, showColours, type Colours } from "./colours.js";
import { consoleStyles } from "./console.styles.js";
import { Desk } from "./desk.js";
import { ENTRIES, shortcutGroups } from "./entries.js";
import { ApiError } from "./http.js";
import { Chords, isTyping, keysAreOn, nameOfKey, switchKeys } from "./keys.js";
import { NOTICE, whyNot, type Notice, type PageElement } from "./pages/page.js";
import { hrefOf, routeOf, type Route } from "./route.js";
import { save } from "./save.js";
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
    colours: { state: true },
    announced: { state: true },
    revision: { state: true },
    loaded: { state: true },
    keysOn: { state: true },
  };
  static override styles = [base, consoleStyles];

  declare private desk: Desk | null;
  declare private route: Route;
  /** Why signing in failed. */
  declare private problem: string;
  declare private busy: boolean;
  declare private now: number;
  declare private colours: Colours;
  declare private announced: string;
  declare private revision: number;
  /** Name of the element of the page that is loaded; empty while it is on its way. */
  declare private loaded: string;
  declare private keysOn: boolean;

  private readonly ports = browserPorts();
  private readonly chords = new Chords();
  private cancels: Cancel[] = [];
  private readonly pages = new Map<string, PageElement>();

  constructor() {
    super();
    this.desk = null;
    this.route = routeOf(location.hash);
    this.problem = "";
    this.busy = false;
    this.now = Date.now();
    this.colours = readColours(this.ports.shared);
    this.announced = "";
    this.revision = 0;
    this.loaded = "";
    this.keysOn = keysAreOn(this.ports.shared);
    showColours(this.colours);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.renderRoot.addEventListener(WISH, this.wished);
    this.renderRoot.addEventListener(NOTICE, this.noticed);
    window.addEventListener("hashchange", this.moved);
    window.addEventListener("keydown", this.pressed);
    const clock = window.setInterval(() => {
      this.now = Date.now();
    }, TICK_MS);
    this.cancels = [
      followSystem(() => this.colours),
      () => {
        window.clearInterval(clock);
      },
    ];
    const token = this.ports.tab.getItem(TOKEN);
    if (token) void this.signIn(token, this.operator);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("hashchange", this.moved);
    window.removeEventListener("keydown", this.pressed);
    for (const cancel of this.cancels) cancel();
    this.desk?.close();
  }

  protected override updated(): void {
    const title = ENTRIES.find((entry) => entry.route === this.route.page)?.label ?? "Console";
    const { waiting = 0, messages = 0, unread = new Set() } = this.desk?.figures ?? {};
    const news = waiting + messages + unread.size;
    document.title = `${news ? `(${news}) ` : ""}${this.desk ? title : "Sign in"} · Switchboard`;
  }

  override render(): unknown {
    const { desk } = this;
    if (!desk)
      return html`<sign-in .problem=${this.problem} .operator=${this.operator} .busy=${this.busy}></sign-in>`;
    const entry = ENTRIES.find((one) => one.route === this.route.page);
    const refused = entry?.right ? whyNot(desk.me, entry.right) : null;
    return html`<a class="skip" href="#main" @click=${this.skip}>Skip to the page</a>
      <console-nav
        .entries=${ENTRIES}
        .current=${this.route.page}
        .waiting=${desk.figures.waiting + desk.figures.messages}
        .unread=${desk.figures.unread.size}
        .me=${desk.me}
        .live=${desk.isLive}
        .colours=${this.colours}
      ></console-nav>
      <div class="body">
        ${desk.isLive ? nothing : html`<p class="offline warn">No live connection. Trying again; what you see may be old.</p>`}
        ${refused ? html`<p class="reach info">You may look at this page. ${refused}</p>` : nothing}
        <main id="main" tabindex="-1" class=${this.route.page === "conversations" ? "fixed" : ""}>
          ${this.content(desk)}
        </main>
      </div>
      <div class="quiet" role="status" aria-live="polite" data-testid="announced">${this.announced}</div>
      <notice-stack></notice-stack>
      <shortcut-help .groups=${shortcutGroups()} .on=${this.keysOn}></shortcut-help>`;
  }

  private content(desk: Desk): unknown {
    if (this.route.page === "conversations")
      return html`<conversations-page
        .desk=${desk}
        .revision=${this.revision}
        .selected=${this.route.path[0] ?? ""}
        .now=${this.now}
      ></conversations-page>`;
    if (!ENTRIES.some((entry) => entry.route === this.route.page))
      return html`<p class="hint soft">
        There is no page of this name. <a href="#/conversations">Conversations</a>
      </p>`;
    return this.loaded
      ? this.element(desk, this.loaded)
      : html`<p class="hint soft" role="status">Loading…</p>`;
  }

  /** The page of that name: kept for the whole session, so that what was being edited is there on the way back. */
  private element(desk: Desk, tag: string): PageElement {
    const page = this.pages.get(tag) ?? (document.createElement(tag) as unknown as PageElement);
    this.pages.set(tag, page);
    return Object.assign(page, {
      api: desk.api.http,
      me: desk.me,
      live: desk.live,
      navigate: this.navigate,
      path: this.route.path,
    });
  }

  private get operator(): string {
    return this.ports.shared.getItem(OPERATOR) ?? "";
  }

  private async signIn(token: string, operator: string): Promise<void> {
    const desk = this.newDesk(token, operator);
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
    await this.show();
  }

  private newDesk(token: string, operator: string): Desk {
    return new Desk({
      server: new URL(".", location.href).href,
      token,
      operator,
      ports: this.ports,
      changed: () => {
        this.revision += 1;
      },
      refused: () => {
        this.signOut("Please sign in again.");
      },
      notice: (notice) => {
        this.tell(notice);
      },
      announce: (text) => {
        this.announced = text;
      },
      save,
    });
  }

  private signOut(problem: string): void {
    this.desk?.close();
    this.desk = null;
    this.pages.clear();
    this.ports.tab.removeItem(TOKEN);
    this.problem = problem;
  }

  private readonly moved = (): void => {
    const before = this.route.page;
    this.route = routeOf(location.hash);
    if (this.route.page !== before) this.renderRoot.querySelector("main")?.scrollTo(0, 0);
    void this.show();
  };

  private readonly navigate = (route: string): void => {
    location.hash = `#/${route.replace(/^#?\/?/, "")}`;
  };

  private async show(): Promise<void> {
    const { page, path } = this.route;
    const entry = ENTRIES.find((one) => one.route === page);
    this.loaded = entry && customElements.get(entry.tag) ? entry.tag : "";
    await Promise.all([this.load(entry), this.desk?.show(page === "conversations" ? (path[0] ?? "") : null)]);
  }

  private async load(entry: (typeof ENTRIES)[number] | undefined): Promise<void> {
    if (!entry || this.loaded) return;
    try {
      await entry.load();
    } catch {
      this.tell({ text: "This page could not be loaded. Is the server still there?", tone: "bad" });
      return;
    }
    if (this.route.page === entry.route) this.loaded = entry.tag;
  }

  private readonly skip = (event: Event): void => {
    event.preventDefault();
    this.renderRoot.querySelector<HTMLElement>("main")?.focus();
  };

  private readonly noticed = (event: Event): void => {
    this.tell((event as CustomEvent<Notice>).detail);
  };

  private tell(notice: Notice): void {
    this.renderRoot.querySelector("notice-stack")?.add(notice);
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || !this.desk || !this.keysOn) return;
    const name = nameOfKey(event);
    const isOver = event.composedPath().some((one) => one instanceof HTMLDialogElement && one.open);
    if (!name || isOver || (isTyping(event) && !name.startsWith("Alt+"))) return;
    if (this.act(this.chords.next(name, Date.now()), this.desk)) event.preventDefault();
  };

  /** Whether the key did something. */
  private act(name: string, desk: Desk): boolean {
    const target = ENTRIES.find((entry) => entry.key && name === `g ${entry.key}`);
    if (target) this.navigate(target.route);
    else if (name === "?") this.renderRoot.querySelector("shortcut-help")?.toggle();
    else if (this.route.page !== "conversations") return false;
    else if (name === "d") void desk.setDuty(!desk.me.on_duty);
    else return this.renderRoot.querySelector("conversations-page")?.pressed(name) ?? false;
    return true;
  }

  private readonly wished = (event: Event): void => {
    const { detail: wanted } = event as CustomEvent<Wish>;
    switch (wanted.want) {
      case "sign-in":
        void this.signIn(wanted.token, wanted.operator);
        break;
      case "sign-out":
        this.signOut("");
        break;
      case "colours":
        this.colours = wanted.colours;
        keepColours(this.ports.shared, wanted.colours);
        showColours(wanted.colours);
        break;
      case "help":
        this.renderRoot.querySelector("shortcut-help")?.toggle();
        break;
      case "keys":
        this.keysOn = wanted.on;
        switchKeys(this.ports.shared, wanted.on);
        break;
      case "open":
        location.hash = wanted.id ? hrefOf("conversations", wanted.id) : hrefOf("conversations");
        break;
      default:
        if (this.desk) void grant(this.desk, wanted);
    }
  };
}

type ShellWish = "sign-in" | "sign-out" | "colours" | "help" | "keys" | "open";

function grant(desk: Desk, wanted: Exclude<Wish, { want: ShellWish }>): Promise<void> | void {
  const { list, talk } = desk;
  switch (wanted.want) {
    case "duty":
      return desk.setDuty(wanted.on);
    case "view":
      return list.choose(wanted.view);
    case "filter":
      return list.narrow(wanted.filter);
    case "search":
      list.find(wanted.text);
      return;
    case "more":
      return list.older();
    case "take-over":
      return talk.act("take-over", wanted.over ? { over: wanted.over } : undefined);
    case "close":
      return talk.act("close");
    case "hand-back":
      return talk.act("hand-back", wanted.summary ? { summary: wanted.summary } : undefined);
    case "erase":
      return talk.erase();
    case "reply":
      return talk.reply(wanted.text);
    case "note":
      return talk.note(wanted.text);
    case "suggest":
      return talk.suggest();
    case "summarise":
      return talk.summarise();
    case "draft":
      talk.keep(wanted.text);
      return;
    case "download":
      return talk.download(wanted.form);
    case "correct":
      return talk.correct(wanted.turnId, wanted.correction);
    default:
      return assertNever(wanted);
  }
}
