/** The routing: edited as a draft, tried on last week's turns, saved as one version with a reason, undone in one step. */
import { LitElement, html, nothing } from "lit";
import { Api, type RoutingDraft } from "../api.js";
import { ApiError, type PageApi } from "../http.js";
import type { LiveTopics } from "../live.js";
import { Loaded } from "../loaded.js";
import { notify, pageProperties, whyNot, type Me } from "../pages/page.js";
import { base, pageStyles } from "../theme.js";
import type { BackendStatus, Preview, Routing, RoutingVersion } from "../types.js";
import { counted } from "../words.js";
import { changes, draftOf, draftProblem } from "./draft.js";
import { pageExtras } from "./routing.styles.js";

/** Time without an edit after which the draft is tried. */
const PREVIEW_MS = 350;

interface InForce {
  routing: Routing;
  statuses: BackendStatus[];
}

export class RoutingPage extends LitElement {
  static override properties = {
    ...pageProperties,
    draft: { state: true },
    reason: { state: true },
    preview: { state: true },
    previewProblem: { state: true },
    isTrying: { state: true },
    isSaving: { state: true },
  };
  static override styles = [base, pageStyles, pageExtras];

  declare api: PageApi;
  declare me: Me;
  declare live: LiveTopics;
  declare navigate: (route: string) => void;
  declare path: readonly string[];
  /** Null while nothing is edited. */
  declare private draft: RoutingDraft | null;
  declare private reason: string;
  declare private preview: Preview | null;
  declare private previewProblem: string;
  declare private isTrying: boolean;
  declare private isSaving: boolean;

  /** What the draft was made from. */
  private origin: Routing | null = null;
  private timer: number | undefined;
  private tries = 0;
  private readonly inForce = new Loaded<InForce>(this, {
    fetch: async () => {
      const api = new Api(this.api);
      const [routing, statuses] = await Promise.all([api.routing(), api.backends()]);
      return { routing, statuses };
    },
    topics: ["routing", "model"],
  });
  private readonly versions = new Loaded<RoutingVersion[]>(this, {
    fetch: async () => (await new Api(this.api).routingVersions()).toSorted((a, b) => b.version - a.version),
    topics: ["routing"],
  });

  constructor() {
    super();
    this.draft = null;
    this.reason = "";
    this.preview = null;
    this.previewProblem = "";
    this.isTrying = false;
    this.isSaving = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearTimeout(this.timer);
  }

  override render(): unknown {
    const { value, problem } = this.inForce;
    return html`<div class="page">
      <header class="head">
        <div>
          <h1>Routing</h1>
          <p>
            Which backends answer whom. A change is in effect within a second; turns in flight finish as
            begun.
          </p>
        </div>
        ${value ? html`<span class="tag info" data-testid="routing-version">Version ${value.routing.version}</span>` : nothing}
      </header>
      ${problem ? html`<p class="problem" role="alert">${problem}</p>` : nothing}
      ${value ? this.content(value) : html`<p class="soft" role="status">${problem ? nothing : "Loading…"}</p>`}
      <confirm-dialog heading="Undo the newest version?" confirm="Undo it">
        The version before it comes back as a new version, in effect within a second.
      </confirm-dialog>
    </div>`;
  }

  private get refused(): string {
    return whyNot(this.me, "routing") ?? "";
  }

  private content({ routing, statuses }: InForce): unknown {
    const isStale = this.draft !== null && this.origin !== null && this.origin.version < routing.version;
    return html`${isStale ? this.stale(routing) : nothing}
      <div class="columns">
        <routing-editor
          .draft=${this.draft ?? draftOf(routing)}
          .statuses=${statuses}
          .refused=${this.refused}
          @edit=${(event: CustomEvent<RoutingDraft>) => {
            this.edit(event.detail, routing);
          }}
        ></routing-editor>
        <div class="aside">
          <routing-preview
            .preview=${this.preview}
            .busy=${this.isTrying}
            .problem=${this.previewProblem}
            .dirty=${this.draft !== null}
          ></routing-preview>
          ${this.history(routing)}
        </div>
      </div>
      ${this.draft && !isStale ? this.saveBar(this.draft, routing) : nothing}`;
  }

  private history(routing: Routing): unknown {
    const { value } = this.versions;
    if (!value?.length) return nothing;
    return html`<routing-history
      .versions=${value}
      .refused=${this.refused}
      @use=${(event: CustomEvent<RoutingVersion>) => {
        this.edit(draftOf(event.detail.document), routing);
        this.reason = `As in version ${event.detail.version}`;
      }}
      @undo=${() => void this.undo(routing)}
    ></routing-history>`;
  }

  private stale(routing: Routing): unknown {
    return html`<p class="stale warn" role="alert" data-testid="stale">
      Somebody has changed the routing meanwhile: version ${routing.version} is in force. What you edited was
      made from version ${this.origin?.version}.
      <button class="button small" @click=${this.discard}>See the new one, drop my edits</button>
    </p>`;
  }

  private saveBar(draft: RoutingDraft, routing: Routing): unknown {
    const problem = draftProblem(draft.arms, draft.error_budget);
    return html`<form class="save" @submit=${this.save} aria-label="Save changes">
      <p class="what">
        ${problem ? html`<span role="alert" class="tag bad">${problem}</span>` : `${changes(routing, draft).join("; ")}.`}
        ${problem || !this.preview?.turns ? nothing : this.effect(this.preview)}
      </p>
      <div class="entry">
        <label
          >Why?
          <input
            required
            maxlength="500"
            .value=${this.reason}
            data-testid="reason"
            placeholder="Goes into the history"
            @input=${(event: Event) => {
              this.reason = (event.target as HTMLInputElement).value;
            }}
        /></label>
        <button type="button" class="button" data-testid="discard" @click=${this.discard}>Discard</button>
        <button
          class="button primary"
          ?disabled=${problem !== null || this.isSaving || !this.reason.trim()}
          data-testid="save-routing"
        >
          Save version ${routing.version + 1}
        </button>
      </div>
    </form>`;
  }

  private effect({ changed, turns }: Preview): unknown {
    return html`<span class="soft"
      >${changed.toLocaleString()} of last week's ${counted(turns, "turn")} would have gone another way.</span
    >`;
  }

  private edit(draft: RoutingDraft, routing: Routing): void {
    if (!this.draft) this.origin = routing;
    const isSame = JSON.stringify(draft) === JSON.stringify(draftOf(this.origin ?? routing));
    if (isSame) {
      this.discard();
      return;
    }
    this.draft = draft;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.try(draft), PREVIEW_MS);
  }

  private readonly discard = (): void => {
    window.clearTimeout(this.timer);
    this.tries += 1;
    this.draft = null;
    this.origin = null;
    this.reason = "";
    this.preview = null;
    this.previewProblem = "";
    this.isTrying = false;
  };

  private async try(draft: RoutingDraft): Promise<void> {
    if (draftProblem(draft.arms, draft.error_budget)) return;
    const turn = ++this.tries;
    this.isTrying = true;
    try {
      const preview = await new Api(this.api).previewRouting(draft);
      if (turn !== this.tries) return;
      this.preview = preview;
      this.previewProblem = "";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn === this.tries)
        this.previewProblem = error.isMissing ? "this server cannot try it." : error.message;
    } finally {
      if (turn === this.tries) this.isTrying = false;
    }
  }

  private async save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { draft, origin, reason } = this;
    if (!draft || !origin || !reason.trim()) return;
    this.isSaving = true;
    await this.change((api) => api.saveRouting(draft, origin.version, reason.trim()));
    this.isSaving = false;
  }

  private async undo({ version }: Routing): Promise<void> {
    if (!(await this.renderRoot.querySelector("confirm-dialog")?.ask())) return;
    await this.change((api) => api.undoRouting(version, `Undo of version ${version}`));
  }

  private async change(make: (api: Api) => Promise<Routing>): Promise<void> {
    try {
      const routing = await make(new Api(this.api));
      this.inForce.set({ routing, statuses: this.inForce.value?.statuses ?? [] });
      this.discard();
      notify(this, `Version ${routing.version} is in force.`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(this, error.message, "bad");
    }
    await Promise.all([this.inForce.again(), this.versions.again()]);
  }
}
