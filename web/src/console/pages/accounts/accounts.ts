/** Registers the accounts page. */
import "../parts/register.js";
import { AccountsPage } from "./accounts-page.js";

declare global {
  interface HTMLElementTagNameMap {
    "accounts-page": AccountsPage;
  }
}

customElements.define("accounts-page", AccountsPage);
