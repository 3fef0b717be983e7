/** The way around: a rail at the side, on a small screen a bar with a drawer; and who is signed in. */
import { LitElement, html, nothing } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import type { Colours } from "./colours.js";
import { ICONS, icon } from "./icons.js";
import { navStyles } from "./nav.styles.js";
import { can, type Me, type PageEntry } from "./pages/page.js";
import { base } from "./theme.js";

const BRAND = "M5 8h5l4 8h5M5 16h5l1.5-3M12.5 11 14 8h5";

export class ConsoleNav extends LitElement {
  static override properties = {
    entries: { attribute: false },
    current: { type: String },
    waiting: { type: Number },
    unread: { type: Number },
    me: { attribute: false },
    live: { type: Boolean },
    colours: { type: String },
  };
  static override styles = [base, navStyles];

  declare entries: readonly PageEntry[];
  declare current: string;
  /** Customers that wait for a person. */
  declare waiting: number;
  /** Conversations of this operator in which the customer has written something new. */
  declare unread: number;
  declare me: Me;
  declare live: boolean;
  declare colours: Colours;

  override render(): unknown {
    const title = this.entries.find((entry) => entry.route === this.current)?.label ?? "Switchboard";
    const { name, on_duty: onDuty } = this.me;
    return html`<span class="brand" role="img" aria-label="Switchboard">${icon(BRAND, 30)}</span>
      <button
        class="menu"
        aria-label="Menu"
        aria-haspopup="dialog"
        data-testid="menu"
        @click=${this.openDrawer}
      >
        ${icon(ICONS.menu, 24)}
      </button>
      <span class="title">${title}</span>
      <nav class="rail" aria-label="Pages">${this.links()}</nav>
      ${this.waiting ? html`<a class="here" href="#/conversations">${this.count(this.waiting, "waiting")}</a>` : nothing}
      <span class="live ${this.live ? "on" : ""}" role="status" data-testid="live"
        >${this.live ? "Live" : "Offline"}</span
      >
      <button class="account" popovertarget="account" data-testid="account">
        <span class="face ${onDuty ? "duty" : ""}" aria-hidden="true">${initials(name)}</span>
        <span class="quiet">Account of ${name}</span>
        <span class="name" aria-hidden="true">${name}</span>
      </button>
      <div id="account" popover>${this.panel()}</div>
      <dialog aria-label="Menu" @click=${this.clicked}>
        <button class="close" aria-label="Close the menu" @click=${this.closeDrawer}>
          ${icon(ICONS.close, 22)}
        </button>
        <nav aria-label="Pages">${this.links()}</nav>
        ${this.panel()}
      </dialog>`;
  }

  private panel(): unknown {
    return html`<account-panel
      .me=${this.me}
      .colours=${this.colours}
      @click=${(event: Event) => {
        if (event.composedPath().some((one) => one instanceof HTMLElement && one.dataset["ends"] === "menu"))
          this.closeAll();
      }}
    ></account-panel>`;
  }

  private links(): unknown {
    return html`<ul>
      ${this.entries.map((entry, i) => this.link(entry, i > 0 && entry.group !== this.entries[i - 1]?.group))}
    </ul>`;
  }

  private link(entry: PageEntry, begins: boolean): unknown {
    const current = this.current === entry.route ? "page" : undefined;
    const isOut = entry.right !== undefined && !can(this.me, entry.right);
    const more = this.waiting + this.unread;
    return html`<li class=${begins ? "begins" : ""}>
      <a
        href="#/${entry.route}"
        aria-current=${ifDefined(current)}
        title=${ifDefined(isOut ? `${entry.label}: you may look, only an admin may change something` : undefined)}
        >${icon(entry.icon, 22)}<span>${entry.label}</span>${
          entry.route === "conversations" && more ? this.count(more, "waiting or unread") : nothing
        }</a
      >
    </li>`;
  }

  private count(count: number, what: string): unknown {
    return html`<span class="count" data-testid="waiting">${count}<span class="quiet"> ${what}</span></span>`;
  }

  private get drawer(): HTMLDialogElement | null {
    return this.renderRoot.querySelector("dialog");
  }

  private openDrawer(): void {
    this.drawer?.showModal();
  }

  private closeDrawer(): void {
    this.drawer?.close();
  }

  private closeAll(): void {
    this.closeDrawer();
    this.renderRoot.querySelector<HTMLElement>("[popover]")?.hidePopover();
  }

  /** A link was followed, or the click went beside the drawer. */
  private clicked(event: Event): void {
    const target = event.target as Element;
    if (target === this.drawer || target.closest("a")) this.closeDrawer();
  }
}

/** "Ada Lovelace" gives "AL". */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const named = words.length > 1 ? [words[0], words.at(-1)] : words;
  return named
    .map((word) => /^./su.exec(word ?? "")?.[0] ?? "")
    .join("")
    .toUpperCase();
}
