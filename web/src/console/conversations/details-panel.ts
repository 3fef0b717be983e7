/** What is known of a conversation and its customer; an admin can have the customer forgotten. Tells `erase`. */
import { LitElement, css, html, nothing } from "lit";
import { whyNot, type Me } from "../pages/page.js";
import { base } from "../theme.js";
import type { ConversationDetail } from "../types.js";
import { clock, spaced } from "../words.js";

type Facts = readonly (readonly [string, unknown])[];

export class DetailsPanel extends LitElement {
  static override properties = { detail: { attribute: false }, me: { attribute: false } };
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 20px;
      }
      dl {
        display: grid;
        grid-template-columns: 104px minmax(0, 1fr);
        gap: 4px 12px;
        margin-block-start: 5px;
      }
      dt {
        color: var(--soft);
        overflow-wrap: anywhere;
      }
      dd {
        overflow-wrap: anywhere;
      }
      .erase {
        padding-block-start: 16px;
        border-block-start: 1px solid var(--line);
      }
      .erase p {
        margin-block: 4px 10px;
        font-size: 13.5px;
      }
    `,
  ];

  declare detail: ConversationDetail;
  declare me: Me;

  override render(): unknown {
    const { detail } = this;
    const facts: Facts = [
      ["Conversation", html`<code>${detail.conversation_id}</code>`],
      ["Customer", detail.customer_id ?? "not signed in"],
      ["Language", detail.language],
      ["Source", detail.source],
      ["Arm", detail.arm],
      ["Began", detail.started_at && clock(detail.started_at)],
      ["Closed", detail.close_reason && spaced(detail.close_reason)],
      ["Messages", detail.events.filter((event) => "text" in event).length],
    ];
    const slots: Facts = Object.entries(detail.slots).map(([name, value]) => [spaced(name), String(value)]);
    return html`<section>
        <h3>Conversation</h3>
        ${this.list(facts.filter(([, value]) => value))}
      </section>
      ${
        slots.length
          ? html`<section data-testid="slots">
              <h3>What the customer filled in</h3>
              ${this.list(slots)}
            </section>`
          : nothing
      }
      ${this.eraser()}`;
  }

  private list(facts: Facts): unknown {
    return html`<dl>
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>`;
  }

  private eraser(): unknown {
    const refused = whyNot(this.me, "erase");
    return html`<section class="erase">
      <h3>Erase this customer</h3>
      <p class="soft">
        Removes all conversations, labels and training rows of this customer, for good. A certificate tells
        what was removed.
      </p>
      <button
        class="button danger"
        data-testid="erase"
        title=${refused ?? ""}
        ?disabled=${refused !== null}
        @click=${() => {
          this.dispatchEvent(new Event("erase"));
        }}
      >
        Erase…
      </button>
    </section>`;
  }
}
