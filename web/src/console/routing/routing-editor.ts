/** A draft of the routing: which backends are on, which arms there are, how much may go wrong. Tells each edit. */
import { LitElement, html, nothing, svg } from "lit";
import type { RoutingDraft } from "../api.js";
import { base, pageStyles } from "../theme.js";
import type { Arm, BackendStatus } from "../types.js";
import { shares } from "./draft.js";
import { routingStyles } from "./routing.styles.js";

const STATE_TONES: Record<string, string> = { ok: "good", degraded: "warn", down: "bad" };

export class RoutingEditor extends LitElement {
  static override properties = {
    draft: { attribute: false },
    statuses: { attribute: false },
    /** Why nothing may be changed; empty when it may. */
    refused: { type: String },
  };
  static override styles = [base, pageStyles, routingStyles];

  declare draft: RoutingDraft;
  declare statuses: readonly BackendStatus[];
  declare refused: string;

  override render(): unknown {
    return html`<section class="card" aria-labelledby="backends">
        <h2 id="backends">Backends</h2>
        <p>One that is off is skipped from the next turn on.</p>
        <ul class="backends">
          ${Object.keys(this.draft.backends).map((name) => this.backend(name))}
        </ul>
      </section>
      <section class="card" aria-labelledby="arms">
        <h2 id="arms">Arms</h2>
        <p>New customers are shared out by weight and keep their arm. A chain is tried in order.</p>
        ${this.bar()}
        <ul class="arms">
          ${this.draft.arms.map((arm, i) => this.arm(arm, i))}
        </ul>
        <button
          class="button"
          data-testid="add-arm"
          title=${this.refused}
          ?disabled=${this.refused !== ""}
          @click=${this.addArm}
        >
          Add an arm
        </button>
      </section>
      <section class="card" aria-labelledby="budget-title">
        <h2 id="budget-title">Error budget</h2>
        <p>
          Share of wrong answers that canned replies may give. A smaller budget makes the classifier pass more
          questions on.
        </p>
        <label class="budget"
          >Wrong answers, 0 to 1
          <input
            type="number"
            min="0.001"
            max="0.5"
            step="0.001"
            title=${this.refused}
            ?disabled=${this.refused !== ""}
            .value=${String(this.draft.error_budget)}
            data-testid="budget"
            @change=${this.budgeted}
          />
          <span class="soft">${budgetText(this.draft.error_budget)}</span>
        </label>
      </section>`;
  }

  private edit(change: (draft: RoutingDraft) => void): void {
    const draft = structuredClone(this.draft);
    change(draft);
    this.dispatchEvent(new CustomEvent<RoutingDraft>("edit", { detail: draft }));
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
      <button
        class="switch"
        role="switch"
        aria-checked=${enabled ? "true" : "false"}
        aria-labelledby="backend-${name}"
        title=${this.refused}
        ?disabled=${this.refused !== ""}
        data-testid="toggle-${name}"
        @click=${toggle}
      >
        <i></i>
      </button>
      ${known?.detail ? html`<span class="soft">${known.detail}</span>` : nothing}
    </li>`;
  }

  private bar(): unknown {
    const parts = shares(this.draft.arms);
    return html`<svg class="bar" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
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
        .locked=${this.refused !== ""}
        @arm-change=${changed}
      ></arm-editor>
    </li>`;
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

function budgetText(budget: number): string {
  return budget > 0 ? `about 1 in ${Math.round(1 / budget).toLocaleString()}` : "";
}
