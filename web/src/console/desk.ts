/** An operator's session: what was fetched, what was heard live, what is being done. Knows no element. */
import { assertNever } from "../shared/frames.js";
import type { Cancel, Ports } from "../shared/ports.js";
import type { OperatorFrame } from "../shared/wire.gen.js";
import { Api, ApiError, type RoutingDraft } from "./api.js";
import { Feed } from "./feed.js";
import { Http } from "./http.js";
import { FILTER_OWNERS, detailWithEvent, withEvent, type Filter } from "./model.js";
import type {
  BackendStatus,
  ConversationDetail,
  ConversationSummary,
  ConversationVerb,
  Models,
  Resolution,
  Routing,
} from "./types.js";

export type Page = "conversations" | "routing" | "results";

export interface Route {
  page: Page;
  /** Conversation shown; empty for none. */
  id: string;
}

/** Events come in bursts (message, answer, owner): fetch once for all of them. */
const SETTLE_MS = 250;

export interface DeskOptions {
  server: string;
  token: string;
  operator: string;
  ports: Ports;
  changed: () => void;
  /** The token is not taken any more. */
  refused: () => void;
  /** Whether the operator has edits of the routing that are not saved. */
  isEditing: () => boolean;
}

export class Desk {
  live = false;
  problem = "";
  filter: Filter = "all";
  search = "";
  list: readonly ConversationSummary[] = [];
  next: string | null = null;
  detail: ConversationDetail | null = null;
  routing: Routing | null = null;
  statuses: readonly BackendStatus[] = [];
  report: Resolution | null = null;
  models: Models | null = null;
  private route: Route = { page: "conversations", id: "" };
  private readonly api: Api;
  private readonly feed: Feed;
  private pending: Cancel | null = null;

  constructor(private readonly options: DeskOptions) {
    const { server, token, operator, ports } = options;
    this.api = new Api(new Http(server, token, operator));
    this.feed = new Feed(server, token, ports, {
      ready: () => {
        this.live = true;
        void this.refresh();
      },
      lost: () => {
        this.live = false;
        options.changed();
      },
      frame: (frame) => {
        this.heard(frame);
        options.changed();
      },
    });
  }

  /** Raises ApiError, 401 when the token is wrong. */
  async open(): Promise<void> {
    this.routing = await this.api.routing();
    this.feed.start();
  }

  close(): void {
    this.pending?.();
    this.feed.stop();
  }

  show(route: Route): Promise<void> {
    this.route = route;
    if (this.detail?.conversation_id !== route.id) this.detail = null;
    return this.refresh();
  }

  choose(filter: Filter): Promise<void> {
    this.filter = filter;
    return this.refresh();
  }

  find(text: string): void {
    this.search = text;
    this.refreshSoon();
  }

  dismiss(): void {
    this.problem = "";
    this.options.changed();
  }

  older(): Promise<void> {
    return this.attempt(async () => {
      if (!this.next) return;
      const page = await this.api.conversations({ ...this.query, before: this.next });
      const known = new Set(this.list.map((item) => item.conversation_id));
      this.list = [...this.list, ...page.conversations.filter((item) => !known.has(item.conversation_id))];
      this.next = page.next;
    });
  }

  act(verb: ConversationVerb, text?: string): Promise<void> {
    return this.attempt(async () => {
      if (!this.detail) return;
      const { conversation_id: id } = this.detail;
      const detail = await this.api.act(id, verb, text);
      if (id === this.route.id) this.detail = detail;
      this.refreshSoon();
    });
  }

  label(turnId: string, intent: string, note: string): Promise<void> {
    return this.attempt(async () => {
      await this.api.label(turnId, intent, note);
      this.refreshSoon();
    });
  }

  promote(id: string): Promise<void> {
    return this.attempt(async () => {
      await this.api.promote(id);
      await this.loadResults();
    });
  }

  saveRouting(draft: RoutingDraft, reason: string): Promise<void> {
    return this.attempt(async () => {
      if (!this.routing) return;
      try {
        this.routing = await this.api.saveRouting(draft, this.routing.version, reason);
        this.problem = "";
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 409) throw error;
        await this.loadRouting();
        this.problem = `Changed meanwhile by somebody else: this is version ${this.routing.version} now. Your edits were not saved.`;
      }
    });
  }

  private get query(): { owner?: string; q?: string } {
    const owner = FILTER_OWNERS[this.filter];
    return { ...(owner ? { owner } : {}), ...(this.search ? { q: this.search } : {}) };
  }

  private heard(frame: OperatorFrame): void {
    switch (frame.type) {
      case "event": {
        const list = withEvent(this.list, frame);
        if (list) this.list = list;
        const isShown = this.detail?.conversation_id === frame.conversation_id;
        if (this.detail && isShown) this.detail = detailWithEvent(this.detail, frame.event);
        if (!list || isShown) this.refreshSoon();
        break;
      }
      case "routing_changed":
        this.routingChanged(frame.version);
        break;
      case "error":
        if (frame.code === "unauthorized") this.options.refused();
        else this.problem = frame.message;
        break;
      case "changed":
        this.refreshSoon();
        break;
      case "ready":
      case "pong":
        break;
      default:
        assertNever(frame);
    }
  }

  private routingChanged(version: number): void {
    if (!this.routing || version <= this.routing.version) return;
    if (this.options.isEditing())
      this.problem = `The routing has changed meanwhile (version ${version}). Discard your edits to see it; saving them will be refused.`;
    else void this.attempt(() => this.loadRouting());
  }

  private refreshSoon(): void {
    this.pending?.();
    this.pending = this.options.ports.after(SETTLE_MS, () => void this.refresh());
  }

  /** Fetches what the current page shows. */
  private refresh(): Promise<void> {
    return this.attempt(async () => {
      switch (this.route.page) {
        case "routing":
          if (!this.options.isEditing()) await this.loadRouting();
          break;
        case "results":
          await this.loadResults();
          break;
        case "conversations":
          await this.loadConversations(this.route.id);
          break;
        default:
          assertNever(this.route.page);
      }
    });
  }

  private async loadConversations(id: string): Promise<void> {
    const [page, detail] = await Promise.all([
      this.api.conversations(this.query),
      id ? this.api.conversation(id) : null,
    ]);
    this.list = page.conversations;
    this.next = page.next;
    if (id === this.route.id) this.detail = detail;
  }

  private async loadRouting(): Promise<void> {
    [this.routing, this.statuses] = await Promise.all([this.api.routing(), this.api.backends()]);
  }

  /** A server that cannot judge yet still shows its models, and the other way round. */
  private async loadResults(): Promise<void> {
    const [report, models] = await Promise.allSettled([this.api.resolution(), this.api.models()]);
    this.report = report.status === "fulfilled" ? report.value : null;
    this.models = models.status === "fulfilled" ? models.value : null;
    for (const { reason } of [report, models].filter((one) => one.status === "rejected"))
      if (!(reason instanceof ApiError) || ![404, 503].includes(reason.status)) throw reason;
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) this.options.refused();
      else this.problem = error.message;
    } finally {
      this.options.changed();
    }
  }
}
