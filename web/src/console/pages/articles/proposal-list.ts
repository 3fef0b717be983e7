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
    return html`${proposal.problem ? html`<p class="problem">${proposal.problem}</p>` : nothing}
      <div class="actions">
        ${this.button(proposal, "accept", "Accept", "primary", Boolean(proposal.problem))}
        ${this.button(proposal, "reject", "Reject", "danger")}
      </div>`;
  }

  private button(
    proposal: Proposal,
    verb: Verdict["verb"],
    label: string,
    tone: string,
    isOff = false,
  ): unknown {
    const why = whyNot(this.me, "proposals") ?? "";
    return html`<button
      class="button ${tone}"
      title=${why}
      ?disabled=${Boolean(why) || isOff || this.busy.has(proposal.proposal_id)}
      data-testid="proposal-${verb}"
      @click=${() => {
        this.dispatchEvent(new CustomEvent<Verdict>("decide", { detail: { proposal, verb } }));
      }}
    >
      ${label}
    </button>`;
  }

  private decided(proposal: Proposal): unknown {
    const isIn = proposal.state === "accepted";
    return html`<div class="actions">
      <span class="tag ${isIn ? "good" : ""}">${isIn ? "Accepted" : "Rejected"}</span>
      <span class="soft fine"
        >${proposal.decided_by ?? ""} ${proposal.decided_at ? when(proposal.decided_at) : ""}</span
      >
      ${
        isIn
          ? this.button(proposal, "reject", "Take back", "small danger")
          : this.button(proposal, "accept", "Accept after all", "small", Boolean(proposal.problem))
      }
    </div>`;
  }
}
