/** An operator's session: who it is, what is heard live, and the desks of the list and of the open conversation. */
import { assertNever } from "../shared/frames.js";
import type { Ports } from "../shared/ports.js";
import type { Changed, OperatorEvent, OperatorFrame } from "../shared/wire.gen.js";
import { Api } from "./api.js";
import { Choices } from "./choices.js";
import { Feed } from "./feed.js";
import { Figures } from "./figures.js";
import { ApiError, Http } from "./http.js";
import { ListDesk } from "./conversations/list-desk.js";
import { Live } from "./live.js";
import type { Me, Notice } from "./pages/page.js";
import { TalkDesk } from "./conversations/talk-desk.js";
import { lastAsked } from "./conversations/talk.js";

export interface DeskOptions {
  server: string;
  token: string;
  operator: string;
  ports: Ports;
  changed: () => void;
  /** The token is not taken any more. */
  refused: () => void;
  notice: (notice: Notice) => void;
  /** Read out to who cannot see the list. */
  announce: (text: string) => void;
  save: (name: string, text: string, type: string) => void;
}

export class Desk {
  readonly api: Api;
  readonly live = new Live();
  readonly list: ListDesk;
  readonly talk: TalkDesk;
  readonly figures: Figures;
  readonly choices: Choices;
  isLive = false;
  me: Me;
  /** The list is on screen. */
  private isListed = false;
  private readonly feed: Feed;

  constructor(private readonly options: DeskOptions) {
    const { server, token, operator, ports, changed, save } = options;
    this.api = new Api(new Http(server, token, operator));
    this.me = { name: operator, role: "admin", on_duty: false, rights: [] };
    const me = (): string => this.me.name;
    const attempt = (work: () => Promise<void>): Promise<void> => this.attempt(work);
    const common = { api: this.api, ports, me, attempt, changed };
    this.list = new ListDesk(common);
    this.choices = new Choices(this.api);
    this.figures = new Figures({ ...common, shown: () => this.talk.id });
    const tell = (text: string): void => {
      options.notice({ text, tone: "good" });
    };
    this.talk = new TalkDesk({ ...common, tell, save });
    this.feed = new Feed(server, token, operator.slice(0, 80), ports, {
      ready: () => {
        this.isLive = true;
        this.live.tellAll();
        void this.refresh();
      },
      lost: () => {
        this.isLive = false;
        changed();
      },
      frame: (frame) => {
        this.heard(frame);
        changed();
      },
    });
  }

  /** Raises ApiError, 401 when the token is wrong. */
  async open(): Promise<void> {
    try {
      this.me = await this.api.me();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isMissing) throw error;
      await this.api.routing(); // a server without accounts: one token, one role
    }
    this.feed.start();
  }

  close(): void {
    this.list.close();
    this.talk.close();
    this.figures.close();
    this.feed.stop();
  }

  /** Shows the list and one conversation of it, empty for none; null for another page. */
  async show(id: string | null): Promise<void> {
    const wasListed = this.isListed;
    this.isListed = id !== null;
    if (id) this.figures.read(id);
    await Promise.all([
      this.talk.show(id ?? ""),
      this.isListed && !wasListed ? this.list.refresh() : null,
      wasListed || id === null ? null : this.figures.refresh(),
    ]);
  }

  setDuty(on: boolean): Promise<void> {
    const before = this.me;
    this.me = { ...before, on_duty: on };
    this.options.changed();
    return this.attempt(async () => {
      try {
        await this.api.setDuty(on);
      } catch (error) {
        this.me = before;
        throw error;
      }
      await this.figures.refresh();
    });
  }

  private refresh(): Promise<void> {
    return this.attempt(async () => {
      await Promise.all([
        this.figures.refresh(),
        this.isListed ? this.list.refresh() : null,
        this.talk.id ? this.talk.refresh() : null,
      ]);
      await this.choices.load();
    });
  }

  private heard(frame: OperatorFrame): void {
    switch (frame.type) {
      case "event":
        this.happened(frame);
        break;
      case "routing_changed":
        this.live.tell("routing", String(frame.version));
        void this.attempt(() => this.choices.load());
        break;
      case "error":
        if (frame.code === "unauthorized") this.options.refused();
        else this.options.notice({ text: frame.message, tone: "bad" });
        break;
      case "changed":
        this.changed(frame);
        break;
      case "ready":
      case "pong":
        break;
      default:
        assertNever(frame);
    }
  }

  private happened(frame: OperatorEvent): void {
    this.figures.heard(frame);
    if (this.isListed) this.list.heard(frame);
    this.talk.heard(frame);
    const { conversation_id: id, event } = frame;
    if (event.type === "owner_changed" && event.owner === "queue") void this.attempt(() => this.announce(id));
  }

  /** Reads out who came into the queue, in the customer's own words. */
  private async announce(id: string): Promise<void> {
    const row = this.list.rows.find((one) => one.conversation_id === id);
    const asked = row?.last_asked ?? lastAsked(await this.api.conversation(id));
    this.options.announce(`A customer waits for a person${asked ? `: ${asked}` : "."}`);
  }

  private changed({ topic, id }: Changed): void {
    this.live.tell(topic, id ?? null);
    switch (topic) {
      case "model":
        void this.attempt(() => this.choices.load());
        break;
      case "duty":
      case "operator":
        this.figures.refreshSoon();
        void this.attempt(() => this.refreshMe());
        break;
      case "conversation":
        if (this.isListed) this.list.refreshSoon();
        if (id === this.talk.id) this.talk.refreshSoon();
        break;
      case "customer": // forgotten
        if (this.isListed) this.list.refreshSoon();
        this.talk.refreshSoon();
        break;
      case "turn":
        this.talk.refreshSoon();
        break;
      default: // others concern the pages only
    }
  }

  private async refreshMe(): Promise<void> {
    try {
      this.me = await this.api.me();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isMissing) throw error;
    }
  }

  /** Runs what may fail; a token that is not taken any more ends the session. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) this.options.refused();
      else this.options.notice({ text: error.message, tone: "bad" });
    } finally {
      this.options.changed();
    }
  }
}
