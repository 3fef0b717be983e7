/** `<numbers-page>`: which arm, backend or intent resolves how much, how sure that is, and how it went day by day. */
import { LitElement, css, html, nothing } from "lit";
import { Loaded } from "../../loaded.js";
import { pageProperties, type LiveTopics, type Me, type PageApi } from "../page.js";
import { Every } from "../parts/every.js";
import { noteOf, staleNote } from "../parts/notes.js";
import { partStyles } from "../parts/page.styles.js";
import { hasDays, type Days, type Grouping } from "./days.js";
import {
  SPANS,
  daysQuery,
  lastDays,
  rangeProblem,
  reportQuery,
  spanOf,
  within,
  type Range,
  type Source,
} from "./range.js";
import { reportOf, type Report } from "./report.js";

const FIRST_DAYS = 28;
/** While a report is being made, and otherwise. */
const RUNNING_MS = 2_000;
const QUIET_MS = 120_000;
const SOURCES: readonly [Source, string][] = [
  ["live", "Live customers"],
  ["simulated", "Simulated customers"],
  ["all", "Everybody"],
];

export class NumbersPage extends LitElement {
  static override properties = {
    ...pageProperties,
    range: { state: true },
    source: { state: true },
    by: { state: true },
    daysBy: { state: true },
  };
  static override styles = [
    ...partStyles,
    css`
      .filters {
        display: flex;
        flex-wrap: wrap;
        align-items: end;
        gap: 10px 14px;
      }
      .working {
        display: flex;
        align-items: center;
        gap: 14px;
      }
      .working progress {
        flex: 1;
        max-width: 320px;
        accent-color: var(--accent);
      }
    `,
  ];

  declare api: PageApi;
  declare me: Me;
  declare live: LiveTopics;
  declare navigate: (route: string) => void;
  declare path: readonly string[];
  declare private range: Range;
  declare private source: Source;
  declare private by: Grouping;
  declare private daysBy: Grouping;

  private readonly report = new Loaded(this, {
    fetch: () =>
      this.api.get<Record<string, unknown>>(
        "reports/resolution",
        reportQuery(this.range, this.source, Date.now()),
      ),
    topics: ["audit"],
    then: () => {
      this.again.next();
    },
  });
  private readonly days = new Loaded(this, {
    fetch: () => this.api.get<Days>("reports/numbers", daysQuery(this.range, this.source, Date.now())),
  });
  private readonly again = new Every(
    this,
    () => (this.isRunning ? RUNNING_MS : QUIET_MS),
    () => {
      if (this.isRunning) void this.report.again();
      else this.fetch();
    },
  );
  /** The last report that was whole, shown while the next one is made. */
  private last: Report | null = null;

  constructor() {
    super();
    this.range = lastDays(FIRST_DAYS, Date.now());
    this.source = "live";
    this.by = "arm";
    this.daysBy = "arm";
  }

  override render(): unknown {
    const problem = rangeProblem(this.range);
    return html`<div class="page">
      <header class="head">
        <div>
          <h1>Numbers</h1>
          <p>Which backend resolves more, how sure that is, and what it costs. Looking often is allowed.</p>
        </div>
      </header>
      ${this.filters()} ${problem ? html`<p class="problem" role="alert">${problem}</p>` : nothing}
      ${staleNote(this.report)} ${noteOf(this.report, "a report of resolution") ?? this.resolution()}
      ${staleNote(this.days)} ${noteOf(this.days, "figures by day") ?? this.byDay(this.days.value as Days)}
    </div>`;
  }

  private get isRunning(): boolean {
    return this.report.value?.["state"] === "running";
  }

  private filters(): unknown {
    const now = Date.now();
    const span = spanOf(this.range, now);
    return html`<div class="filters" role="group" aria-label="What to look at">
      <label class="field"
        >Span
        <select
          data-testid="span"
          @change=${(event: Event) => {
            const days = Number((event.target as HTMLSelectElement).value);
            if (days) this.look({ range: lastDays(days, now) });
          }}
        >
          ${span ? nothing : html`<option value="0" selected>Own choice</option>`}
          ${SPANS.map(([days, label]) => html`<option value=${days} ?selected=${days === span}>${label}</option>`)}
        </select>
      </label>
      ${this.date("from", "From")} ${this.date("to", "To")}
      <label class="field"
        >Customers
        <select
          data-testid="source"
          @change=${(event: Event) => {
            this.look({ source: (event.target as HTMLSelectElement).value as Source });
          }}
        >
          ${SOURCES.map(([value, label]) => html`<option value=${value} ?selected=${value === this.source}>${label}</option>`)}
        </select>
      </label>
    </div>`;
  }

  private date(name: "from" | "to", label: string): unknown {
    return html`<label class="field"
      >${label}
      <input
        type="date"
        data-testid="range-${name}"
        .value=${this.range[name]}
        max=${new Date().toISOString().slice(0, 10)}
        @change=${(event: Event) => {
          this.look({ range: { ...this.range, [name]: (event.target as HTMLInputElement).value } });
        }}
      />
    </label>`;
  }

  private resolution(): unknown {
    const made = reportOf(this.report.value ?? {});
    if (made) this.last = made;
    const shown = made ?? this.last;
    return html`${made ? nothing : this.working()} ${made ? stale(made) : nothing}
    ${
      shown
        ? html`<resolution-panel
            .report=${shown}
            .grouping=${this.by}
            @group=${(event: CustomEvent<Grouping>) => {
              this.by = event.detail;
            }}
          ></resolution-panel>`
        : nothing
    }`;
  }

  private working(): unknown {
    return html`<div class="card working" role="status" data-testid="report-running">
      <progress aria-label="Making the report"></progress>
      <span
        >The report is being made: some seconds, more on a busy
        machine.${this.last ? " Below is the one before." : ""}</span
      >
    </div>`;
  }

  private byDay(days: Days): unknown {
    const shown = within(days, this.range);
    if (!hasDays(shown))
      return html`<div class="empty blank" data-testid="no-days">
        <b>No conversations in these days.</b><span>Choose others, or other customers.</span>
      </div>`;
    return html`<days-panel
      .days=${shown}
      .grouping=${this.daysBy}
      @group=${(event: CustomEvent<Grouping>) => {
        this.daysBy = event.detail;
      }}
    ></days-panel>`;
  }

  private look(choice: { range?: Range; source?: Source }): void {
    this.range = choice.range ?? this.range;
    this.source = choice.source ?? this.source;
    this.last = null;
    if (!rangeProblem(this.range)) this.fetch();
  }

  private fetch(): void {
    void this.report.again();
    void this.days.again();
  }
}

/** Says that a report is not the newest there could be. */
function stale({ is_stale: isOld, problem }: Report): unknown {
  if (!isOld && !problem) return nothing;
  const why = problem ? `A newer one could not be made: ${problem}` : "A new one is being made.";
  return html`<p class="banner warn" role="status" data-testid="stale">An older report. ${why}</p>`;
}
