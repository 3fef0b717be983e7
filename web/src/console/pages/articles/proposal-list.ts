/** What operators proposed, each to be taken or turned down. Tells `decide` with the proposal and the verdict. */
import { LitElement, css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { whyNot, type Me } from "../page.js";
import { partStyles } from "../parts/page.styles.js";
import { when } from "../parts/words.js";
import { subjectOf, type Proposal } from "./model.js";

export interface Verdict {
  proposal: Proposal;
  verb: "accept" | "reject";
}

export class ProposalList extends LitElement {
  static override properties = {
    proposals: { attribute: false },
    me: { attribute: false },
    /** Ids whose decision is on its way. */
    busy: { attribute: false },
  };
  static override styles = [
    ...partStyles,
    css`
      ul {
        display: grid;
        gap: 12px;
      }
      li {
        display: grid;
        gap: 10px;
      }
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        justify-content: space-between;
        gap: 4px 16px;
      }
      blockquote {
        margin: 0;
        padding: 10px 14px;
        border-inline-start: 3px solid var(--accent);
        border-radius: 0 8px 8px 0;
        background: var(--sunk);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
    `,
  ];

  declare proposals: readonly Proposal[];
  declare me: Me;
  declare busy: ReadonlySet<string>;

  override render(): unknown {
    if (!this.proposals.length)
      return html`<div class="empty blank">
        <b>Nothing proposed.</b>
        <span>When an operator corrects an answer in a conversation, the better words wait here.</span>
      </div>`;
    return html`<ul>
      ${repeat(
        this.proposals,
        (proposal) => proposal.proposal_id,
        (proposal) => this.one(proposal),
      )}
    </ul>`;
  }

  private one(proposal: Proposal): unknown {
    const { conversation_id: conversation } = proposal;
    return html`<li class="card" data-testid="proposal" data-id=${proposal.proposal_id}>
      <div class="top">
        <h3>${subjectOf(proposal)}</h3>
        <span class="soft fine"
          >${proposal.by},
          ${when(proposal.at)}${
            conversation ? html` · <a href="#/conversations/${conversation}">Conversation</a>` : nothing
          }</span
        >
      </div>
      <blockquote dir="auto">${proposal.text}</blockquote>
      ${proposal.state === "open" ? this.choice(proposal) : this.decided(proposal)}
    </li>`;
  }

  private choice(proposal: Proposal): unknown {
    const why = whyNot(this.me, "proposals") ?? "";
    const isOff = Boolean(why) || this.busy.has(proposal.proposal_id);
    const button = (verb: Verdict["verb"], label: string, tone: string): unknown =>
      html`<button
        class="button ${tone}"
        title=${why}
        ?disabled=${isOff}
        data-testid="proposal-${verb}"
        @click=${() => {
          this.dispatchEvent(new CustomEvent<Verdict>("decide", { detail: { proposal, verb } }));
        }}
      >
        ${label}
      </button>`;
    return html`<div class="actions">
      ${button("accept", "Accept", "primary")} ${button("reject", "Reject", "danger")}
    </div>`;
  }

  private decided({ state, decided_by: by, decided_at: at }: Proposal): unknown {
    return html`<p>
      <span class="tag ${state === "accepted" ? "good" : ""}"
        >${state === "accepted" ? "Accepted" : "Rejected"}</span
      >
      <span class="soft fine">${by ?? ""} ${at ? when(at) : ""}</span>
    </p>`;
  }
}
