/** `<journal-page>`: who changed what, newest first, narrowed by person, topic and words. */
import { LitElement, css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { Loaded } from "../../loaded.js";
import {
  ApiError,
  notify,
  pageProperties,
  type LiveTopics,
  type Me,
  type PageApi,
  type Topic,
} from "../page.js";
import { noteOf, staleNote } from "../parts/notes.js";
import { partStyles } from "../parts/page.styles.js";
import { tableBox } from "../parts/table-box.js";
import { titled, when } from "../parts/words.js";
import {
  ALL,
  actionOf,
  choices,
  joined,
  linkOf,
  matches,
  pairs,
  topicOf,
  type Entry,
  type Journal,
  type JournalFilter,
} from "./model.js";

const PAGE = 100;
/** Every change is news of one of these. */
const TOPICS: Topic[] = [
  "conversation",
  "turn",
  "proposal",
  "model",
  "operator",
  "duty",
  "audit",
  "customer",
  "article",
  "routing",
];

export class JournalPage extends LitElement {
  static override properties = {
    ...pageProperties,
    entries: { state: true },
    next: { state: true },
    filter: { state: true },
  };
  static override styles = [
    ...partStyles,
    css`
      dl {
        display: flex;
        flex-wrap: wrap;
        gap: 0 14px;
        font-size: 13.5px;
      }
      dl div {
        display: flex;
        gap: 5px;
        min-width: 0;
      }
      dt {
        color: var(--soft);
      }
      dd {
        overflow-wrap: anywhere;
      }
      .at {
        white-space: nowrap;
      }
      .more {
        justify-self: center;
      }
    `,
  ];

  declare api: PageApi;
  declare me: Me;
  declare live: LiveTopics;
  declare navigate: (route: string) => void;
  declare path: readonly string[];
  declare private entries: readonly Entry[];
  /** Where the next older page begins; null at the end. */
  declare private next: number | null;
  declare private filter: JournalFilter;

  private readonly newest = new Loaded(this, {
    fetch: () => this.api.get<Journal>("journal", { limit: PAGE }),
    topics: TOPICS,
    then: ({ entries, next }) => {
      if (!this.entries.length) this.next = next;
      this.entries = joined(this.entries, entries);
    },
  });

  constructor() {
    super();
    this.entries = [];
    this.next = null;
    this.filter = ALL;
  }

  override render(): unknown {
    return html`<div class="page">
      <header class="head">
        <div>
          <h1>Journal</h1>
          <p>
            Every change that somebody made here, with who and when. No line is ever removed; once a customer
            is erased, lines about that customer's conversations lose their details.
          </p>
        </div>
      </header>
      ${staleNote(this.newest)} ${noteOf(this.newest, "a journal") ?? this.content()}
    </div>`;
  }

  private content(): unknown {
    const found = this.entries.filter((entry) => matches(entry, this.filter));
    return html`${this.tools()} ${found.length ? this.table(found) : this.nothing()}
    ${
      this.next === null
        ? nothing
        : html`<button class="button more" data-testid="journal-older" @click=${this.older}>Older</button>`
    }`;
  }

  private tools(): unknown {
    return html`<div class="toolbar">
      ${this.select(
        "who",
        "Person",
        "Everybody",
        choices(this.entries, (entry) => entry.who),
        (name) => name,
      )}
      ${this.select("topic", "Topic", "Everything", choices(this.entries, topicOf), titled)}
      <label class="field"
        >Words
        <input
          type="search"
          data-testid="journal-words"
          .value=${this.filter.words}
          @input=${(event: Event) => {
            this.filter = { ...this.filter, words: (event.target as HTMLInputElement).value.trim() };
          }}
        />
      </label>
    </div>`;
  }

  private select(
    name: "who" | "topic",
    label: string,
    all: string,
    values: readonly string[],
    words: (value: string) => string,
  ): unknown {
    return html`<label class="field"
      >${label}
      <select
        data-testid="journal-${name}"
        @change=${(event: Event) => {
          this.filter = { ...this.filter, [name]: (event.target as HTMLSelectElement).value };
        }}
      >
        <option value="">${all}</option>
        ${values.map((value) => html`<option value=${value} ?selected=${this.filter[name] === value}>${words(value)}</option>`)}
      </select>
    </label>`;
  }

  private nothing(): unknown {
    const text = this.entries.length
      ? "Nothing like that among what is loaded."
      : "Nobody has changed anything yet.";
    return html`<p class="empty blank">${text}</p>`;
  }

  private table(found: readonly Entry[]): unknown {
    return tableBox(
      "Journal",
      html`<table class="stack" data-testid="journal">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">Details</th>
          </tr>
        </thead>
        <tbody>
          ${repeat(
            found,
            (entry) => entry.seq,
            (entry) => this.row(entry),
          )}
        </tbody>
      </table>`,
    );
  }

  private row(entry: Entry): unknown {
    const link = linkOf(entry);
    const target = entry.target ? html`<code>${entry.target}</code>` : nothing;
    return html`<tr>
      <td class="at fine" data-label="When"><time datetime=${entry.at}>${when(entry.at)}</time></td>
      <td data-label="Who">
        <span>${entry.who} ${entry.role === "admin" ? html`<span class="tag">admin</span>` : nothing}</span>
      </td>
      <td data-label="What">
        <span
          ><b>${actionOf(entry.action)}</b><br />${link ? html`<a href=${link}>${target}</a>` : target}</span
        >
      </td>
      <td data-label="Details">
        <dl>
          ${pairs(entry.details).map(
            ([name, value]) =>
              html`<div>
                <dt>${name}</dt>
                <dd>${value}</dd>
              </div>`,
          )}
        </dl>
      </td>
    </tr>`;
  }

  private async older(): Promise<void> {
    try {
      const page = await this.api.get<Journal>("journal", { limit: PAGE, before: this.next });
      this.entries = joined(this.entries, page.entries);
      this.next = page.next;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(this, error.message, "bad");
    }
  }
}
