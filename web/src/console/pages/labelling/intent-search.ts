/** Finds one of all intents by a few letters: a combobox. Tells `choose` with the intent, or `leave`. */
import { LitElement, css, html, nothing } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { base } from "../../theme.js";
import { findIntents, type Intent } from "./search.js";

export class IntentSearch extends LitElement {
  static override properties = {
    intents: { attribute: false },
    typed: { type: String },
    at: { state: true },
  };
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      input {
        width: 100%;
        padding: 9px 12px;
        font-size: 16px;
        border-color: var(--accent);
      }
      ul {
        margin-block-start: 6px;
        border: 1px solid var(--line);
        border-radius: 10px;
        background: var(--card);
        overflow: hidden;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        justify-content: space-between;
        gap: 0 12px;
        padding: 7px 12px;
        cursor: pointer;
      }
      li + li {
        border-block-start: 1px solid var(--line);
      }
      li[aria-selected="true"] {
        background: var(--tint);
      }
      li:hover {
        background: var(--bg);
      }
      code {
        font-size: 12.5px;
        color: var(--soft);
      }
    `,
  ];

  declare intents: readonly Intent[];
  /** What was typed; set from outside to begin with. */
  declare typed: string;
  declare private at: number;

  constructor() {
    super();
    this.intents = [];
    this.typed = "";
    this.at = 0;
  }

  protected override firstUpdated(): void {
    const input = this.renderRoot.querySelector("input");
    input?.focus();
    input?.setSelectionRange(this.typed.length, this.typed.length);
  }

  override render(): unknown {
    const found = this.found;
    const active = found[this.at];
    return html`<input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="found"
        aria-autocomplete="list"
        aria-activedescendant=${ifDefined(active && `intent-${active.intent}`)}
        aria-label="Search all intents"
        placeholder="Letters of the intent; Enter takes the first"
        autocomplete="off"
        spellcheck="false"
        data-testid="intent-search"
        .value=${this.typed}
        @input=${this.narrowed}
        @keydown=${this.pressed}
      />
      <ul id="found" role="listbox" aria-label="Intents">
        ${found.map((one, i) => this.option(one, i))}
      </ul>
      ${found.length ? nothing : html`<p class="soft" role="status">No intent is called so.</p>`}`;
  }

  private get found(): Intent[] {
    return findIntents(this.intents, this.typed);
  }

  private option(one: Intent, i: number): unknown {
    return html`<li
      id="intent-${one.intent}"
      role="option"
      aria-selected=${i === this.at ? "true" : "false"}
      @click=${() => {
        this.choose(one);
      }}
    >
      <span>${one.title}</span><code>${one.intent}</code>
    </li>`;
  }

  private narrowed(event: Event): void {
    this.typed = (event.target as HTMLInputElement).value;
    this.at = 0;
  }

  private pressed(event: KeyboardEvent): void {
    event.stopPropagation();
    const { found } = this;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.at = Math.min(found.length - 1, Math.max(0, this.at + step));
    else if (event.key === "Enter" && found[this.at]) this.choose(found[this.at] as Intent);
    else if (event.key === "Escape") this.dispatchEvent(new Event("leave"));
    else return;
    event.preventDefault();
  }

  private choose({ intent }: Intent): void {
    this.dispatchEvent(new CustomEvent<string>("choose", { detail: intent }));
  }
}
