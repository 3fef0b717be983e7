/** The versions of the routing: who changed what, when and why; the newest can be undone, any can be used again. */
import { LitElement, css, html, nothing } from "lit";
import { base, pageStyles } from "../theme.js";
import type { RoutingVersion } from "../types.js";
import { clock } from "../words.js";
import { changes } from "./draft.js";

const FIRST = 6;

export class RoutingHistory extends LitElement {
  static override properties = {
    versions: { attribute: false },
    refused: { type: String },
    isAll: { state: true },
  };
  static override styles = [
    base,
    pageStyles,
    css`
      ol {
        display: grid;
        gap: 0;
        margin-block-start: 6px;
      }
      li {
        display: grid;
        gap: 2px;
        padding-block: 10px;
        border-block-end: 1px solid var(--line);
        overflow-wrap: anywhere;
      }
      li:last-child {
        border: 0;
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px 8px;
      }
      .line .button {
        margin-inline-start: auto;
      }
      .meta {
        font-size: 13px;
        color: var(--soft);
      }
      .what {
        font-size: 13.5px;
      }
    `,
  ];

  /** Newest first. */
  declare versions: readonly RoutingVersion[];
  declare refused: string;
  declare private isAll: boolean;

  constructor() {
    super();
    this.isAll = false;
  }

  override render(): unknown {
    const shown = this.isAll ? this.versions : this.versions.slice(0, FIRST);
    return html`<section class="card" aria-labelledby="title" data-testid="versions">
      <h2 id="title">Versions</h2>
      <ol>
        ${shown.map((version, i) => this.version(version, this.versions[i + 1], i === 0))}
      </ol>
      ${
        shown.length < this.versions.length
          ? html`<button
              class="button small"
              @click=${() => {
                this.isAll = true;
              }}
            >
              All ${this.versions.length} versions
            </button>`
          : nothing
      }
    </section>`;
  }

  private version(version: RoutingVersion, before: RoutingVersion | undefined, isNewest: boolean): unknown {
    const what = before ? (version.changes ?? changes(before.document, version.document)) : ["the first one"];
    return html`<li data-testid="version">
      <p class="line">
        <b>Version ${version.version}</b>
        ${isNewest ? html`<span class="tag good">in force</span>` : nothing}
        ${isNewest && before ? this.button("Undo", "undo", version) : nothing}
        ${isNewest ? nothing : this.button("Use again", "use", version)}
      </p>
      <p class="what">${what.length ? what.join("; ") : "nothing changed"}</p>
      ${version.why ? html`<p class="what" dir="auto">“${version.why}”</p>` : nothing}
      <p class="meta">
        ${version.who ?? "the settings"}, <time datetime=${version.at}>${clock(version.at)}</time>
      </p>
    </li>`;
  }

  private button(label: string, event: "undo" | "use", version: RoutingVersion): unknown {
    return html`<button
      class="button small"
      aria-label="${label}: version ${version.version}"
      title=${this.refused}
      ?disabled=${this.refused !== ""}
      data-testid=${event === "undo" ? "undo-routing" : "use-version"}
      @click=${() => {
        this.dispatchEvent(new CustomEvent<RoutingVersion>(event, { detail: version }));
      }}
    >
      ${label}
    </button>`;
  }
}
