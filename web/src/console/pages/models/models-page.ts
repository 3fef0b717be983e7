/** `<models-page>`: which model serves, what the others are worth, and the nightly run. `#/models/ID` shows one of them. */
import { LitElement, html, nothing } from "lit";
import { Loaded } from "../../loaded.js";
import { ApiError, notify, pageProperties, whyNot, type LiveTopics, type Me, type PageApi } from "../page.js";
import type { ConfirmDialog } from "../parts/confirm-dialog.js";
import { Every } from "../parts/every.js";
import { noteOf, staleNote } from "../parts/notes.js";
import { partStyles } from "../parts/page.styles.js";
import { counted, percent, when } from "../parts/words.js";
import {
  decisionOf,
  figuresOf,
  history,
  intervalOf,
  newestFirst,
  promise,
  promises,
  tookOf,
  type BundleCard,
  type ModelsView,
} from "./model.js";
import { modelsStyles } from "./models-page.styles.js";

/** A run of the night, and whoever uses the command line, tell nobody: look again. */
const RUNNING_MS = 3_000;
const QUIET_MS = 30_000;

interface Question {
  heading: string;
  text: string;
  confirm: string;
  /** Path below `/api/`, and what to say when it is done. */
  path: string;
  done: string;
}

export class ModelsPage extends LitElement {
  static override properties = {
    ...pageProperties,
    question: { state: true },
    report: { state: true },
    busy: { state: true },
  };
  static override styles = [...partStyles, modelsStyles];

  declare api: PageApi;
  declare me: Me;
  declare live: LiveTopics;
  declare navigate: (route: string) => void;
  declare path: readonly string[];
  declare private question: Question | null;
  /** The report on the screen, by its night. */
  declare private report: { night: string; page: string | null };
  declare private busy: boolean;

  private readonly models = new Loaded(this, {
    fetch: () => this.api.get<ModelsView>("models"),
    topics: ["model"],
  });
  protected readonly again = new Every(
    this,
    () => (this.models.value?.nightly?.running ? RUNNING_MS : QUIET_MS),
    () => this.models.again(),
  );

  constructor() {
    super();
    this.path = [];
    this.question = null;
    this.report = { night: "", page: null };
    this.busy = false;
  }

  protected override updated(): void {
    const night = this.shown?.night?.night;
    if (night && night !== this.report.night) void this.read(night);
  }

  override render(): unknown {
    return html`<div class="page">
      ${this.head()} ${staleNote(this.models)}
      ${noteOf(this.models, "models") ?? (this.path[0] ? this.one() : this.all(this.models.value as ModelsView))}
      <confirm-dialog .heading=${this.question?.heading ?? ""} .confirm=${this.question?.confirm ?? ""}
        >${this.question?.text}</confirm-dialog
      >
    </div>`;
  }

  private get shown(): BundleCard | null {
    return this.models.value?.bundles.find((bundle) => bundle.id === this.path[0]) ?? null;
  }

  private head(): unknown {
    if (!this.path[0])
      return html`<header class="head">
        <div>
          <h1>Models</h1>
          <p>The one in service answers from the next message on; answers under way finish on the old one.</p>
        </div>
      </header>`;
    return html`<header class="head">
      <div>
        <p><a href="#/models" data-testid="all-models">All models</a></p>
        <h1 class="wrap">${this.path[0]}</h1>
      </div>
      <div class="actions">${this.shown ? this.actions(this.shown) : nothing}</div>
    </header>`;
  }

  private one(): unknown {
    const { shown } = this;
    if (!shown) return html`<p class="empty blank">There is no such model any more.</p>`;
    const page = shown.night ? (this.report.night === shown.night.night ? this.report.page : null) : "";
    return html`<bundle-detail .bundle=${shown} .report=${page}></bundle-detail>`;
  }

  private all(view: ModelsView): unknown {
    const bundles = newestFirst(view.bundles);
    const current = bundles.find((bundle) => bundle.is_current);
    return html`<div class="two">
        ${current ? this.serving(current, view) : html`<p class="card">No model serves yet: <code>switchboard train</code> makes one.</p>`}
        ${view.nightly ? this.nightly(view.nightly) : nothing}
      </div>
      <section aria-labelledby="bundles">
        <h2 id="bundles">All models</h2>
        <ul class="bundles" data-testid="bundles">
          ${bundles.map((bundle) => this.row(bundle))}
        </ul>
      </section>
      ${this.past(bundles)}`;
  }

  private serving(bundle: BundleCard, view: ModelsView): unknown {
    const figures = figuresOf(bundle);
    return html`<section class="card" aria-labelledby="serving">
      <h2 id="serving">In service</h2>
      <p class="wrap">
        <a href="#/models/${bundle.id}"><code data-testid="current-bundle">${bundle.id}</code></a>
      </p>
      <dl class="facts">
        <div>
          <dt>Accuracy</dt>
          <dd>${percent(figures.accuracy ?? null)}</dd>
          <dd>${intervalOf(figures)}</dd>
        </div>
        <div>
          <dt>Calibration error</dt>
          <dd>${figures.ece == null ? "–" : figures.ece.toFixed(3)}</dd>
        </div>
      </dl>
      <ul class="fine">
        ${promises(bundle).map((one) => html`<li>${promise(one)}</li>`)}
      </ul>
      <p class="soft fine">Since ${when(bundle.in_service_at)}${bundle.why ? `: ${bundle.why}` : ""}</p>
      <div class="actions">${this.rollback(view)}</div>
    </section>`;
  }

  private rollback(view: ModelsView): unknown {
    const to = view.rollback_to;
    const why = whyNot(this.me, "models") ?? (to ? "" : "No other model has served before.");
    return html`<button
      class="button danger"
      data-testid="rollback"
      title=${why}
      ?disabled=${Boolean(why) || this.busy}
      @click=${() =>
        this.put({
          heading: "Go back to the model before?",
          text: `${to ?? ""} serves again from the next message on, in every process within a second.`,
          confirm: "Roll back",
          path: "models/rollback",
          done: "The model before serves again.",
        })}
    >
      Roll back
    </button>`;
  }

  private nightly({ next_run_at: next, running, last }: NonNullable<ModelsView["nightly"]>): unknown {
    const why = whyNot(this.me, "models") ?? (running ? "A run is on." : "");
    return html`<section class="card" aria-labelledby="nightly">
      <h2 id="nightly">Nightly run</h2>
      ${
        running
          ? html`<p role="status">
              <span class="tag info">Running</span> since ${when(running.started_at)}, started by
              ${running.by ?? "the schedule"}
            </p>`
          : html`<p class="soft">${next ? html`Next: ${when(next)}` : "Not scheduled on this server."}</p>`
      }
      ${last ? this.last(last) : html`<p class="soft">No run so far.</p>`}
      <div class="actions">
        <button
          class="button"
          data-testid="run-night"
          title=${why}
          ?disabled=${Boolean(why) || this.busy}
          @click=${() =>
            this.put({
              heading: "Run the night now?",
              text: "It learns from all labels so far on half of the machine's cores, puts the new model before the gate, and lets it serve if it passes.",
              confirm: "Run now",
              path: "models/nightly",
              done: "The run has begun.",
            })}
        >
          Run now
        </button>
      </div>
    </section>`;
  }

  private last(run: NonNullable<NonNullable<ModelsView["nightly"]>["last"]>): unknown {
    const [words, tone] = decisionOf(run.result);
    const told = run.reasons?.length ? run.reasons : run.detail ? [run.detail] : [];
    return html`<p>
        <span class="tag ${tone}" data-testid="last-night">${words}</span>
        <span class="soft fine">${when(run.ended_at ?? run.started_at)} ${tookOf(run)}</span>
      </p>
      <ul class="fine">
        ${told.slice(0, 3).map((reason) => html`<li>${reason}</li>`)}
      </ul>`;
  }

  private row(bundle: BundleCard): unknown {
    const figures = figuresOf(bundle);
    const [words, tone] = decisionOf(bundle.night?.decision);
    return html`<li class=${bundle.is_current ? "current" : ""} data-testid="bundle" data-id=${bundle.id}>
      <div>
        <p class="name">
          <a class="wrap" href="#/models/${bundle.id}"><code>${bundle.id}</code></a>
          ${bundle.is_current ? html`<span class="tag good">In service</span>` : nothing}
          ${bundle.night ? html`<span class="tag ${tone}">${words}</span>` : nothing}
          ${bundle.problem ? html`<span class="tag bad">${bundle.problem}</span>` : nothing}
        </p>
        <p class="soft fine">
          ${percent(figures.accuracy ?? null)} right${intervalOf(figures) ? ` (${intervalOf(figures)})` : ""}
          · ${counted(bundle.intents, "intent")} · ${when(bundle.created_at)}
        </p>
      </div>
      <div class="actions">${this.actions(bundle)}</div>
    </li>`;
  }

  private actions(bundle: BundleCard): unknown {
    if (bundle.is_current) return nothing;
    const why = whyNot(this.me, "models") ?? (bundle.problem ? "It cannot serve." : "");
    return html`<button
      class="button"
      data-testid="promote"
      title=${why}
      aria-label="Promote ${bundle.id}"
      ?disabled=${Boolean(why) || this.busy}
      @click=${() =>
        this.put({
          heading: "Let this model serve?",
          text: `${bundle.id} answers from the next message on, in every process within a second. You can roll back.`,
          confirm: "Promote",
          path: `models/${encodeURIComponent(bundle.id)}/promote`,
          done: `${bundle.id} serves now.`,
        })}
    >
      Promote
    </button>`;
  }

  private past(bundles: readonly BundleCard[]): unknown {
    const moments = history(bundles);
    if (!moments.length) return nothing;
    return html`<section aria-labelledby="history">
      <h2 id="history">History</h2>
      <ol class="timeline">
        ${moments.slice(0, 30).map(
          ({ at, id, what, why }) =>
            html`<li>
              <time class="soft fine" datetime=${at}>${when(at)}</time>
              <span class="wrap"
                ><b>${what}</b>
                <code>${id}</code>${why ? html`<br /><span class="soft fine">${why}</span>` : nothing}</span
              >
            </li>`,
        )}
      </ol>
    </section>`;
  }

  private async put(question: Question): Promise<void> {
    this.question = question;
    await this.updateComplete;
    const dialog = this.renderRoot.querySelector<ConfirmDialog>("confirm-dialog");
    if (!(await dialog?.ask())) return;
    this.busy = true;
    try {
      this.models.set(await this.api.post<ModelsView>(question.path));
      notify(this, question.done);
      this.again.next();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(this, error.message, "bad");
    } finally {
      this.busy = false;
    }
  }

  private async read(night: string): Promise<void> {
    this.report = { night, page: null };
    const page = await this.api.text(`nights/${encodeURIComponent(night)}/report`).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      return "";
    });
    if (this.report.night === night) this.report = { night, page };
  }
}
