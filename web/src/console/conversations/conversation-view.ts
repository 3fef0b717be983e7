/** One conversation: what was said, who owns it, why the bot said what it said, and what can be done about it. */
import { LitElement, html, type PropertyValues } from "lit";
import { ICONS, icon } from "../icons.js";
import type { Me } from "../pages/page.js";
import type { ConfirmDialog } from "../pages/parts/confirm-dialog.js";
import { base } from "../theme.js";
import type { ConversationDetail, Correcting, Intent, Suggestion, TurnRecord } from "../types.js";
import { wish } from "../wish.js";
import type { Draft } from "./correction-panel.js";
import { conversationStyles } from "./conversation-view.styles.js";
import { isMine, mayClose, mayHandBack, mayTake, replyRefusal } from "./may.js";

type Tab = "why" | "correct" | "details";
const TABS: readonly [Tab, string][] = [
  ["why", "Why"],
  ["correct", "Correct"],
  ["details", "Details"],
];

export class ConversationView extends LitElement {
  static override properties = {
    detail: { attribute: false },
    me: { attribute: false },
    intents: { attribute: false },
    sending: { type: String },
    draft: { type: String },
    suggestions: { attribute: false },
    suggesting: { type: Boolean },
    summary: { attribute: false },
    correcting: { attribute: false },
    chosen: { state: true },
    tab: { state: true },
    isSideOpen: { state: true },
  };
  static override styles = [base, conversationStyles];

  declare detail: ConversationDetail;
  declare me: Me;
  declare intents: readonly Intent[];
  declare sending: string;
  declare draft: string;
  declare suggestions: readonly Suggestion[] | null;
  declare suggesting: boolean;
  declare summary: string | null;
  declare correcting: Correcting | null;
  /** Turn shown beside the transcript; null for the newest. */
  declare private chosen: string | null;
  declare private tab: Tab;
  /** On a small screen the side lies over the transcript. */
  declare private isSideOpen: boolean;
  /** Somebody who takes over wants to write. */
  private wantsField = false;
  /** Corrections that are written and not saved, by turn. */
  private readonly drafts = new Map<string, Draft>();

  constructor() {
    super();
    this.chosen = null;
    this.tab = "why";
    this.isSideOpen = false;
  }

  /** What a key does here; false when it does nothing. */
  pressed(name: string): boolean {
    const suggestion = /^Alt\+(\d)$/.exec(name);
    if (suggestion) {
      void this.composer?.insert(Number(suggestion[1]));
      return true;
    }
    const act = this.keys[name];
    act?.();
    return act !== undefined;
  }

  private get keys(): Partial<Record<string, () => void>> {
    const { detail, me } = this;
    return {
      r: () => void this.composer?.write("reply"),
      n: () => void this.composer?.write("note"),
      w: () => {
        this.show("why");
      },
      c: () => {
        this.show("correct");
      },
      i: () => {
        this.show("details");
      },
      ...(mayTake(detail, me) ? { t: () => void this.take() } : {}),
      ...(mayHandBack(detail, me) ? { h: this.handBack } : {}),
      ...(mayClose(detail, me) ? { x: () => void this.end() } : {}),
      ...(this.isSideOpen ? { Escape: this.closeSide } : {}),
    };
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("detail");
    if (!before || before.conversation_id === this.detail.conversation_id) return;
    this.chosen = null;
    this.isSideOpen = false;
  }

  protected override updated(): void {
    if (!this.wantsField || !isMine(this.detail, this.me)) return;
    this.wantsField = false;
    void this.composer?.write("reply");
  }

  override render(): unknown {
    const { detail } = this;
    const turn = detail.turns.find((one) => one.turn_id === this.chosen) ?? detail.turns.at(-1);
    return html`<section class="talk" aria-label="Conversation">
        <conversation-header
          .detail=${detail}
          .me=${this.me}
          @take=${this.take}
          @hand-back=${this.handBack}
          @end=${() => void this.end()}
          @open-side=${() => {
            this.show(this.tab);
          }}
        ></conversation-header>
        <transcript-log
          .detail=${detail}
          .chosen=${turn?.turn_id ?? ""}
          .sending=${this.sending}
          @choose-turn=${(event: CustomEvent<string>) => {
            this.chosen = event.detail;
            this.show(this.tab === "details" ? "why" : this.tab);
          }}
        ></transcript-log>
        <reply-composer
          .conversation=${detail.conversation_id}
          .me=${this.me}
          .refused=${replyRefusal(detail, this.me)}
          .draft=${this.draft}
          .suggestions=${this.suggestions}
          .suggesting=${this.suggesting}
        ></reply-composer>
      </section>
      ${this.side(turn)}
      <hand-back-dialog .summary=${this.summary}></hand-back-dialog> ${this.dialogs()}`;
  }

  private get composer() {
    return this.renderRoot.querySelector("reply-composer");
  }

  private dialogs(): unknown {
    const { operator } = this.detail;
    return html`<confirm-dialog
        id="taking"
        heading="Take over from ${operator ?? "a colleague"}?"
        confirm="Take over"
      >
        ${operator ?? "Your colleague"} is talking to this customer right now.
      </confirm-dialog>
      <confirm-dialog id="closing" heading="Close this conversation?" confirm="Close it">
        The customer is told that it has ended; the next message begins a new one.
      </confirm-dialog>
      <confirm-dialog id="erasing" heading="Erase this customer?" confirm="Erase for good" danger>
        Every conversation of this customer is removed, open ones end, and nothing brings them back.
      </confirm-dialog>`;
  }

  private side(turn: TurnRecord | undefined): unknown {
    return html`<aside class="side ${this.isSideOpen ? "open" : ""}" aria-label="About this conversation">
      <div class="tabs">
        <div role="tablist" aria-label="About this conversation" @keydown=${this.walked}>
          ${TABS.map(([tab, label]) => this.tabButton(tab, label))}
        </div>
        <button class="dismiss" aria-label="Back to the transcript" @click=${this.closeSide}>
          ${icon(ICONS.close)}
        </button>
      </div>
      <div class="panel" role="tabpanel" id="panel" tabindex="0" aria-labelledby="tab-${this.tab}">
        ${this.panel(turn)}
      </div>
    </aside>`;
  }

  private tabButton(tab: Tab, label: string): unknown {
    const isChosen = this.tab === tab;
    return html`<button
      role="tab"
      id="tab-${tab}"
      aria-selected=${isChosen ? "true" : "false"}
      aria-controls="panel"
      tabindex=${isChosen ? "0" : "-1"}
      data-testid="tab-${tab}"
      @click=${() => {
        this.tab = tab;
      }}
    >
      ${label}
    </button>`;
  }

  private panel(turn: TurnRecord | undefined): unknown {
    if (this.tab === "details")
      return html`<details-panel
        .detail=${this.detail}
        .me=${this.me}
        @erase=${() => void this.erase()}
      ></details-panel>`;
    if (!turn) return html`<p class="soft">The bot has not answered anything here yet.</p>`;
    if (this.tab === "why") return html`<turn-panel .turn=${turn}></turn-panel>`;
    return html`<correction-panel
      .turn=${turn}
      .intents=${this.intents}
      .me=${this.me}
      .correcting=${this.correcting}
      .drafts=${this.drafts}
    ></correction-panel>`;
  }

  private show(tab: Tab): void {
    this.tab = tab;
    this.isSideOpen = true;
    void this.updateComplete.then(() => {
      if (tab === "correct") this.renderRoot.querySelector("correction-panel")?.focus();
    });
  }

  /** Arrow keys walk the tabs. */
  private walked(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = TABS.findIndex(([tab]) => tab === this.tab);
    this.tab = TABS.at((at + step) % TABS.length)?.[0] ?? "why";
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector<HTMLElement>(`#tab-${this.tab}`)?.focus();
    });
  }

  private readonly closeSide = (): void => {
    this.isSideOpen = false;
  };

  /** What another operator has is only taken knowingly. */
  private readonly take = async (): Promise<void> => {
    const { owner, conversation_id: id } = this.detail;
    if (owner === "operator" && !(await this.ask("#taking"))) return;
    if (this.detail.conversation_id !== id) return;
    this.wantsField = true;
    const over = this.detail.owner === "operator" ? (this.detail.operator ?? "") : "";
    wish(this, { want: "take-over", over });
  };

  private readonly handBack = (): void => {
    wish(this, { want: "summarise" });
    this.renderRoot.querySelector("hand-back-dialog")?.open();
  };

  private ask(id: string): Promise<boolean> {
    return this.renderRoot.querySelector<ConfirmDialog>(id)?.ask() ?? Promise.resolve(false);
  }

  private async end(): Promise<void> {
    if (await this.ask("#closing")) wish(this, { want: "close" });
  }

  private async erase(): Promise<void> {
    if (await this.ask("#erasing")) wish(this, { want: "erase" });
  }
}
