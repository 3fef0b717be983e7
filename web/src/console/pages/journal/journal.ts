/** Registers the journal page. */
import { JournalPage } from "./journal-page.js";

declare global {
  interface HTMLElementTagNameMap {
    "journal-page": JournalPage;
  }
}

customElements.define("journal-page", JournalPage);
