/** The list of conversations that an operator looks at: what is asked for, what came, what was heard since. */
import type { Ports } from "../../shared/ports.js";
import type { OperatorEvent } from "../../shared/wire.gen.js";
import type { Api } from "../api.js";
import {
  NO_FILTER,
  VIEW_OWNERS,
  fits,
  joined,
  mayBring,
  newerRow,
  rowAfter,
  rowOf,
  type ListFilter,
  type Row,
  type View,
} from "./list.js";
import { Soon } from "../soon.js";
import type { ConversationSummary } from "../types.js";

/** Twenty consoles beside a busy shop must not keep the server from its work. */
const EVERY_MS = 700;
const MOST = 200;
/** Between two searches while somebody types. */
const TYPING_MS = 150;

export interface ListDeskOptions {
  api: Api;
  ports: Ports;
  me: () => string;
  /** Runs what may fail, and tells the operator when it does. */
  attempt: (work: () => Promise<void>) => Promise<void>;
  changed: () => void;
}

export class ListDesk {
  view: View = "open";
  filter: ListFilter = NO_FILTER;
  /** As it stands in the field. */
  search = "";
  rows: readonly Row[] = [];
  next: string | null = null;
  /** Nothing has come yet for what is asked; the rows are those of the question before. */
  isFresh = true;
  private turn = 0;
  private readonly soon: Soon;
  private readonly typed: Soon;

  constructor(private readonly options: ListDeskOptions) {
    this.soon = new Soon(options.ports, EVERY_MS, () => void this.refresh());
    this.typed = new Soon(options.ports, TYPING_MS, () => void this.startOver());
  }

  close(): void {
    this.soon.cancel();
    this.typed.cancel();
  }

  /** What fits the view, and the conversation that is open beside it. */
  shown(selected: string): Row[] {
    const me = this.options.me();
    return this.rows.filter((row) => row.conversation_id === selected || fits(row, this.view, me));
  }

  choose(view: View): Promise<void> {
    this.view = view;
    return this.startOver();
  }

  narrow(filter: ListFilter): Promise<void> {
    this.filter = filter;
    return this.startOver();
  }

  find(text: string): void {
    this.search = text;
    this.typed.call();
  }

  heard({ conversation_id: id, event }: OperatorEvent): void {
    const at = this.rows.findIndex((row) => row.conversation_id === id);
    const row = this.rows[at];
    if (row) this.rows = this.rows.with(at, rowAfter(row, event, this.options.ports.now()));
    const needsMore = row ? event.type === "owner_changed" : mayBring(this.view, event);
    if (needsMore) this.soon.call();
  }

  refreshSoon(): void {
    this.soon.call();
  }

  refresh(): Promise<void> {
    const turn = ++this.turn;
    return this.options.attempt(async () => {
      const page = await this.fetch();
      if (turn !== this.turn) return;
      const before = this.isFresh ? { rows: [], next: null } : this;
      const { rows, next } = joined(page, before);
      this.rows = rows;
      this.next = next;
      this.isFresh = false;
    });
  }

  older(): Promise<void> {
    const turn = ++this.turn;
    return this.options.attempt(async () => {
      if (!this.next) return;
      const page = await this.options.api.conversations({ ...this.query, before: this.next });
      if (turn !== this.turn) return;
      const known = new Set(this.rows.map((row) => row.conversation_id));
      const fresh = this.dated(page.conversations).filter((row) => !known.has(row.conversation_id));
      this.rows = [...this.rows, ...fresh];
      this.next = page.next;
    });
  }

  private startOver(): Promise<void> {
    this.next = null;
    this.isFresh = true;
    this.options.changed();
    return this.refresh();
  }

  private get query(): Record<string, string | number | undefined> {
    const isShort = this.view === "queue" || this.view === "mine";
    return {
      owner: VIEW_OWNERS[this.view],
      ...this.filter,
      q: this.search.trim(),
      limit: isShort ? MOST : undefined,
    };
  }

  /** Whoever waits is always there, however long ago something was said. */
  private async fetch(): Promise<{ conversations: Row[]; next: string | null }> {
    const { api } = this.options;
    const [page, queue] = await Promise.all([
      api.conversations(this.query),
      this.view === "open" ? api.conversations({ ...this.query, owner: "queue", limit: MOST }) : null,
    ]);
    const known = new Set(page.conversations.map((row) => row.conversation_id));
    const waiting = queue?.conversations.filter((row) => !known.has(row.conversation_id)) ?? [];
    return { conversations: [...this.dated(waiting), ...this.dated(page.conversations)], next: page.next };
  }

  private dated(found: readonly ConversationSummary[]): Row[] {
    const now = this.options.ports.now();
    const known = new Map(this.rows.map((row) => [row.conversation_id, row]));
    return found.map((summary) => newerRow(rowOf(summary, now), known.get(summary.conversation_id)));
  }
}
