/** `<articles-page>`: what the bot can say, what of it is never used, what is missing, and what operators propose. */
import { LitElement, css, html, nothing } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { Loaded } from "../../loaded.js";
import { ApiError, notify, pageProperties, type LiveTopics, type Me, type PageApi } from "../page.js";
import { noteOf, staleNote } from "../parts/notes.js";
import { partStyles } from "../parts/page.styles.js";
import { articleTable, missingList, replyTable, summary } from "./health-tables.js";
import { split, subjectOf, type Articles, type Proposal, type ReplyHealth } from "./model.js";
import type { Verdict } from "./proposal-list.js";

const TABS = {
  proposals: "Proposals",
  articles: "Articles",
  replies: "Replies",
  missing: "Missing",
} as const;
type Tab = keyof typeof TABS;

export class ArticlesPage extends LitElement {
  static override properties = { ...pageProperties, busy: { state: true } };
  static override styles = [
    ...partStyles,
    css`
      .missing {
        display: grid;
        gap: 10px;
      }
      summary {
        width: fit-content;
        margin-block-end: 12px;
        color: var(--accent);
        cursor: pointer;
      }
      .missing li li {
        padding: 1px 0;
      }
    `,
  ];

  declare api: PageApi;
  declare me: Me;
  declare live: LiveTopics;
  declare navigate: (route: string) => void;
  declare path: readonly string[];
  declare private busy: ReadonlySet<string>;

  private readonly proposals = new Loaded(this, {
    fetch: () => this.api.get<{ proposals: Proposal[] }>("proposals", { state: "all" }),
    topics: ["proposal"],
  });
  private readonly articles = new Loaded(this, {
    fetch: () => this.api.get<Articles>("articles"),
    topics: ["article", "proposal"],
  });
  private readonly replies = new Loaded(this, {
    fetch: () => this.api.get<{ replies: ReplyHealth[] }>("replies"),
    topics: ["proposal"],
  });

  constructor() {
    super();
    this.path = [];
    this.busy = new Set();
  }

  override render(): unknown {
    return html`<div class="page">
      <header class="head">
        <div>
          <h1>Articles and replies</h1>
          <p>What the bot can say, what of it is never used, and what customers ask that nothing answers.</p>
        </div>
      </header>
      <nav class="tabs" aria-label="Articles and replies">
        ${(Object.keys(TABS) as Tab[]).map((tab) => this.tab(tab))}
      </nav>
      ${this.content()}
    </div>`;
  }

  private get shown(): Tab {
    const [wanted = ""] = this.path;
    return wanted in TABS ? (wanted as Tab) : "proposals";
  }

  private tab(tab: Tab): unknown {
    const articles = this.articles.value;
    const n = {
      proposals: this.proposals.value?.proposals.filter((one) => one.state === "open").length,
      articles: articles?.articles.length,
      replies: this.replies.value?.replies.length,
      missing: articles && articles.missing.length + (articles.wanted?.length ?? 0),
    }[tab];
    return html`<a
      href="#/articles/${tab}"
      aria-current=${ifDefined(tab === this.shown ? "page" : undefined)}
      data-testid="tab-${tab}"
      >${TABS[tab]}${n == null ? nothing : html`<span class="n"> (${n})</span>`}</a
    >`;
  }

  private content(): unknown {
    switch (this.shown) {
      case "proposals":
        return html`${staleNote(this.proposals)} ${noteOf(this.proposals, "proposals") ?? this.proposed()}`;
      case "articles":
        return html`${staleNote(this.articles)}
        ${noteOf(this.articles, "articles") ?? this.listed(this.articles.value?.articles ?? [])}`;
      case "replies":
        return html`${staleNote(this.replies)} ${noteOf(this.replies, "replies") ?? this.replied()}`;
      case "missing":
        return html`${staleNote(this.articles)}
        ${noteOf(this.articles, "articles") ?? missingList(this.articles.value as Articles)}`;
    }
  }

  private proposed(): unknown {
    const { open, decided } = split(this.proposals.value?.proposals ?? []);
    const list = (proposals: readonly Proposal[]): unknown =>
      html`<proposal-list
        .proposals=${proposals}
        .me=${this.me}
        .busy=${this.busy}
        @decide=${(event: CustomEvent<Verdict>) => this.decide(event.detail)}
      ></proposal-list>`;
    return html`<h2 class="quiet">Proposals</h2>
      ${list(open)}
      ${
        decided.length
          ? html`<details>
              <summary>${decided.length} decided</summary>
              ${list(decided)}
            </details>`
          : nothing
      }`;
  }

  private listed(articles: Articles["articles"]): unknown {
    if (!articles.length)
      return html`<div class="empty blank">
        <b>No articles.</b><span>Put Markdown files into the bot folder, under <code>articles/</code>.</span>
      </div>`;
    return html`${summary(articles)} ${articleTable(articles)}`;
  }

  private replied(): unknown {
    const replies = this.replies.value?.replies ?? [];
    return html`${summary(replies)} ${replyTable(replies)}`;
  }

  private async decide({ proposal, verb }: Verdict): Promise<void> {
    const { proposal_id: id } = proposal;
    this.busy = new Set([...this.busy, id]);
    try {
      await this.api.post(`proposals/${encodeURIComponent(id)}/${verb}`);
      notify(this, `${subjectOf(proposal)}: ${verb === "accept" ? "accepted" : "rejected"}.`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(this, error.message, "bad");
    } finally {
      this.busy = new Set([...this.busy].filter((one) => one !== id));
      await this.proposals.again();
    }
  }
}
