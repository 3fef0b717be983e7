/** Asks for the operator token and for the name that customers will see. */
import { LitElement, css, html, nothing } from "lit";
import { base } from "./theme.js";
import { wish } from "./wish.js";

export class SignIn extends LitElement {
  static override properties = {
    problem: { type: String },
    operator: { type: String },
    busy: { type: Boolean },
  };
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        place-items: center;
        min-height: 100vh;
        padding: 20px;
      }
      form {
        display: grid;
        gap: 16px;
        width: min(400px, 100%);
        padding: 32px;
        border: 1px solid var(--line);
        border-radius: 16px;
        background: var(--card);
        box-shadow: 0 20px 50px rgb(20 24 50 / 10%);
      }
      h1 {
        font-size: 23px;
        line-height: 1.2;
      }
      label {
        display: grid;
        gap: 5px;
        font-weight: 600;
        font-size: 14px;
      }
      input {
        padding: 9px 12px;
        font-weight: 400;
      }
      label span {
        font-size: 13px;
        font-weight: 400;
      }
      code {
        font-size: 0.95em;
      }
      .button {
        padding: 10px;
      }
      .problem {
        padding: 8px 12px;
        border-radius: 8px;
      }
    `,
  ];

  declare problem: string;
  declare operator: string;
  declare busy: boolean;

  override render(): unknown {
    return html`<main>
      <form @submit=${this.submit}>
        <div>
          <h1>Switchboard console</h1>
          <p class="soft">
            With the token that an admin gave you, or the one in <code>var/operator.token</code> on the
            server.
          </p>
        </div>
        <label
          >Token
          <input name="token" type="password" required autofocus autocomplete="off" data-testid="token" />
        </label>
        <label
          >Your name, as customers see it
          <input
            name="operator"
            required
            maxlength="80"
            autocomplete="name"
            .value=${this.operator}
            data-testid="operator-name"
          />
          <span class="soft">An account has a name of its own; then this one is not used.</span>
        </label>
        ${this.problem ? html`<p class="problem bad" role="alert">${this.problem}</p>` : nothing}
        <button class="button primary" data-testid="sign-in" ?disabled=${this.busy}>Sign in</button>
      </form>
    </main>`;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const read = (name: string): string => {
      const value = fields.get(name);
      return typeof value === "string" ? value.trim() : "";
    };
    wish(this, { want: "sign-in", token: read("token"), operator: read("operator") });
  }
}
