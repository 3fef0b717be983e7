/** One arm: its name, its weight, and the chain of backends that it tries in order. */
import { LitElement, html, nothing } from "lit";
import { percent } from "./model.js";
import { armStyles } from "./routing-view.styles.js";
import { base } from "./theme.js";
import type { Arm, Routing } from "./types.js";

const HANDOFF = "handoff";
const nameOf = (step: string): string => (step === HANDOFF ? "a person" : step);
const valueOf = (event: Event): string => (event.target as HTMLInputElement).value;

export class ArmEditor extends LitElement {
  static override properties = {
    arm: { attribute: false },
    colour: { type: Number },
    share: { type: Number },
    backends: { attribute: false },
    removable: { type: Boolean },
  };
  static override styles = [base, armStyles];

  declare arm: Arm;
  declare colour: number;
  /** Part of the new customers, 0..1. */
  declare share: number;
  declare backends: Routing["backends"];
  declare removable: boolean;

  override render(): unknown {
    const { arm } = this;
    const rename = (event: Event): void => {
      this.change({ arm: valueOf(event).trim() });
    };
    const weigh = (event: Event): void => {
      this.change({ weight: Number(valueOf(event)) });
    };
    return html`<div class="fields" data-testid="arm">
        <label>Name <input maxlength="64" .value=${arm.arm} @change=${rename} /></label>
        <label
          >Weight
          <input
            type="number"
            min="0"
            step="0.01"
            .value=${String(arm.weight)}
            data-testid="weight"
            @change=${weigh}
        /></label>
        <span class="share"><i class="dot c${this.colour}"></i>${percent(this.share)}</span>
        <button
          class="button danger"
          aria-label="Remove arm ${arm.arm}"
          ?disabled=${!this.removable}
          @click=${() => {
            this.tell(null);
          }}
        >
          Remove
        </button>
      </div>
      <ol aria-label="Chain of ${arm.arm}">
        ${arm.chain.map((step, at) => this.step(step, at))} ${this.adder()}
      </ol>`;
  }

  private step(step: string, at: number): unknown {
    const { chain } = this.arm;
    const isOff = this.backends[step]?.enabled === false;
    const earlier = (): void => {
      this.change({ chain: chain.with(at, chain[at - 1] ?? step).with(at - 1, step) });
    };
    return html`<li class="step ${isOff ? "off" : ""}">
      ${
        at > 0 && step !== HANDOFF
          ? html`<button aria-label="Try ${step} earlier" title="Try earlier" @click=${earlier}>←</button>`
          : nothing
      }
      <span>${nameOf(step)}${isOff ? " (off)" : ""}</span>
      <button
        aria-label="Remove ${nameOf(step)}"
        title="Remove"
        @click=${() => {
          this.change({ chain: chain.toSpliced(at, 1) });
        }}
      >
        ×
      </button>
    </li>`;
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
        <option value="">Add a step</option>
        ${rest.map((name) => html`<option value=${name}>${nameOf(name)}</option>`)}
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
