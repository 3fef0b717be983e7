/** One arm: its name, its weight, and the chain of backends that it tries in order. */
import { LitElement, html, nothing } from "lit";
import { ICONS, icon } from "../icons.js";
import { base } from "../theme.js";
import type { Arm, Routing } from "../types.js";
import { percent } from "../words.js";
import { HANDOFF, nameOfStep } from "./draft.js";
import { armStyles } from "./routing.styles.js";

const valueOf = (event: Event): string => (event.target as HTMLInputElement).value;

export class ArmEditor extends LitElement {
  static override properties = {
    arm: { attribute: false },
    colour: { type: Number },
    share: { type: Number },
    backends: { attribute: false },
    removable: { type: Boolean },
    locked: { type: Boolean },
  };
  static override styles = [base, armStyles];

  declare arm: Arm;
  declare colour: number;
  /** Part of the new customers, 0..1. */
  declare share: number;
  declare backends: Routing["backends"];
  declare removable: boolean;
  /** To be looked at only. */
  declare locked: boolean;

  override render(): unknown {
    const { arm, locked } = this;
    const rename = (event: Event): void => {
      this.change({ arm: valueOf(event).trim() });
    };
    return html`<div class="fields" data-testid="arm" data-arm=${arm.arm}>
        <span class="share"><i class="dot c${this.colour}"></i>${percent(this.share)}</span>
        <label class="name"
          ><span class="quiet">Name</span>
          <input
            maxlength="64"
            aria-label="Name of the arm"
            .value=${arm.arm}
            ?disabled=${locked}
            @change=${rename}
        /></label>
        ${this.weights()}
        <button
          class="button danger small"
          aria-label="Remove arm ${arm.arm}"
          ?disabled=${!this.removable || locked}
          @click=${() => {
            this.tell(null);
          }}
        >
          Remove
        </button>
      </div>
      <ol aria-label="Chain of ${arm.arm}">
        ${arm.chain.map((step, at) => this.step(step, at))} ${locked ? nothing : this.adder()}
      </ol>`;
  }

  private weights(): unknown {
    const { arm, locked } = this;
    const weigh = (event: Event): void => {
      this.change({ weight: Number(valueOf(event)) });
    };
    return html`<label
        >Weight
        <input
          type="number"
          class="number"
          min="0"
          step="0.01"
          .value=${String(arm.weight)}
          ?disabled=${locked}
          data-testid="weight"
          @change=${weigh}
      /></label>
      <input
        type="range"
        min="0"
        max=${Math.max(1, Math.ceil(arm.weight))}
        step="0.05"
        aria-label="Weight of ${arm.arm}"
        .value=${String(arm.weight)}
        ?disabled=${locked}
        @input=${weigh}
      />`;
  }

  private step(step: string, at: number): unknown {
    const { chain } = this.arm;
    const isOff = this.backends[step]?.enabled === false;
    const name = nameOfStep(step);
    const mayMove = (to: number): boolean =>
      !this.locked && step !== HANDOFF && chain[to] !== undefined && chain[to] !== HANDOFF;
    const tone = step === HANDOFF ? "person" : isOff ? "off" : "";
    return html`<li>
      ${at ? html`<span class="arrow" aria-hidden="true">→</span>` : nothing}
      <span class="step ${tone}">
        ${mayMove(at - 1) ? this.small(`Try ${name} earlier`, ICONS.earlier, () => this.swapped(at - 1)) : nothing}
        <span class="label">${name}${isOff ? html`<span class="quiet"> is off</span>` : nothing}</span>
        ${mayMove(at + 1) ? this.small(`Try ${name} later`, ICONS.later, () => this.swapped(at)) : nothing}
        ${this.locked ? nothing : this.small(`Remove ${name}`, ICONS.close, () => chain.toSpliced(at, 1))}
      </span>
    </li>`;
  }

  private small(label: string, path: string, chain: () => string[]): unknown {
    return html`<button
      aria-label=${label}
      title=${label}
      @click=${() => {
        this.change({ chain: chain() });
      }}
    >
      ${icon(path, 14)}
    </button>`;
  }

  /** The chain with a step and the one after it swapped. */
  private swapped(at: number): string[] {
    const { chain } = this.arm;
    return [...chain.slice(0, at), ...chain.slice(at, at + 2).reverse(), ...chain.slice(at + 2)];
  }

  private adder(): unknown {
    const { chain } = this.arm;
    const rest = [...Object.keys(this.backends), HANDOFF].filter((name) => !chain.includes(name));
    if (!rest.length) return nothing;
    const add = (event: Event): void => {
      const step = valueOf(event);
      (event.target as HTMLSelectElement).value = "";
      // A person stays last.
      const end = chain.at(-1) === HANDOFF ? chain.length - 1 : chain.length;
      if (step) this.change({ chain: chain.toSpliced(end, 0, step) });
    };
    return html`<li>
      <select aria-label="Add a step to ${this.arm.arm}" @change=${add}>
        <option value="">Add a step…</option>
        ${rest.map((name) => html`<option value=${name}>${nameOfStep(name)}</option>`)}
      </select>
    </li>`;
  }

  private change(part: Partial<Arm>): void {
    this.tell({ ...this.arm, ...part });
  }

  /** Null asks to remove the arm. */
  private tell(arm: Arm | null): void {
    this.dispatchEvent(new CustomEvent<Arm | null>("arm-change", { detail: arm }));
  }
}
