/** `<accounts-page>`: who may sign in. A new account's token is shown once. */
import { LitElement, css, html, nothing } from "lit";
import { Loaded } from "../../loaded.js";
import {
  ApiError,
  can,
  notify,
  pageProperties,
  whyNot,
  type LiveTopics,
  type Me,
  type PageApi,
} from "../page.js";
import type { ConfirmDialog } from "../parts/confirm-dialog.js";
import { noteOf, staleNote } from "../parts/notes.js";
import { partStyles } from "../parts/page.styles.js";
import { tableBox } from "../parts/table-box.js";
import { day } from "../parts/words.js";

interface Account {
  name: string;
  role: "operator" | "admin";
  on_duty: boolean;
  created_at: string;
  disabled_at: string | null;
}

interface Made {
  name: string;
  role: string;
  token: string;
}

export class AccountsPage extends LitElement {
  static override properties = {
    ...pageProperties,
    made: { state: true },
    leaving: { state: true },
    problem: { state: true },
    busy: { state: true },
  };
  static override styles = [
    ...partStyles,
    css`
      form .button {
        min-height: 36px;
      }
      form {
        display: flex;
        flex-wrap: wrap;
        align-items: end;
        gap: 12px;
      }
      .field input {
        width: min(260px, 70vw);
      }
      .made {
        display: grid;
        gap: 8px;
        border-color: var(--good);
      }
      .token {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 10px;
      }
      .token code {
        padding: 6px 10px;
        border-radius: 8px;
        font-size: 14px;
        background: var(--bubble);
        user-select: all;
      }
      .off {
        color: var(--soft);
      }
    `,
  ];

  declare api: PageApi;
  declare me: Me;
  declare live: LiveTopics;
  declare navigate: (route: string) => void;
  declare path: readonly string[];
  /** The account just made, whose token is on the screen. */
  declare private made: Made | null;
  /** Who is about to be removed. */
  declare private leaving: string;
  declare private problem: string;
  declare private busy: boolean;

  private readonly accounts = new Loaded(this, {
    fetch: () => this.api.get<{ operators: Account[] }>("operators"),
    topics: ["operator", "duty"],
  });

  constructor() {
    super();
    this.made = null;
    this.leaving = "";
    this.problem = "";
    this.busy = false;
  }

  override render(): unknown {
    return html`<div class="page">
      <header class="head">
        <div>
          <h1>Accounts</h1>
          <p>
            Who may sign in. Operators talk, label, correct and judge; admins also change routing, models and
            accounts.
          </p>
        </div>
      </header>
      ${can(this.me, "accounts") ? this.content() : html`<p class="empty blank"><b>Only an admin sees the accounts.</b></p>`}
      <confirm-dialog danger .heading=${`Remove ${this.leaving}?`} confirm="Remove">
        The token stops working at once, and an open console is signed out. What ${this.leaving} did stays in
        the journal.
      </confirm-dialog>
    </div>`;
  }

  private content(): unknown {
    return html`${this.adding()} ${this.made ? this.token(this.made) : nothing} ${staleNote(this.accounts)}
    ${noteOf(this.accounts, "accounts") ?? this.table(this.accounts.value?.operators ?? [])}`;
  }

  private adding(): unknown {
    return html`<section class="card" aria-labelledby="adding">
      <h2 id="adding">Let somebody in</h2>
      <form @submit=${this.add}>
        <label class="field"
          >Name<input name="name" required maxlength="63" autocomplete="off" data-testid="account-name"
        /></label>
        <label class="field"
          >Role
          <select name="role" data-testid="account-role">
            <option value="operator">Operator</option>
            <option value="admin">Admin</option>
          </select>
        </label>
        <button class="button primary" data-testid="account-add" ?disabled=${this.busy}>Add</button>
      </form>
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
    </section>`;
  }

  private token({ name, role, token }: Made): unknown {
    return html`<section class="card made" role="status" data-testid="account-made">
      <h2>${name} may sign in${role === "admin" ? " as an admin" : ""}</h2>
      <p>
        This token is shown once and stored nowhere. Hand it over in person or through a password manager.
      </p>
      <div class="token">
        <code data-testid="account-token">${token}</code>
        <copy-button .text=${token} label="Copy the token"></copy-button>
        <button
          class="button"
          @click=${() => {
            this.made = null;
          }}
        >
          Done
        </button>
      </div>
    </section>`;
  }

  private table(accounts: readonly Account[]): unknown {
    if (!accounts.length)
      return html`<div class="empty blank">
        <b>No accounts yet.</b
        ><span>Everybody signs in with the token in <code>var/operator.token</code>.</span>
      </div>`;
    const sorted = [...accounts].sort((a, b) => Number(!!a.disabled_at) - Number(!!b.disabled_at));
    return tableBox(
      "Accounts",
      html`<table class="stack" data-testid="accounts">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col">State</th>
            <th scope="col" class="number">Since</th>
            <th scope="col"><span class="quiet">Actions</span></th>
          </tr>
        </thead>
        <tbody>
          ${sorted.map((account) => this.row(account))}
        </tbody>
      </table>`,
    );
  }

  private row(account: Account): unknown {
    const { name, role, disabled_at: gone } = account;
    const why = name === this.me.name ? "You cannot remove yourself." : (whyNot(this.me, "accounts") ?? "");
    return html`<tr class=${gone ? "off" : ""} data-testid="account">
      <th scope="row">${name}</th>
      <td data-label="Role">${role === "admin" ? "Admin" : "Operator"}</td>
      <td data-label="State">
        ${
          gone
            ? html`<span>removed ${day(gone)}</span>`
            : html`<span class="tag ${account.on_duty ? "good" : ""}"
                >${account.on_duty ? "on duty" : "off duty"}</span
              >`
        }
      </td>
      <td class="number" data-label="Since">${day(account.created_at)}</td>
      <td class="number">
        ${
          gone
            ? nothing
            : html`<button
                class="button small danger"
                title=${why}
                ?disabled=${Boolean(why)}
                aria-label="Remove ${name}"
                data-testid="account-remove"
                @click=${() => this.dismiss(name)}
              >
                Remove
              </button>`
        }
      </td>
    </tr>`;
  }

  private async add(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const fields = Object.fromEntries(new FormData(form));
    await this.attempt(async () => {
      this.made = await this.api.post<Made>("operators", fields);
      form.reset();
    });
  }

  private async dismiss(name: string): Promise<void> {
    this.leaving = name;
    const dialog = this.renderRoot.querySelector<ConfirmDialog>("confirm-dialog");
    if (!(await dialog?.ask())) return;
    await this.attempt(async () => {
      await this.api.delete(`operators/${encodeURIComponent(name)}`);
      if (this.made?.name === name) this.made = null; // its token opens nothing any more
      notify(this, `${name} may not sign in any more.`);
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
      this.problem = "";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.problem = error.message;
    } finally {
      this.busy = false;
    }
    await this.accounts.again();
  }
}
