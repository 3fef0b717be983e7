/** A field for an intent that finds it by a few letters: a combobox whose list opens below it. */
import { LitElement, css, html, nothing } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { findIntents } from "../pages/labelling/search.js";
import { base } from "../theme.js";
import type { Intent } from "../types.js";
import { spaced } from "../words.js";

/** A question that none of the bot's intents covers. */
export const OUT_OF_SCOPE: Intent = { intent: "oos", title: "Out of scope" };

const NAME = /^[a-z][a-z0-9_]{2,63}$/;

/** "Small talk" as intents are named. */
const nameOf = (typed: string): string =>
  typed
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_");

export class IntentPicker extends LitElement {
  static override properties = {
    intents: { attribute: false },
    value: { type: String },
    label: { type: String },
    isOpen: { state: true },
    at: { state: true },
    typed: { state: true },
  };
  static override styles = [
    base,
    css`
      :host {
        position: relative;
        display: block;
      }
      input {
        width: 100%;
      }
      ul {
        position: absolute;
        inset: calc(100% + 4px) 0 auto;
        z-index: 5;
        max-height: 264px;
        overflow-y: auto;
        border: 1px solid var(--line-strong);
        border-radius: 9px;
        background: var(--card);
        box-shadow: var(--raised);
      }
      li {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 10px;
        padding: 6px 10px;
        cursor: pointer;
      }
      li[aria-selected="true"] {
        background: var(--tint);
      }
      li:hover {
        background: var(--bubble);
      }
      code {
        font-size: 12px;
        color: var(--soft);
      }
    `,
  ];

  declare intents: readonly Intent[];
  /** The chosen intent; empty for none. */
  declare value: string;
  declare label: string;
  declare private isOpen: boolean;
  declare private at: number;
  /** Null while nothing is being typed. */
  declare private typed: string | null;

  constructor() {
    super();
    this.intents = [];
    this.value = "";
    this.label = "Intent";
    this.isOpen = false;
    this.at = 0;
    this.typed = null;
  }

  override focus(): void {
    this.renderRoot.querySelector("input")?.focus();
  }

  override render(): unknown {
    const found = this.isOpen ? this.found : [];
    const active = found[this.at];
    return html`<input
        type="text"
        role="combobox"
        aria-expanded=${found.length ? "true" : "false"}
        aria-controls="found"
        aria-autocomplete="list"
        aria-activedescendant=${ifDefined(active && `intent-${active.intent}`)}
        aria-label=${this.label}
        placeholder="Type a few letters"
        autocomplete="off"
        spellcheck="false"
        data-testid="label-intent"
        .value=${this.typed ?? this.value}
        @focus=${this.opened}
        @click=${this.opened}
        @blur=${this.left}
        @input=${this.narrowed}
        @keydown=${this.pressed}
      />
      <ul id="found" role="listbox" aria-label="Intents" ?hidden=${!found.length}>
        ${found.map((one, i) => this.option(one, i))}
      </ul>
      ${this.isOpen && !found.length && this.typed ? html`<p class="soft" role="status">No intent is called so.</p>` : nothing}`;
  }

  /** What fits, and at the end what was typed as a new name. */
  private get found(): Intent[] {
    const all = [...this.intents, OUT_OF_SCOPE].map((one) => ({
      ...one,
      title: one.title ?? spaced(one.intent),
    }));
    const found: Intent[] = findIntents(all, this.typed ?? "", this.typed ? 8 : 50);
    const name = nameOf(this.typed ?? "");
    const isNew = NAME.test(name) && !all.some((one) => one.intent === name);
    return isNew ? [...found, { intent: name, title: `New: ${spaced(name)}` }] : found;
  }

  private option({ intent, title }: Intent, i: number): unknown {
    return html`<li
      id="intent-${intent}"
      role="option"
      aria-selected=${i === this.at ? "true" : "false"}
      @pointerdown=${(event: Event) => {
        event.preventDefault(); // the field keeps the focus
        this.choose(intent);
      }}
    >
      <span>${title}</span><code>${intent}</code>
    </li>`;
  }

  private opened(): void {
    this.isOpen = true;
    this.at = 0;
  }

  /** What was typed in full counts, what was left half does not. */
  private left(): void {
    const name = this.typed === null ? this.value : nameOf(this.typed);
    const isKnown = [...this.intents, OUT_OF_SCOPE].some((one) => one.intent === name);
    if (name === "" || isKnown) this.choose(name);
    this.typed = null;
    this.isOpen = false;
  }

  private narrowed(event: Event): void {
    this.typed = (event.target as HTMLInputElement).value;
    this.isOpen = true;
    this.at = 0;
  }

  private pressed(event: KeyboardEvent): void {
    const { found } = this;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.at = this.isOpen ? Math.min(found.length - 1, Math.max(0, this.at + step)) : 0;
      this.isOpen = true;
    } else if (event.key === "Enter" && this.isOpen && found[this.at])
      this.choose(found[this.at]?.intent ?? "");
    else if (event.key === "Escape" && this.isOpen) {
      this.typed = null;
      this.isOpen = false;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  protected override updated(): void {
    this.renderRoot.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  private choose(intent: string): void {
    this.typed = null;
    this.isOpen = false;
    if (intent === this.value) return;
    this.value = intent;
    this.dispatchEvent(new CustomEvent<string>("choose", { detail: intent }));
  }
}
