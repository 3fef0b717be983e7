/** Which backends answer whom: switches, arms, weights and chains, saved together as one version with a reason. */
import { LitElement, html, nothing, svg, type PropertyValues } from "lit";
import type { RoutingDraft } from "./api.js";
import { draftProblem, shares } from "./model.js";
import { routingStyles } from "./routing-view.styles.js";
import { base } from "./theme.js";
import type { Arm, BackendStatus, Routing } from "./types.js";
import { wish } from "./wish.js";

const STATE_TONES: Record<string, string> = { ok: "good", degraded: "warn", down: "bad" };

const copy = (routing: Routing): RoutingDraft => ({
  backends: structuredClone(routing.backends),
  arms: structuredClone(routing.arms),
  error_budget: routing.error_budget,
});

export class RoutingView extends LitElement {
  static override properties = {
    routing: { attribute: false },
    statuses: { attribute: false },
    draft: { state: true },
    reason: { state: true },
  };
  static override styles = [base, routingStyles];

  declare routing: Routing;
  declare statuses: readonly BackendStatus[];
  declare private draft: RoutingDraft;
  declare private reason: string;

  constructor() {
    super();
    this.reason = "";
  }

  /** True while there are edits that a reload would lose. */
  get isDirty(): boolean {
    return JSON.stringify(this.draft) !== JSON.stringify(copy(this.routing));
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("routing")) return;
    this.draft = copy(this.routing);
    this.reason = "";
  }

  override render(): unknown {
    return html`<div class="page">
      <section aria-labelledby="backends">
        <h2 id="backends">Backends</h2>
        <p class="soft">A backend that is off is skipped from the next turn on.</p>
        <ul class="backends">
          ${Object.keys(this.draft.backends).map((name) => this.backend(name))}
        </ul>
      </section>
      <section aria-labelledby="arms">
        <h2 id="arms">Arms</h2>
        <p class="soft">
          New customers are shared out by weight and keep their arm. A chain is tried in order.
        </p>
        ${this.bar()}
        <ul class="arms">
          ${this.draft.arms.map((arm, i) => this.arm(arm, i))}
        </ul>
        <button class="button" data-testid="add-arm" @click=${this.addArm}>Add an arm</button>
      </section>
      <section>
        <h2><label for="budget">Error budget</label></h2>
        <p class="soft">
          Share of wrong answers that canned replies may give, 0 to 1. A smaller budget makes the classifier
          pass more on.
        </p>
        <input
          id="budget"
          type="number"
          min="0.001"
          max="0.5"
          step="0.001"
          .value=${String(this.draft.error_budget)}
          @change=${this.budgeted}
        />
      </section>
      ${this.isDirty ? this.saveBar() : html`<p class="soft" data-testid="routing-version">Version ${this.routing.version}</p>`}
    </div>`;
  }

  private edit(change: (draft: RoutingDraft) => void): void {
    const draft = structuredClone(this.draft);
    change(draft);
    this.draft = draft;
  }

  private backend(name: string): unknown {
    const enabled = this.draft.backends[name]?.enabled ?? false;
    const known = this.statuses.find((one) => one.name === name);
    const state = known?.state ?? "not loaded";
    const toggle = (): void => {
      this.edit((draft) => {
        draft.backends[name] = { enabled: !enabled };
      });
    };
    return html`<li>
      <b id="backend-${name}">${name}</b>
      <span class="tag ${STATE_TONES[state] ?? ""}">${state}</span>
      ${known?.detail ? html`<span class="soft">${known.detail}</span>` : nothing}
      <button
        class="switch"
        role="switch"
        aria-checked=${enabled ? "true" : "false"}
        aria-labelledby="backend-${name}"
        data-testid="toggle-${name}"
        @click=${toggle}
      >
        <i></i>
      </button>
    </li>`;
  }

  private bar(): unknown {
    const parts = shares(this.draft.arms);
    return html`<svg
      class="bar"
      viewBox="0 0 100 3"
      preserveAspectRatio="none"
      role="img"
      aria-label="Shares of the arms"
    >
      ${parts.map((share, i) => {
        const from = parts.slice(0, i).reduce((sum, one) => sum + one, 0);
        return svg`<rect class="c${i % 5}" x=${from * 100} width=${Math.max(0, share * 100 - 0.4)} height="3" />`;
      })}
    </svg>`;
  }

  private arm(arm: Arm, i: number): unknown {
    const changed = (event: CustomEvent<Arm | null>): void => {
      this.edit(({ arms }) => {
        if (event.detail) arms[i] = event.detail;
        else arms.splice(i, 1);
      });
    };
    return html`<li>
      <arm-editor
        .arm=${arm}
        .colour=${i % 5}
        .share=${shares(this.draft.arms)[i] ?? 0}
        .backends=${this.draft.backends}
        .removable=${this.draft.arms.length > 1}
        @arm-change=${changed}
      ></arm-editor>
    </li>`;
  }

  private saveBar(): unknown {
    const problem = draftProblem(this.draft.arms, this.draft.error_budget);
    return html`<form class="save" @submit=${this.save} aria-label="Save changes">
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
      <button
        type="button"
        class="button"
        @click=${() => {
          this.draft = copy(this.routing);
        }}
      >
        Discard
      </button>
      <button class="button primary" ?disabled=${problem !== null} data-testid="save-routing">
        Save version ${this.routing.version + 1}
      </button>
      ${problem ? html`<p class="problem" role="alert">${problem}</p>` : nothing}
    </form>`;
  }

  private save(event: SubmitEvent): void {
    event.preventDefault();
    wish(this, { want: "save-routing", draft: this.draft, reason: this.reason.trim() });
  }

  private budgeted(event: Event): void {
    this.edit((draft) => {
      draft.error_budget = Number((event.target as HTMLInputElement).value);
    });
  }

  private addArm(): void {
    this.edit((draft) => {
      const first = Object.keys(draft.backends)[0];
      draft.arms.push({
        arm: `arm_${draft.arms.length + 1}`,
        weight: 0,
        chain: first ? [first, "handoff"] : ["handoff"],
      });
    });
  }
}
